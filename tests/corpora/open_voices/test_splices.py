"""Splices beside a corpus: each belongs to a row, its segments are true, its host stands beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.open_voices.contents import scan_sources
from earwitness.corpora.open_voices.plan import Row, Sizes, plan
from earwitness.corpora.open_voices.splices import (
    build_splices,
    make_splice,
    plan_splices,
    splice_open_voices,
)
from earwitness.errors import BadInput

SIZES = Sizes(speaker=20, role=9, cast=20, copies=4, espeak=4, flite=4, kokoro=0)


@pytest.fixture(scope="module")
def rows(sources: Path) -> list[Row]:
    return plan(scan_sources(sources), [], SIZES, 0)


@pytest.fixture(scope="module")
def spliced(rows: list[Row], sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spliced")
    build_splices(rows, folder, sources, folder / "kokoro", count=6)
    return folder


def test_every_splice_has_its_host_and_belongs_to_a_row(spliced: Path, rows: list[Row]) -> None:
    table = Corpus.read(spliced).table
    real, fake = (table.filter(table["label"] == label) for label in ("bona fide", "spoof"))
    assert len(real) == len(fake) > 2
    made = {row.id: row for row in rows}
    assert set(table["belongs_to"]) <= set(made)
    for row in table.iter_rows(named=True):
        found = soundfile.info(spliced / row["path"])
        assert found.duration == pytest.approx(row["end"])
        assert found.samplerate == 16_000
        owner = made[row["belongs_to"]]
        assert (row["group"], row["source"]) == (owner.group, owner.clip.source)
        segments = row["segments"]
        assert [s["start"] for s in segments] == [0.0, *(s["end"] for s in segments[:-1])]
        assert segments[-1]["end"] == pytest.approx(row["end"])
        labels = {s["label"] for s in segments}
        assert labels == ({"bona fide"} if row["label"] == "bona fide" else {"bona fide", "spoof"})
    assert set(fake["family"]) >= {"espeak", "flite"}
    assert fake["engine"].str.len_chars().min() > 0


def test_where_a_splice_is_real_it_is_its_host(rows: list[Row], sources: Path) -> None:
    """Of a copy, laid in at its own time, the rest is the host's own samples, up to the channel's gain."""
    for planned in plan_splices(rows, 40, 1):
        settings = planned.row.channel
        plain = settings.codec == "none" and settings.noise_snr is None and not settings.reverberation
        if planned.row.kind != "copy" or not plain:
            continue
        made, host = make_splice(planned, sources, sources)
        for start, end, label in made.segments:
            inside = slice(round((start + 0.05) * 16_000), round((end - 0.05) * 16_000))
            likeness = np.corrcoef(made.samples[inside], host[inside])[0, 1]
            assert (likeness > 0.999) == (label == "bona fide")
        return
    raise AssertionError("no plain copy among the plans")


def test_a_stopped_build_goes_on(spliced: Path, rows: list[Row], sources: Path) -> None:
    before = Corpus.read(spliced).table
    lost = before["id"][0].rpartition("-")[0]
    for path in (spliced / "audio").glob(f"{lost}*"):
        path.unlink()
    steps: list[tuple[int, int]] = []
    again = build_splices(rows, spliced, sources, sources, count=6, progress=lambda *step: steps.append(step))
    assert again.table.equals(before)
    assert steps[-1] == (6, 6)


def test_what_is_no_corpus_is_refused(tmp_path: Path, rows: list[Row]) -> None:
    with pytest.raises(BadInput, match="is not open-voices"):
        splice_open_voices(tmp_path, tmp_path / "out")
    with pytest.raises(BadInput, match="no splice could be made"):
        build_splices(rows, tmp_path, tmp_path, tmp_path, count=1)
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be written to"):
        build_splices(rows, tmp_path / "file" / "in", tmp_path, tmp_path, count=1)
    (tmp_path / "build.json").write_text(json.dumps({"subset": "tiny", "seed": 0}))
    with pytest.raises(BadInput, match="is not open-voices"):
        splice_open_voices(tmp_path, tmp_path / "out")
