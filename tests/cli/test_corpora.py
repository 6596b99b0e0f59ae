from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.cli.main import main


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = []
    for number in range(20):
        soundfile.write(tmp_path / f"{number}.wav", 0.1 * rng.standard_normal(4000), 16_000)
        label = ("bona fide", "spoof")[number % 2]
        rows.append(
            {
                "id": str(number), "path": f"{number}.wav", "start": 0.0, "end": 0.25, "split": "train",
                "speaker": "", "group": str(number), "label": label, "family": "x" * (number % 2),
            }
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "corpus.parquet")
    return tmp_path


def test_list_says_what_can_be_built(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpora", "list"]) == 0
    assert "--subset tiny: 4 packages" in capsys.readouterr().out


def test_describe_counts(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpora", "describe", str(corpus)]) == 0
    assert "label: bona fide 10, spoof 10" in capsys.readouterr().out


def test_check_tells_by_its_exit_code(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpora", "check", str(corpus), "--no-audio"]) == 0
    assert "none found" in capsys.readouterr().out
    table = pl.read_parquet(corpus / "corpus.parquet").with_columns(
        split=pl.col("label"), speaker=pl.lit("one")
    )
    table.write_parquet(corpus / "corpus.parquet")
    assert main(["corpora", "check", str(corpus), "--no-audio"]) == 1
    assert "'speaker' are in several splits" in capsys.readouterr().out


def test_check_measures_the_audio(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpora", "check", str(corpus / "corpus.parquet"), "--json"]) in (0, 1)
    assert '"channel":{"eer":{"value"' in capsys.readouterr().out


def test_check_writes_what_it_found(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(corpus / "0.wav", corpus / "1.wav")
    out = corpus / "checked"
    assert main(["corpora", "check", str(corpus), "--most", "18", "--out", str(out)]) == 1
    told = capsys.readouterr().out
    assert told.startswith("Container probe (rate, format, channels, bit rate, rounding): EER ")
    assert "2 rows have the same content as another" in told
    assert "Measured on 18 of 20 rows." in told
    assert "There is one split only" in told
    assert json.loads((out / "check.json").read_text())["repeats"] == 2
    assert (out / "channel.svg").read_text().startswith("<svg")
    table = pl.read_parquet(corpus / "corpus.parquet")
    mood = pl.Series("mood", ["calm", "glad", "sad", "wild"] * 5)
    table.with_columns(mood).write_parquet(corpus / "corpus.parquet")
    assert main(["corpora", "check", str(corpus), "--label", "mood", "--no-hashes"]) in (0, 1)
    assert "Channel probe of 'mood' (4 classes): mean recall" in capsys.readouterr().out


def test_refusals_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    for words in (
        ["describe", str(tmp_path)],
        ["check", str(tmp_path)],
        ["check", str(tmp_path), "--most", "0"],
        ["build", "open-voices", str(tmp_path / "file" / "x"), "--subset", "tiny"],
        ["build", "closed-voices", str(tmp_path)],
        ["build", "open-voices", str(tmp_path), "--subset", "huge"],
    ):
        assert main(["corpora", *words]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
