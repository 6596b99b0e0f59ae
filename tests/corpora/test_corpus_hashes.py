from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.audio.decode import decode
from earwitness.corpora import file_record
from earwitness.corpora.audio_verification import verify_audio
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_hashes import corpus_hashes
from earwitness.corpora.file_record import read_record, record_path
from earwitness.errors import BadInput


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = []
    for number in range(6):
        path = f"{number // 2}.wav"  # two rows a file
        soundfile.write(tmp_path / path, 0.1 * rng.standard_normal(1600), 16_000)
        rows.append(
            {
                "id": f"r{number}", "path": path, "start": 0.05 * (number % 2),
                "end": 0.05 if number % 2 == 0 else None, "split": "train", "speaker": "", "group": path,
            }
        )  # fmt: skip
    return Corpus(pl.DataFrame(rows, schema_overrides={"end": pl.Float64})).write(tmp_path)


def with_samples(table: Path) -> Path:
    """The table with the hash of each row's decoded samples."""
    corpus = Corpus.read(table)
    contents = []
    for path, start, end in corpus.table.select("path", "start", "end").iter_rows():
        whole = decode(table.parent / path)
        part = whole.samples[round(start * 16_000) : None if end is None else round(end * 16_000)]
        contents.append(type(whole).of(part, 16_000).sha256)
    return Corpus(corpus.table.with_columns(sha256=pl.Series(contents))).write(table)


def test_the_two_hashes_tell_labels_from_audio(table: Path) -> None:
    first = corpus_hashes(Corpus.read(table))
    assert first.audio_of == "files"
    Corpus(Corpus.read(table).table.with_columns(speaker=pl.lit("one"))).write(table)
    second = corpus_hashes(Corpus.read(table))
    assert second.table_sha256 != first.table_sha256
    assert second.audio_sha256 == first.audio_sha256
    soundfile.write(table.parent / "0.wav", np.zeros(1600), 16_000)
    third = corpus_hashes(Corpus.read(table))
    assert third.table_sha256 == second.table_sha256
    assert third.audio_sha256 != second.audio_sha256


def test_files_are_read_once(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    hashed = file_record.file_sha256
    monkeypatch.setattr(file_record, "file_sha256", lambda path: read.append(path) or hashed(path))
    steps: list[tuple[int, int]] = []
    first = corpus_hashes(Corpus.read(table), progress=lambda *step: steps.append(step))
    assert sorted(path.name for path in read) == ["0.wav", "1.wav", "2.wav"]
    assert steps[-1] == (3, 3)
    assert corpus_hashes(Corpus.read(table)) == first
    assert len(read) == 3
    os.utime(table.parent / "1.wav", ns=(1, 1))  # another time: it is looked at again, and is the same
    assert corpus_hashes(Corpus.read(table)) == first
    assert len(read) == 4
    record_path(table).write_bytes(b"no parquet")
    assert corpus_hashes(Corpus.read(table)) == first
    assert len(read) == 7


def test_audio_that_is_not_there_has_no_hash(table: Path) -> None:
    (table.parent / "1.wav").unlink()
    found = corpus_hashes(Corpus.read(table))
    assert (found.audio_sha256, found.audio_of) == ("", "")
    assert not record_path(table).exists()


def test_content_hashes_of_the_table_come_first(table: Path) -> None:
    found = corpus_hashes(Corpus.read(with_samples(table)))
    assert found.audio_of == "samples"
    (table.parent / "1.wav").unlink()  # nothing is read for them
    assert corpus_hashes(Corpus.read(table)) == found
    part = Corpus.read(table).table.with_columns(sha256=pl.lit(None, pl.String))
    assert corpus_hashes(Corpus(part), table.parent).audio_of == ""


@pytest.mark.parametrize("of", ["files", "samples"])
def test_what_has_changed_is_told(table: Path, of: str) -> None:
    if of == "samples":
        with_samples(table)
    first = verify_audio(Corpus.read(table), table.parent)
    assert (first.audio_of, first.problems()) == (of, [])
    assert (first.compared, first.first) == ((3, 0) if of == "samples" else (0, 3))
    assert first.audio_sha256 == corpus_hashes(Corpus.read(table)).audio_sha256
    again = verify_audio(Corpus.read(table), table.parent)
    assert (again.compared, again.first, again.problems()) == (3, 0, [])
    samples, rate = soundfile.read(table.parent / "0.wav")
    soundfile.write(table.parent / "0.wav", samples[::-1], rate)
    (table.parent / "1.wav").write_bytes(b"")
    (table.parent / "2.wav").unlink()
    for _ in range(2):  # the record of the first time stays
        found = verify_audio(Corpus.read(table), table.parent)
        assert found.problems() == [
            "1 files are missing, such as 2.wav",
            "2 files do not hold what they held, such as 0.wav",
        ]


def test_the_same_samples_in_another_file_are_the_same(table: Path) -> None:
    with_samples(table)
    samples, rate = soundfile.read(table.parent / "0.wav", dtype="int16")
    soundfile.write(table.parent / "0.wav", samples, rate, format="FLAC")
    assert verify_audio(Corpus.read(table), table.parent).problems() == []


def test_a_table_may_know_the_files_instead(table: Path) -> None:
    hashes = {f"{n}.wav": file_record.file_sha256(table.parent / f"{n}.wav") for n in range(3)}
    rows = Corpus.read(table).table.with_columns(sha256=pl.col("path").replace_strict(hashes))
    Corpus(rows).write(table)
    assert verify_audio(Corpus.read(table), table.parent).problems() == []


def test_a_record_that_cannot_be_written_is_done_without(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", refuse)
    assert corpus_hashes(Corpus.read(table)).audio_sha256
    assert not len(read_record(table))
    with pytest.raises(BadInput, match="is missing"):
        file_record.file_sha256(table.parent / "nothing")
