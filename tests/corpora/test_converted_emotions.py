from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.cli.main import main
from earwitness.corpora.converted_emotions import convert_emotions
from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two speakers, three clips in each of two emotions; one clip in a third."""
    rows = []
    for at in range(13):
        speaker, emotion = f"s{at % 2}", "n" if at == 12 else "ae"[at // 2 % 2]
        tone = (110 + 60 * (at % 2)) * (1.4 if emotion == "a" else 1.0)
        time = np.arange(8_000) / 16_000
        wave = sum(np.sin(2 * np.pi * k * tone * time) / k for k in range(1, 12))
        soundfile.write(tmp_path / f"{at}.wav", 0.1 * wave * np.hanning(8_000), 16_000)
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.5, "split": "train",
             "speaker": speaker, "group": f"g{at}", "emotion": emotion, "licence": "CC0"}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "corpus.parquet")
    return tmp_path


def test_every_clip_and_the_same_clip_in_another_emotion(corpus: Path, tmp_path: Path) -> None:
    made = convert_emotions(corpus, tmp_path / "out")
    table = made.table
    assert len(table) == 24  # the emotion of which there is one clip is neither source nor target
    assert table["group"].value_counts()["count"].to_list() == [2] * 12
    spoof = table.filter(pl.col("label") == "spoof")
    assert (spoof["emotion"] != spoof["spoken"]).all()
    assert spoof["synthetic"].all()
    assert set(spoof["attack"]) == {"emotion-world", "emotion-phase-vocoder", "emotion-residual"}
    assert set(table["licence"]) == {"CC0"}
    read = Corpus.read(tmp_path / "out")
    assert all((tmp_path / "out" / path).is_file() for path in read.table["path"])
    again = convert_emotions(corpus, tmp_path / "again")
    assert again.table.equals(table)
    for path in table["path"]:
        assert (tmp_path / "out" / path).read_bytes() == (tmp_path / "again" / path).read_bytes()


def test_from_the_command_line(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpora", "convert-emotions", str(corpus), str(tmp_path / "out"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] == 24
    assert sum(found["converted"].values()) == 12
    assert main(["corpora", "convert-emotions", str(corpus / "0.wav"), str(tmp_path / "no")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_too_little_to_go_by_is_refused(corpus: Path, tmp_path: Path) -> None:
    table = pl.read_parquet(corpus / "corpus.parquet").filter(pl.col("emotion") == "a")
    few = corpus / "few.parquet"
    table.write_parquet(few)
    with pytest.raises(BadInput, match="has no speaker with 3 clips in each of two emotions"):
        convert_emotions(few, tmp_path / "out")
