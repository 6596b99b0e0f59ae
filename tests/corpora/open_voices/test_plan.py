from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from earwitness.corpora.open_voices.clip import Clip
from earwitness.corpora.open_voices.contents import scan_sources
from earwitness.corpora.open_voices.plan import COPY_ENGINES, SUBSETS, Row, Sizes, plan
from earwitness.corpora.open_voices.reserve import CLIPS, SENTENCES, VOICES, unreserved

SIZES = Sizes(speaker=6, role=2, cast=4, copies=5, espeak=8, flite=6, kokoro=4)


@pytest.fixture(scope="module")
def clips(sources: Path) -> list[Clip]:
    return scan_sources(sources)


@pytest.fixture(scope="module")
def rows(clips: list[Clip]) -> list[Row]:
    return plan(clips, ["af_one", "if_two", *VOICES], SIZES, 0)


def test_the_same_seed_gives_the_same_rows(clips: list[Clip], rows: list[Row]) -> None:
    assert plan(list(reversed(clips)), ["if_two", "af_one", *VOICES], SIZES, 0) == rows
    assert plan(clips, ["af_one", "if_two"], SIZES, 1) != rows


def test_ids_are_unique_and_sizes_are_kept(rows: list[Row]) -> None:
    assert len({row.id for row in rows}) == len(rows)
    counted = Counter(row.engine for row in rows)
    assert set(counted) == {"", *COPY_ENGINES, "espeak-ng", "flite", "kokoro-82m"}
    assert all(counted[engine] == SIZES.copies for engine in COPY_ENGINES)
    assert max(Counter(row.clip.speaker for row in rows if row.kind == "real").values()) <= SIZES.speaker


def test_copies_stay_in_the_group_of_their_clip(rows: list[Row]) -> None:
    real = {row.group: row.clip.id for row in rows if row.kind == "real"}
    assert all(real[row.group] == row.clip.id for row in rows if row.kind == "copy")
    assert all(row.group.startswith("text-") and row.text for row in rows if row.kind == "spoken")


def test_reserved_voices_do_not_speak(rows: list[Row]) -> None:
    assert not {row.voice for row in rows} & VOICES
    assert {row.voice for row in rows if row.engine == "kokoro-82m"} <= {"af_one", "if_two"}


def test_every_beginning_holds_all_kinds(rows: list[Row]) -> None:
    beginning = Counter(row.kind for row in rows[: len(rows) // 3])
    whole = Counter(row.kind for row in rows)
    for kind, count in whole.items():
        assert abs(beginning[kind] / (len(rows) // 3) - count / len(rows)) < 0.15


def test_channels_are_drawn_without_a_look_at_the_class(clips: list[Clip]) -> None:
    # Only the row's name feeds the draw, so no class can have channels of its own.
    rows = plan(clips, [], Sizes(speaker=50, role=50, cast=50, copies=50, espeak=60, flite=60, kokoro=0), 3)
    share = {
        kind: sum(row.channel.codec != "none" for row in rows if row.kind == kind)
        / sum(row.kind == kind for row in rows)
        for kind in ("copy", "spoken")
    }
    assert abs(share["copy"] - share["spoken"]) < 0.2


def test_reserved_clips_and_their_words_stay_out() -> None:
    def said(name: str, text: str) -> Clip:
        return Clip(
            id=name, source="asterisk", parts=("a.wav",), seconds=3, transcript=text, language="en",
            speaker="s", licence="x",
        )  # fmt: skip

    held = sorted(CLIPS)[0]
    kept = unreserved([said(held, "Some words."), said("twin", "SOME words."), said("free", "Other words.")])
    assert [clip.id for clip in kept] == ["free"]
    assert len(SENTENCES) == 3
    assert set(SUBSETS) == {"tiny", "small", "full"}
