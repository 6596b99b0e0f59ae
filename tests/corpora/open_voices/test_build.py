"""A whole small build on the miniature: made, stopped, gone on with, checked, told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import soundfile

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.open_voices.build import FAILED, build, in_turn
from earwitness.corpora.open_voices.contents import PARTS, TINY, archives_of, scan_sources
from earwitness.corpora.open_voices.engines import maker
from earwitness.corpora.open_voices.plan import Row, Sizes, plan
from earwitness.corpora.open_voices.record import audio_path
from earwitness.corpora.open_voices.row import make_row
from earwitness.corpora.open_voices.whole_build import build_open_voices, finish
from earwitness.errors import BadInput

SIZES = Sizes(speaker=6, role=2, cast=4, copies=2, espeak=3, flite=3, kokoro=0)


@pytest.fixture(scope="module")
def rows(sources: Path) -> list[Row]:
    return plan(scan_sources(sources), [], SIZES, 0)


@pytest.fixture(scope="module")
def built(rows: list[Row], sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    build(rows, folder, sources, folder / "kokoro", workers=0)
    return folder


def test_every_row_is_made_once_and_tells_where_it_is_from(built: Path, rows: list[Row]) -> None:
    corpus = Corpus.read(built)
    table = corpus.table
    failed = json.loads((built / FAILED).read_text())
    assert len(corpus) == len(rows) - len(failed)
    assert set(table["label"]) == {"bona fide", "spoof"}
    assert table["licence"].null_count() == 0
    assert set(table.filter(table["label"] == "bona fide")["family"]) == {""}
    for path, end in table.select("path", "end").iter_rows():
        found = soundfile.info(built / path)
        assert (found.samplerate, found.channels) == (16_000, 1)
        assert found.duration == pytest.approx(end)
    assert not list(built.rglob("*.part"))


def test_a_stopped_build_goes_on_and_ends_the_same(built: Path, rows: list[Row], sources: Path) -> None:
    before = Corpus.read(built).table
    failed = json.loads((built / FAILED).read_text())
    lost = [row for row in rows if row.id not in failed][:2]
    for row in lost:
        (built / audio_path(row)).unlink()
    (built / "corpus.parquet").unlink()
    steps: list[tuple[int, int]] = []
    again = build(
        rows, built, sources, built / "kokoro", workers=0, progress=lambda *step: steps.append(step)
    )
    assert again.made == 2
    assert again.table.equals(before)
    assert steps[0] == (len(rows) - 2 - len(failed), len(rows))
    assert steps[-1] == (len(rows), len(rows))


def test_the_card_says_what_is_in_it(built: Path) -> None:
    corpus = Corpus.read(built)
    card = finish(corpus, built, subset="tiny", seed=0, refused=1)
    assert card.rows == len(corpus)
    speech = card.parts["speech"]
    assert speech.counted["label"]["spoof"].rows + speech.counted["label"]["bona fide"].rows == len(corpus)
    assert speech.checked.channel is not None
    told = (built / "card.md").read_text()
    assert "Channel probe" in told
    assert "## speech" in told
    assert "| asterisk |" in told
    assert json.loads((built / "card.json").read_text())["rows"] == len(corpus)


def test_an_unknown_engine_is_refused(rows: list[Row], sources: Path) -> None:
    with pytest.raises(BadInput, match="no such way"):
        maker("nothing", "", sources)
    samples, _ = make_row(rows[0], sources, sources)
    assert len(samples) >= 16_000


def test_subsets_and_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="no such subset"):
        archives_of("huge")
    with pytest.raises(BadInput, match="no such part"):
        archives_of("tiny", ["music"])
    with pytest.raises(BadInput, match="holds nothing of the parts emotion"):
        archives_of("tiny", ["emotion"])
    assert {archive.package for archive in archives_of("tiny")} == set(TINY)
    assert [archive.package for archive in archives_of("full", ["emotion"])] == ["nkululeko"]
    sizes = [sum(archive.size for archive in archives_of(subset)) for subset in ("tiny", "small", "full")]
    assert sizes[0] < 80e6 < sizes[1] < sizes[2]
    assert {archive.package for archive in archives_of("full")} == {
        n for names in PARTS.values() for n in names
    }
    (tmp_path / "build.json").write_text('{"subset":"small","seed":0}')
    with pytest.raises(BadInput, match="take another folder"):
        build_open_voices(tmp_path, "tiny")
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be written to"):
        build_open_voices(tmp_path / "file" / "corpus", "tiny")


def test_nothing_made_is_refused(tmp_path: Path, rows: list[Row]) -> None:
    with pytest.raises(BadInput, match="nothing could be made"):
        build(rows[:2], tmp_path, tmp_path / "no-sources", tmp_path, workers=0)


def test_workers_compute_with_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    # With two, the same row of griffin-lim came out otherwise.
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]
    assert list(in_turn(os.getenv, names, 1)) == ["1", "1", "1"]
    assert (os.environ["OMP_NUM_THREADS"], os.environ.get("OPENBLAS_NUM_THREADS")) == ("2", None)
