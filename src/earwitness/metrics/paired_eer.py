"""Paired bootstrap of two EERs: only trials near either threshold are told apart."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from earwitness.metrics.equal_error import eer_of, eer_threshold
from earwitness.metrics.resampled_eer import crossings
from earwitness.metrics.staircase import Scores, Staircase

Both = tuple[Scores, Scores]
BLOCK = 1_500_000
"""Drawn numbers that are held in memory at once."""


def paired_eer(
    target: Both, nontarget: Both, replicates: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """EER of system a minus EER of system b, for replicates that resample both together.

    A replicate's threshold lies close to the observed one. Trials away from both thresholds count
    only by the sides on which they are, so they share four cells; those near a threshold share a
    cell only with their like. One multinomial draw over the cells is a replicate. Exact in
    distribution: should rates not cross near the threshold, more trials are told apart and all is
    drawn anew.

    Args:
        target: scores `(targets,)` of system a and of system b.
        nontarget: scores `(nontargets,)` of system a and of system b.
        replicates: how many.
        generator: source of randomness.

    Returns:
        `(replicates,)` differences of fractions.

    Example:
        >>> same = np.arange(4.0)
        >>> paired_eer((same, same), (same, same), 2, np.random.default_rng(0))
        array([0., 0.])
    """
    reach = 6.0
    while True:
        windows = [_window(target[system], nontarget[system], reach) for system in range(2)]
        cells = [_cells(scores, windows) for scores in (target, nontarget)]
        width = max(1, BLOCK // max(len(cells[0][1]), len(cells[1][1])))
        blocks = []
        for start in range(0, replicates, width):
            draws = [
                generator.multinomial(count.sum(), count / count.sum(), size=min(width, replicates - start)).T
                for _, count in cells
            ]
            rates = [_rate(system, cells, draws, windows[system]) for system in range(2)]
            if rates[0] is None or rates[1] is None:
                break
            blocks.append(rates[0] - rates[1])
        else:
            return np.concatenate(blocks)
        reach *= 4


def _window(target: Scores, nontarget: Scores, reach: float) -> tuple[float, float]:
    """Scores between which thresholds of replicates lie, by the noise of both error rates."""
    stairs = Staircase.of(target, nontarget)
    rate, threshold = eer_of(stairs), eer_threshold(target, nontarget)
    noise = sum(math.sqrt(max(rate * (1 - rate), 1 / n) / n) for n in (len(target), len(nontarget)))
    low, high = -np.inf, np.inf
    for scores in (stairs.target, stairs.nontarget):
        at = int(np.searchsorted(scores, threshold))
        steps = int(reach * noise * len(scores)) + 2
        low = max(low, float(scores[at - steps])) if at >= steps else low
        high = min(high, float(scores[at + steps])) if at + steps < len(scores) else high
    return low, high


def _cells(scores: Both, windows: list[tuple[float, float]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distinct pairs of scores `(2, cells)`, infinite outside a window, and how many trials share each."""
    seen = np.empty((2, len(scores[0])))
    for system, (low, high) in enumerate(windows):
        own = scores[system].astype(np.float64)
        seen[system] = np.where(own < low, -np.inf, np.where(own > high, np.inf, own))
    # Infinite scores inside an open window stay apart from nothing: they are extreme either way.
    order = np.lexsort(seen)
    sorted_pairs = seen[:, order]
    heads = np.flatnonzero(
        np.concatenate([[True], (sorted_pairs[:, 1:] != sorted_pairs[:, :-1]).any(axis=0)])
    )
    return sorted_pairs[:, heads], np.diff(np.append(heads, len(order)))


def _rate(
    system: int,
    cells: list[tuple[NDArray[np.float64], NDArray[np.int64]]],
    draws: list[NDArray[np.int64]],
    window: tuple[float, float],
) -> NDArray[np.float64] | None:
    """EER of one system in each replicate, or `None` when rates do not cross in its window."""
    sizes = [int(count.sum()) for _, count in cells]
    replicates = draws[0].shape[1]
    below, inside = [], []
    for (pairs, _), drawn in zip(cells, draws, strict=True):
        under = pairs[system] < window[0]
        below.append(drawn[under].sum(axis=0))
        inside.append(~under & (pairs[system] <= window[1]))
    scores = np.concatenate([pairs[system][near] for (pairs, _), near in zip(cells, inside, strict=True)])
    order = np.argsort(scores, kind="stable")
    if not len(order):
        return None
    heads = np.flatnonzero(np.concatenate([[True], scores[order][1:] != scores[order][:-1]]))
    steps = []
    for part in range(2):
        full = np.zeros((len(scores), replicates), dtype=np.int64)
        first = 0 if part == 0 else int(inside[0].sum())
        full[first : first + int(inside[part].sum())] = draws[part][inside[part]]
        steps.append(np.add.reduceat(full[order], heads, axis=0))
    misses, rejected = (step.cumsum(axis=0) + start for step, start in zip(steps, below, strict=True))
    crossed = misses * sizes[1] >= (sizes[1] - rejected) * sizes[0]
    too_early = below[0] * sizes[1] >= (sizes[1] - below[1]) * sizes[0]
    if too_early.any() or not crossed[-1].all():
        return None
    at, rows = crossed.argmax(axis=0), np.arange(replicates)
    on_step = np.stack([step[at, rows] for step in steps])
    below_step = np.stack([misses[at, rows], rejected[at, rows]]) - on_step
    return crossings(below_step, on_step, sizes[0], sizes[1])
