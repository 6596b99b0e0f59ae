"""Bootstrap of the EER without resampling a single trial: bisection with binomial splits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from earwitness.metrics.staircase import Scores, Staircase


def resampled_eer(stairs: Staircase, replicates: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """EER of bootstrap replicates, stratified by class, exact in distribution.

    A replicate's EER is found by bisection over the scores. Bisection only asks how many resampled
    trials lie on either side of a score, and given how many lie in a range that number is
    binomial. So a replicate costs about 2 log2(n) binomial draws in place of n.

    Args:
        stairs: sorted scores of both classes.
        replicates: how many.
        generator: source of randomness.

    Returns:
        `(replicates,)` fractions.

    Example:
        >>> stairs = Staircase.of(np.arange(50, 150), np.arange(100))
        >>> resampled_eer(stairs, 1000, np.random.default_rng(0)).mean().round(1)
        np.float64(0.2)
    """
    target, nontarget = stairs.target, stairs.nontarget
    # Every replicate is looking at one range of scores: [start, stop) in each class. `below`
    # counts its resampled trials left of the range, `inside` those in it.
    ranges = np.empty((2, 2, replicates), dtype=np.int64)
    ranges[:, 0] = 0
    ranges[0, 1], ranges[1, 1] = len(target), len(nontarget)
    below = np.zeros((2, replicates), dtype=np.int64)
    inside = np.empty((2, replicates), dtype=np.int64)
    inside[0], inside[1] = len(target), len(nontarget)
    active = np.arange(replicates)
    while len(active):
        here = ranges[:, :, active]
        pivot, strict, single = _pivots(target, nontarget, here)
        if single.any():
            active = active[~single]
            pivot, strict, here = pivot[~single], strict[~single], here[:, :, ~single]
            if not len(active):
                break
        left = np.empty((2, len(active)), dtype=np.int64)
        cut = np.empty((2, len(active)), dtype=np.int64)
        for side, scores in enumerate((target, nontarget)):
            cut[side] = _cut(scores, pivot, strict)
            size = here[side, 1] - here[side, 0]
            share = (cut[side] - here[side, 0]) / np.maximum(size, 1)
            left[side] = generator.binomial(inside[side, active], np.minimum(share, 1.0))
        misses = below[0, active] + left[0]
        accepted = len(nontarget) - below[1, active] - left[1]
        crossed = misses * len(nontarget) >= accepted * len(target)
        for side in range(2):
            ranges[side, 1, active] = np.where(crossed, cut[side], here[side, 1])
            ranges[side, 0, active] = np.where(crossed, here[side, 0], cut[side])
            was = inside[side, active]
            inside[side, active] = np.where(crossed, left[side], was - left[side])
            below[side, active] += np.where(crossed, 0, left[side])
    return crossings(below, inside, len(target), len(nontarget))


def crossings(
    below: NDArray[Any], on_step: NDArray[Any], targets: int | NDArray[Any], nontargets: int | NDArray[Any]
) -> NDArray[np.float64]:
    """Where miss and false-alarm rate meet, for many replicates at once.

    Args:
        below: `(2, replicates)` targets and nontargets below the step on which they cross.
        on_step: `(2, replicates)` targets and nontargets on that step.
        targets: all targets, one number or one a replicate.
        nontargets: all nontargets, likewise.

    Returns:
        `(replicates,)` fractions.

    Example:
        >>> crossings(np.array([[0]]*2), np.array([[2], [3]]), 2, 3)
        array([0.5])
    """
    miss, false_alarm = below[0] / targets, 1 - below[1] / nontargets
    rise, fall = on_step[0] / targets, on_step[1] / nontargets
    total = rise + fall
    share = np.divide(false_alarm - miss, total, out=np.zeros_like(miss), where=total > 0)
    return miss + np.clip(share, 0, 1) * rise


def _cut(scores: Scores, pivot: Scores, strict: NDArray[np.bool_]) -> NDArray[np.int64]:
    cut = np.searchsorted(scores, pivot, side="right")
    if strict.any():
        cut[strict] = np.searchsorted(scores, pivot[strict], side="left")
    return cut


def _pivots(
    target: Scores, nontarget: Scores, ranges: NDArray[np.int64]
) -> tuple[Scores, NDArray[np.bool_], NDArray[np.bool_]]:
    """Where to split each range, whether the pivot itself goes right, and which have one score left."""
    (start_t, stop_t), (start_n, stop_n) = ranges
    size_t, size_n = stop_t - start_t, stop_n - start_n
    last_t = target[np.maximum(stop_t - 1, 0)]
    last_n = nontarget[np.maximum(stop_n - 1, 0)]
    first_t = target[np.minimum(start_t, len(target) - 1)]
    first_n = nontarget[np.minimum(start_n, len(nontarget) - 1)]
    highest = np.where(size_n == 0, last_t, np.where(size_t == 0, last_n, np.maximum(last_t, last_n)))
    lowest = np.where(size_n == 0, first_t, np.where(size_t == 0, first_n, np.minimum(first_t, first_n)))
    middle_t = target[np.minimum((start_t + stop_t) // 2, len(target) - 1)]
    middle_n = nontarget[np.minimum((start_n + stop_n) // 2, len(nontarget) - 1)]
    pivot = np.where(size_t >= size_n, middle_t, middle_n)
    return pivot, pivot == highest, lowest == highest
