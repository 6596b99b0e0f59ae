"""The parts beside speech, planned and made on the miniature."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import polars as pl
import pytest
import soundfile
from scipy.signal import correlate

from earwitness.audio.channel import ChannelSettings, Codec, apply
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.open_voices import plan_parts
from earwitness.corpora.open_voices.build import FAILED, build
from earwitness.corpora.open_voices.contents import PARTS, rows_of
from earwitness.corpora.open_voices.plan import Row, Sizes
from earwitness.corpora.open_voices.plan_parts import PartSizes
from earwitness.corpora.open_voices.programs import require_programs, versions
from earwitness.corpora.open_voices.record import SCHEMA, audio_path
from earwitness.corpora.open_voices.row import Facts, make_row
from earwitness.corpora.open_voices.whole_build import finish
from earwitness.errors import BadInput
from earwitness.making.codec_grid import GRID
from earwitness.making.residual_codec import RESIDUAL_GRID
from earwitness.metrics.localisation.segments import checked_segments

SIZES = Sizes(speaker=6, role=2, cast=4, copies=1, espeak=1, flite=1, kokoro=0)
PART_SIZES = PartSizes(hosts=2, sounds=6, resyntheses=1, coded=1, residual=1)
FEW = ("opus-12-16", "amr-nb-4.75-8", "vorbis-32-16")
RESIDUAL = "rvq-mdct-4x6-50-8"


@pytest.fixture(scope="module")
def rows(sources: Path) -> list[Row]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan_parts, "GRID", {name: GRID[name] for name in FEW})
        patch.setattr(plan_parts, "RESIDUAL_GRID", {RESIDUAL: RESIDUAL_GRID[RESIDUAL]})
        return rows_of(sources, [], SIZES, PART_SIZES, 0)


@pytest.fixture(scope="module")
def built(rows: list[Row], sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    build(rows, folder, sources, folder / "kokoro", workers=0)
    return folder


@pytest.fixture(scope="module")
def table(built: Path) -> pl.DataFrame:
    return Corpus.read(built).table


def test_a_part_is_the_same_whichever_others_are_asked_for(rows: list[Row], sources: Path) -> None:
    for part in ("speech", "environment", "emotion", "partial"):
        alone = rows_of(sources, [], SIZES, PART_SIZES, 0, [part])
        assert alone == [row for row in rows if row.part == part]
    assert len({row.id for row in rows}) == len(rows)
    assert {row.part for row in rows} == set(PARTS)
    assert rows_of(sources, [], SIZES, PART_SIZES, 1) != rows


def test_columns_are_those_of_the_part(table: pl.DataFrame) -> None:
    assert table.schema == pl.Schema(SCHEMA)

    def present(column: str) -> set[str]:
        return set(table.drop_nulls(column)["part"])

    assert present("label") == {"speech", "partial", "environment"}
    assert present("segments") == {"partial"}
    assert present("sound") == {"environment"}
    assert present("vocalisation") == {"vocalisation"}
    assert present("emotion") == {"emotion", "speech"}
    assert present("codec") == present("codec_family") == {"codec"}
    assert table["licence"].null_count() == 0
    assert set(table.drop_nulls("quantizers")["codec"]) == {"rvq-mdct"}


def test_every_part_has_a_table_of_its_own(table: pl.DataFrame, built: Path) -> None:
    for part in PARTS:
        alone = Corpus.read(built / f"{part}.parquet")
        assert alone.name == f"open-voices, {part}"
        assert alone.table["id"].to_list() == table.filter(pl.col("part") == part)["id"].to_list()
    assert "label" not in Corpus.read(built / "emotion.parquet").table.columns
    assert "emotion" not in Corpus.read(built / "codec.parquet").table.columns
    assert "bit_rate" in Corpus.read(built / "codec.parquet").table.columns


def test_a_resynthesis_is_tied_to_its_sound(table: pl.DataFrame) -> None:
    sounds = table.filter(pl.col("part") == "environment")
    groups = sounds.group_by("group").agg(pl.col("label").sort(), pl.col("sound").n_unique())
    assert groups["sound"].max() == 1
    assert all(labels[0] == "bona fide" for labels in groups["label"].to_list())
    assert set(sounds.filter(pl.col("label") == "spoof")["engine"]) <= set(plan_parts.ENVIRONMENT_ENGINES)


def test_emotions_keep_their_official_splits(table: pl.DataFrame) -> None:
    emotions = table.filter(pl.col("part") == "emotion")
    assert {(row["speaker"], row["split"]) for row in emotions.to_dicts()} == {
        ("polish-m1", "train"), ("polish-m2", "test"),
    }  # fmt: skip
    assert set(emotions["emotion"]) == {"anger", "fear", "neutral"}
    assert set(table.filter(pl.col("part") == "speech")["split"]) == {"train"}


def test_codings_tell_their_true_rates(table: pl.DataFrame) -> None:
    coded = {row["codec"]: row for row in table.filter(pl.col("part") == "codec").to_dicts()}
    assert set(coded) == {"none", "opus", "amr-nb", "vorbis", "rvq-mdct"}
    assert (coded["opus"]["bit_rate"], coded["opus"]["codec_rate"]) == (12_000, 16_000)
    assert coded["vorbis"]["bit_rate"] == coded["vorbis"]["measured_bit_rate"]
    assert coded["none"]["bit_rate"] is None
    assert len({row["group"] for row in coded.values()}) == 1
    assert len({row["sha256"] for row in coded.values()}) == 5


def test_residual_codings_tell_all_that_is_to_be_parsed(
    table: pl.DataFrame, rows: list[Row], built: Path, sources: Path
) -> None:
    (found,) = table.filter(pl.col("codec") == "rvq-mdct").to_dicts()
    coding = RESIDUAL_GRID[RESIDUAL]
    assert found["codec_family"] == "rvq-mdct"
    assert (found["quantizers"], found["bit_rate"], found["codec_rate"]) == (4, coding.bit_rate, 8_000)
    assert table.filter(pl.col("codec") == "opus")["quantizers"].to_list() == [None]
    (row,) = (row for row in rows if row.coding == RESIDUAL)
    assert row.learnt
    kept = list((built / "codebooks").iterdir())
    assert [path.name for path in kept] == [f"{coding.books}.npz"]
    samples, facts = make_row(row, sources, built)
    assert facts.bit_rate == coding.bit_rate  # fitted anew, without the kept file
    again = soundfile.read(built / audio_path(row), dtype="float32")[0]
    assert np.allclose(samples, again, atol=1e-4)


def test_segments_cover_the_clip_and_tell_what_was_laid_in(table: pl.DataFrame, built: Path) -> None:
    partial = table.filter(pl.col("part") == "partial").to_dicts()
    assert {row["attack"] for row in partial} >= {"", "laid-in"}
    for row in partial:
        found = checked_segments([tuple(segment.values()) for segment in row["segments"]])
        assert found[0].start == 0
        assert found[-1].end == pytest.approx(row["end"], abs=1e-4)
        assert all(a.end == b.start for a, b in itertools.pairwise(found))
        kinds = {segment.label for segment in found}
        assert kinds == ({"bona fide"} if row["label"] == "bona fide" else {"bona fide", "spoof"})
        assert soundfile.info(built / row["path"]).duration == pytest.approx(row["end"])


def test_borders_stay_true_behind_a_channel() -> None:
    rng = np.random.default_rng(1)
    sound = np.repeat(rng.standard_normal(4000), 4) * np.repeat(rng.random(100) > 0.5, 160)
    for codec in get_args(Codec):
        heard = apply(sound.astype(np.float32), ChannelSettings(codec=codec, codec_quality=0.3))
        likeness = correlate(heard, sound, method="fft")
        assert abs(int(np.argmax(likeness)) - (len(sound) - 1)) <= 1, codec


def test_what_is_plain_is_left_as_it_is(table: pl.DataFrame, built: Path, sources: Path) -> None:
    row = table.filter(pl.col("part") == "emotion").row(0, named=True)
    heard, _ = soundfile.read(built / row["path"])
    name = row["group"].rpartition("/")[2]
    real, rate = soundfile.read(next(sources.rglob(f"{name}.wav")))
    assert rate == 16_000
    assert np.allclose(heard, real, atol=1e-4)


def test_the_card_tells_of_every_part(built: Path, table: pl.DataFrame, rows: list[Row]) -> None:
    card = finish(Corpus(table), built, subset="tiny", seed=0, refused=0, programs=versions(rows))
    assert list(card.parts) == list(PARTS)
    assert {part for part, one in card.parts.items() if one.checked.channel is not None} == {
        "speech", "environment",
    }  # fmt: skip
    assert set(card.programs) == {"espeak-ng", "ffmpeg", "flite", "sox"}
    told = (built / "card.md").read_text()
    assert all(f"## {part}" in told for part in PARTS)
    assert card.parts["emotion"].speakers == 2
    assert card.parts["codec"].counted["codec"]["opus"].rows == 1


def test_a_missing_program_is_one_line_before_anything_is_made(
    rows: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_programs(rows)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match="apt-get install espeak-ng flite") as refusal:
        require_programs(rows)
    assert "\n" not in str(refusal.value)
    with pytest.raises(BadInput, match=r"ffmpeg is not installed, for .*libopus.*--parts"):
        require_programs(row for row in rows if row.part == "codec")
    require_programs(row for row in rows if row.part == "emotion")
    assert versions(rows) == {}


KILLED = """
import os, sys
from pathlib import Path
import msgspec
from earwitness.corpora.open_voices import build as room
from earwitness.corpora.open_voices.plan import Row
given, folder, sources, limit = sys.argv[1:]
rows = msgspec.json.decode(Path(given).read_bytes(), type=list[Row])
left = int(limit)
# The process dies, as by kill -9, in the middle of a write: before a clip gets its name.
replace = Path.replace
def dying(self, target):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
    return replace(self, target)
