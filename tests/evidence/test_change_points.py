"""Changes inside a recording, found from the scores of overlapping windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.evidence.change_points import _labels, _patterns, _shares, segment

WINDOW = 8


def track(truth: np.ndarray, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    scores = [truth[k : k + WINDOW].mean() for k in range(len(truth) - WINDOW + 1)]
    # One draw a window: windows of a real detector also differ by more than the cells they share.
    return np.array(scores) + noise * np.random.default_rng(seed).standard_normal(len(scores))


def spliced(cells: int, first: int, last: int, high: float = 4.0, low: float = -4.0) -> np.ndarray:
    truth = np.full(cells, high)
    truth[first:last] = low
    return truth


@pytest.mark.parametrize(
    ("cells", "first", "last"),
    [(16, 8, 16), (24, 8, 16), (40, 10, 16), (40, 20, 24), (240, 60, 72), (40, 0, 8)],
)
def test_a_splice_is_found_within_one_cell(cells: int, first: int, last: int) -> None:
    found = segment(
        track(spliced(cells, first, last)), np.ones(cells), window=WINDOW, sigma=1.0, bounds=(-6, 6)
    )
    assert found is not None
    (false,) = [s for s in found.stretches if not s.real]
    # Shorter than a window, a splice never shows its whole level: longer and weaker fits nearly as well.
    slack = int(last - first < WINDOW)
    assert abs(false.first - first) <= slack
    assert abs(false.last - last) <= slack
    assert found.levels[1] == pytest.approx(4.0, abs=0.5)
    assert found.levels[0] == pytest.approx(-4.0, abs=0.6 if not slack else 3.0)


@pytest.mark.parametrize("seed", range(5))
def test_a_splice_is_found_in_noise(seed: int) -> None:
    scores = track(spliced(48, 20, 30), noise=1.0, seed=seed)
    found = segment(scores, np.ones(48), window=WINDOW, sigma=1.0, bounds=(-6, 6))
    assert found is not None
    (false,) = [s for s in found.stretches if not s.real]
    assert abs(false.first - 20) <= 2
    assert abs(false.last - 30) <= 2


@pytest.mark.parametrize("level", [-4.0, -1.0, 0.0, 1.0, 4.0])
def test_one_class_is_left_whole(level: float) -> None:
    found = [
        segment(
            track(np.full(40, level), noise=1.0, seed=seed),
            np.ones(40),
            window=WINDOW,
            sigma=1.0,
            bounds=(-6, 6),
        )
        for seed in range(40)
    ]
    assert sum(f is not None for f in found) <= 2


def test_levels_on_one_side_are_no_splice() -> None:
    scores = track(spliced(40, 10, 20, high=6.0, low=1.0))
    assert segment(scores, np.ones(40), window=WINDOW, sigma=1.0, bounds=(0.5, 8)) is None


def test_too_little_to_say_anything() -> None:
    assert segment([1.0], np.ones(8), window=WINDOW, sigma=1.0, bounds=(-6, 6)) is None
    assert segment([np.nan] * 33, np.zeros(40), window=WINDOW, sigma=1.0, bounds=(-6, 6)) is None
    assert segment([], [], window=WINDOW, sigma=1.0, bounds=(-6, 6)) is None


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000), st.integers(6, 10))
def test_labels_are_the_cheapest_there_are(seed: int, cells: int) -> None:
    """Against every possible labelling of a short recording."""
    window, shortest, penalty, scale = 4, 2, 0.7, 0.5
    rng = np.random.default_rng(seed)
    weight, scores = rng.random(cells) + 0.1, 3 * rng.standard_normal(cells - window + 1)
    patterns = _patterns(window, shortest)
    share = _shares(weight, patterns, window, len(scores))
    labels, cost = _labels(scores, share, patterns, (-2.0, 2.0), shortest, scale, penalty, cells)
    best = np.inf
    for number in range(2**cells):
        tried = np.array([number >> k & 1 for k in range(cells)], bool)
        edges = np.flatnonzero(np.diff(tried)) + 1
        if len(edges) and np.diff([0, *edges, cells]).min() < shortest:
            continue
        total = penalty * len(edges)
        for k, value in enumerate(scores):
            here = weight[k : k + window]
            expected = -2 + 4 * (here @ tried[k : k + window]) / here.sum()
            total += (value - expected) ** 2 * scale
        best = min(best, total)
    assert labels is not None
    assert cost == pytest.approx(best)
