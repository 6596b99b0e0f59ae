"""Windows over frames: once each, the same however the frames arrive."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.evidence.windows import Scored, WindowScorer, grid, pooled, starts


def score(frames: np.ndarray, mask: np.ndarray) -> np.ndarray:
    heard = frames.mean(axis=(1, 3)) * mask
    return heard.sum(axis=1) / mask.sum(axis=1)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 700), st.lists(st.integers(1, 300), min_size=1), st.sampled_from([0.1, 0.5, 0.73, 2.0]))
def test_any_cut_gives_the_same_scores(total: int, cuts: list[int], hop: float) -> None:
    rng = np.random.default_rng(total)
    frames = rng.standard_normal((2, total, 3)).astype(np.float32)
    mask = rng.random(total) < 0.7

    def scored(pieces: list[int]) -> list[Scored]:
        scorer = WindowScorer(score, 200, 25, [grid(2.0, 50), grid(hop, 50)])
        first = 0
        for piece in [*pieces, total]:
            last = min(total, first + piece)
            scorer.push(frames[:, first:last], mask[first:last])
            first = last
        scorer.finish()
        return scorer.along(grid(hop, 50)) + scorer.along(grid(2.0, 50))

    assert scored(cuts) == scored([total])


@given(st.integers(1, 2000), st.sampled_from([1, 25, 100, 200]))
def test_windows_cover_everything_once(frames: int, hop: int) -> None:
    found = starts(lambda k: k * hop, 200, frames)
    assert found[0] == 0
    assert found[-1] + 200 >= frames
    assert all(start + 200 < frames for start in found[:-1])


def test_an_empty_recording_has_no_windows() -> None:
    assert starts(grid(0.5, 50), 200, 0) == []
    scorer = WindowScorer(score, 200, 25, [grid(0.5, 50)])
    scorer.finish()
    assert scorer.along(grid(0.5, 50)) == []


def test_too_little_speech_is_not_scored() -> None:
    scorer = WindowScorer(score, 200, 25, [grid(2.0, 50)])
    mask = np.zeros(300, bool)
    mask[:24] = True
    scorer.push(np.ones((1, 300, 2), np.float32), mask)
    scorer.finish()
    assert [window.score for window in scorer.along(grid(2.0, 50))] == [None, None]
    assert pooled(scorer.along(grid(2.0, 50))) is None


def test_memory_stays_small() -> None:
    scorer = WindowScorer(score, 200, 25, [grid(2.0, 50), grid(0.5, 50)])
    for _ in range(40):
        scorer.push(np.ones((1, 700, 2), np.float32), np.ones(700, bool))
        assert scorer._frames is not None
        assert scorer._frames.shape[1] < 300


def test_frames_and_mask_must_fit() -> None:
    scorer = WindowScorer(score, 200, 25, [grid(2.0, 50)])
    with pytest.raises(ValueError, match="10 frames but 9"):
        scorer.push(np.ones((1, 10, 2), np.float32), np.ones(9, bool))