Path.replace = dying
room.build(rows, Path(folder), Path(sources), Path(folder), workers=0)
"""


def test_killed_at_any_point_it_goes_on_to_the_same_corpus(
    rows: list[Row], sources: Path, built: Path, table: pl.DataFrame, tmp_path: Path
) -> None:
    given = tmp_path / "rows.json"
    given.write_bytes(msgspec.json.encode(rows))
    folder = tmp_path / "killed"
    rng = np.random.default_rng(0)
    deaths = 0
    for _ in range(3):
        words = [sys.executable, "-c", KILLED, given, folder, sources, str(rng.integers(1, len(rows) // 3))]
        done = subprocess.run(words, env=os.environ, capture_output=True, check=False)
        deaths += done.returncode == -signal.SIGKILL
        assert not (folder / "corpus.parquet").exists()
    assert deaths == 3
    assert [*folder.rglob("*.part"), *folder.rglob("*.partial")]
    again = build(rows, folder, sources, folder, workers=0)
    assert again.found > 0
    assert again.table.equals(table)
    assert (folder / FAILED).read_bytes() == (built / FAILED).read_bytes()
    assert not [*folder.rglob("*.part"), *folder.rglob("*.partial")]


def test_facts_survive_being_written() -> None:
    for facts in (Facts(), Facts(bit_rate=8000, measured_bit_rate=8044)):
        assert msgspec.json.decode(msgspec.json.encode(facts), type=Facts) == facts
