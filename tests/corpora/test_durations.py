from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.durations import seconds_of, with_durations
from earwitness.errors import BadInput


def corpus(names: list[str], **more: object) -> Corpus:
    table = pl.DataFrame({"id": names, "path": names, "group": names}).with_columns(
        start=pl.lit(0.0), end=pl.lit(None, pl.Float64), split=pl.lit(""), speaker=pl.lit("")
    )
    return Corpus(table.with_columns(**{name: pl.lit(value) for name, value in more.items()}))


def test_lengths_come_from_headers(tmp_path: Path) -> None:
    for name, seconds in (("a.wav", 0.5), ("b.flac", 0.25)):
        soundfile.write(tmp_path / name, np.zeros(int(16_000 * seconds)), 16_000)
    (tmp_path / "c.wav").write_bytes(b"RIFF")
    told: list[tuple[int, int]] = []
    found = with_durations(
        corpus(["b.flac", "c.wav", "a.wav"]), tmp_path, workers=1,
        progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    assert found.table.select("id", "duration", "end").rows() == [
        ("b.flac", 0.25, None),
        ("a.wav", 0.5, None),
    ]
    assert found.report.unreadable.examples == ("c.wav",)
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert seconds_of(found.table).to_list() == [0.25, 0.5]
    assert seconds_of(found.table.drop("duration")).to_list() == [None, None]


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no file that can be read, such as a\.wav"):
        with_durations(corpus(["a.wav"]), tmp_path)
    soundfile.write(tmp_path / "a.wav", np.zeros(1600), 16_000)
    with pytest.raises(BadInput, match=r"row 'a\.wav' starts after its file ends"):
        with_durations(corpus(["a.wav"], start=1.0), tmp_path)
    # Signals that are no sound have no header to read.
    mixed = corpus(["a.wav"], signal="audio").join(corpus(["b.csv"], signal="ecg"))
    assert with_durations(mixed, tmp_path).table["duration"].to_list() == [0.1, None]
