"""A splice as a finding: where it lies, what it leans to, and that it forbids a verdict for the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from earwitness.evidence.finding import Segment
from earwitness.evidence.manifest import Distributions, Manifest, read_manifest
from earwitness.evidence.timeline import scatter, segments, timeline
from earwitness.evidence.windows import Scored


def windows(levels: list[float], speech: list[int] | None = None) -> tuple[list[Scored], np.ndarray]:
    """Windows of 2 s every 0.5 s over cells of these levels."""
    cells = np.array(levels)
    heard = np.full(len(cells), 25.0) if speech is None else np.array(speech, float)
    found = []
    for k in range(len(cells) - 3):
        weight = heard[k : k + 4]
        score = float((cells[k : k + 4] * weight).sum() / weight.sum()) if weight.sum() else None
        found.append(Scored(25 * k, 25 * k + 100, int(weight.sum()), score))
    return found, heard


@pytest.fixture
def manifest(instrument: Path) -> Manifest:
    return read_manifest(instrument)[0]


def test_a_synthetic_phrase_in_real_speech(manifest: Manifest) -> None:
    scored, heard = windows([2.0] * 12 + [-2.0] * 10 + [2.0] * 14)
    (found,) = segments(scored, heard, manifest, duration=17.9)
    assert found == Segment(start=6.0, end=11.0, llr=-2.0, label="spoof")


def test_a_real_phrase_in_synthetic_speech_up_to_the_end(manifest: Manifest) -> None:
    scored, heard = windows([-2.0] * 30 + [2.0] * 8)
    (found,) = segments(scored, heard, manifest, duration=18.8)
    assert (found.start, found.end, found.label) == (15.0, 18.8, "bona fide")
    assert found.llr > 0


def test_pauses_weigh_nothing(manifest: Manifest) -> None:
    speech = [25] * 12 + [0] * 3 + [25] * 10 + [0] * 3 + [25] * 12
    levels = [2.0] * 13 + [-2.0] * 13 + [2.0] * 14
    scored, heard = windows(levels, speech)
    (found,) = segments(scored, heard, manifest, duration=20.0)
    # Where in a pause the cut lies, nobody can hear: any place in it is right.
    assert 6.0 <= found.start <= 7.5
    assert 12.5 <= found.end <= 14.0


@pytest.mark.parametrize("level", [-2.0, 0.0, 2.0])
def test_a_recording_of_one_piece(manifest: Manifest, level: float) -> None:
    scored, heard = windows([level] * 40)
    assert segments(scored, heard, manifest, duration=20.0) == ()
    assert segments([], np.zeros(0), manifest, duration=0.0) == ()


def test_windows_without_speech_have_no_score(manifest: Manifest) -> None:
    found = timeline([Scored(0, 200, 0, None), Scored(25, 225, 100, 1.23456)], manifest)
    assert [(w.start, w.end, w.llr) for w in found] == [(0.0, 4.0, None), (0.5, 4.5, 1.2346)]


def test_scatter_has_a_floor_and_a_default() -> None:
    assert scatter(Distributions(bona_fide=(), spoof=(1.0,))) == 1.0
    assert scatter(Distributions(bona_fide=(1.0, 1.0), spoof=(0.0, 0.0))) == 0.5
