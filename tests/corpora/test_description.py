"""What a corpus holds, counted and drawn."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import msgspec
import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.description import ALL, Description, describe, described_lines, measured_rows
from earwitness.corpora.pictures import MOST, pictures, write_pictures
from earwitness.errors import BadInput


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("described")
    rows = []
    for number in range(12):
        level = 0.5 if number % 2 else 0.05
        soundfile.write(root / f"{number}.wav", np.full(800 * (1 + number % 3), level), 8000)
        rows.append(
            {
                "id": str(number), "path": f"{number}.wav", "start": 0.0, "end": 0.1 * (1 + number % 3),
                "split": "train", "speaker": f"s{number % 4}", "group": str(number),
                "part": "speech" if number < 8 else "codec",
                "label": None if number >= 8 else ("spoof" if number % 2 else "bona fide"),
                "codec": "opus & co" if number >= 8 else None,
            }
        )  # fmt: skip
    Corpus(pl.DataFrame(rows), "some").write(root)
    return root


def test_everything_is_counted_once(folder: Path) -> None:
    found = describe(Corpus.read(folder), folder)
    assert list(found) == ["speech", "codec"]
    speech, codec = found.values()
    assert (speech.name, speech.rows, codec.rows) == ("some, speech", 8, 4)
    assert speech.counts["label"]["spoof"].rows == 4
    assert "codec" not in speech.counts
    assert "label" not in codec.counts
    for one in found.values():
        for histogram in (one.durations, one.levels):
            assert histogram is not None
            assert sum(map(sum, histogram.counts.values())) == one.rows
    assert set(codec.levels.counts) == {ALL}  # type: ignore[union-attr]
    # RMS of a constant is the constant.
    assert speech.levels is not None
    assert speech.levels.edges[0] == pytest.approx(20 * np.log10(0.05), abs=0.01)
    assert speech.levels.edges[-1] == pytest.approx(20 * np.log10(0.5), abs=0.01)
    told = described_lines(found)
    assert told[0] == "speech: 8 rows, 0.00 hours, 8 groups"
    assert "  label: bona fide 4, spoof 4" in told


def test_a_corpus_without_parts_or_durations(folder: Path) -> None:
    table = Corpus.read(folder).table.drop("part", "label").with_columns(pl.lit(None).alias("end"))
    found = describe(Corpus(table), None)
    assert list(found) == ["speech"]
    assert found["speech"].durations is None
    assert found["speech"].levels is None
    assert described_lines(found)[0].startswith("12 rows")
    with_audio = describe(Corpus(table), folder, most=5)["speech"]
    assert with_audio.levels is not None
    assert (with_audio.levels.rows, with_audio.levels.of) == (5, 12)
    assert len(measured_rows(table, 100)) == 12
    with pytest.raises(BadInput):
        describe(Corpus(table), folder / "nowhere")


def test_pictures_are_sound_svg(folder: Path, tmp_path: Path) -> None:
    found = describe(Corpus.read(folder), folder)
    written = write_pictures(found, tmp_path / "out")
    names = {path.relative_to(tmp_path / "out").as_posix() for path in written}
    assert {"speech/durations.svg", "speech/levels.svg", "speech/label.svg", "codec/speaker.svg"} <= names
    assert "speech/split.svg" not in names  # one value is no picture
    for path in written[:-1]:
        ElementTree.fromstring(path.read_text())
    kept = msgspec.json.decode((tmp_path / "out/description.json").read_bytes(), type=dict[str, Description])
    assert kept == found
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be written to"):
        write_pictures(found, tmp_path / "file")


def test_many_values_are_added_up(folder: Path) -> None:
    table = Corpus.read(folder).table.drop("part")
    many = pl.concat([table.with_columns(pl.format("{}-{}", "id", pl.lit(n)).alias("id")) for n in range(3)])
    many = many.with_columns(pl.col("id").alias("speaker"))
    drawn = pictures(describe(Corpus(many))["speech"])["speaker"]
    assert f"{len(many) - MOST} others" in drawn
    assert f"{len(many)} values" in drawn
