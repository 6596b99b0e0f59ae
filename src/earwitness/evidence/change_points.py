r"""Find where a recording changes between real and synthetic speech, from the scores of its windows.

A window is longer than the step between windows, so a splice smears over many scores. The stretch
of one cell (one step) is either class; the score of a window is expected to be the mean of the two
classes' levels, weighted by how much speech of each lies in the window. The most likely labels of
the cells are found by dynamic programming over the labels inside the current window (only patterns
whose inner runs last a shortest time are possible), the two levels by least squares, in turns.

The labels minimise :math:`\sum_i (y_i - \hat y_i)^2 / (2 \sigma^2 \tau) + \lambda \cdot changes`,
where :math:`\tau` counts for how many windows one piece of speech is heard: scores of overlapping
windows are not independent.

References:
    Jackson et al., "An Algorithm for Optimal Partitioning of Data on an Interval", 2005 (the
    principle: exact minimisation of cost plus penalty); the deconvolution of overlapping windows
    is our own.
"""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Stretch(NamedTuple):
    """A run of cells of one class.

    Args:
        first: first cell.
        last: one past the last cell.
        real: whether it is of the higher level.
    """

    first: int
    last: int
    real: bool


class Segmentation(NamedTuple):
    """A recording cut into stretches of two classes.

    Args:
        stretches: end to end, in order, the classes alternating.
        levels: log likelihood ratio of the lower and of the higher class.
        gain: by how much the cost falls below that of one single class, penalties included.
    """

    stretches: tuple[Stretch, ...]
    levels: tuple[float, float]
    gain: float


def segment(
    llrs: npt.ArrayLike,
    speech: npt.ArrayLike,
    *,
    window: int,
    sigma: float,
    bounds: tuple[float, float],
    shortest: int = 4,
    penalty: float = 3.0,
    margin: float = 0.15,
) -> Segmentation | None:
    """Cut a recording into stretches of two classes, if that explains its scores better than one.

    Args:
        llrs: shape `(windows,)`, log likelihood ratio of the window that begins at each cell; NaN
            where there was too little speech.
        speech: shape `(cells,)`, speech in each cell, any unit, 0 or more.
        window: cells in a window.
        sigma: how far scores of windows of one class scatter, in nats, above 0.
        bounds: lowest and highest level that a class may have, in nats.
        shortest: cells of the shortest stretch.
        penalty: cost of one change, in nats.
        margin: how far from zero both levels must lie, in nats.

    Returns:
        The stretches, or `None` when one class explains the scores as well, or the levels do not
        lie clearly on both sides of zero.

    Example:
        >>> truth = np.repeat([4.0, -4.0], 16)
        >>> scores = [truth[k : k + 8].mean() for k in range(25)]
        >>> found = segment(scores, np.ones(32), window=8, sigma=1.0, bounds=(-6, 6))
        >>> [(s.first, s.last, s.real) for s in found.stretches]
        [(0, 16, True), (16, 32, False)]
    """
    scores, weight = np.asarray(llrs, np.float64), np.asarray(speech, np.float64)
    known = ~np.isnan(scores)
    cells = len(weight)
    if known.sum() < 3 or cells < 2 * shortest:
        return None
    scale = 1.0 / (2.0 * sigma**2 * max(1.0, window / 2))
    patterns = _patterns(window, shortest)
    share = _shares(weight, patterns, window, len(scores))
    mean = float(scores[known].mean())
    single = float(((scores[known] - mean) ** 2).sum()) * scale
    best: Segmentation | None = None
    for low, high in _beginnings(scores[known], bounds):
        for _ in range(8):
            labels, cost = _labels(scores, share, patterns, (low, high), shortest, scale, penalty, cells)
            if labels is None or labels.all() or not labels.any():
                break
            found = Segmentation(_stretches(labels), (low, high), single - cost)
            if best is None or found.gain > best.gain:
                best = found
            previous, (low, high) = (low, high), _levels(scores, weight, labels, window, bounds)
            if not low < high or (abs(low - previous[0]) < 1e-3 and abs(high - previous[1]) < 1e-3):
                break
    if best is None or best.gain <= 0 or not best.levels[0] < -margin < margin < best.levels[1]:
        return None
    return best


@functools.cache
def _patterns(window: int, shortest: int) -> npt.NDArray[np.bool_]:
    """Labels that the cells of a window can have, oldest first: `(patterns, window)`."""
    found = {(label,) * window for label in (False, True)}
    for label in (False, True):
        for first in range(1, window):
            found.add((label,) * first + (not label,) * (window - first))
            for second in range(first + shortest, window):
                found.add((label,) * first + (not label,) * (second - first) + (label,) * (window - second))
                for third in range(second + shortest, window):
                    inner = (not label,) * (second - first) + (label,) * (third - second)
                    found.add((label,) * first + inner + (not label,) * (window - third))
    return np.array(sorted(found))


@functools.cache
def _steps(window: int, shortest: int) -> npt.NDArray[np.int64]:
    """Which patterns can come before each pattern, one cell earlier: `(patterns, 2)`, -1 = none.

    Column 0: the label goes on; column 1: it changes with the newest cell.
    """
    patterns = [tuple(row) for row in _patterns(window, shortest).tolist()]
    place = {row: index for index, row in enumerate(patterns)}
    before = np.full((len(patterns), 2 * 2), -1)
    for index, row in enumerate(patterns):
        for oldest in (False, True):
            earlier = (oldest, *row[:-1])
            if earlier not in place:
                continue
            changed = row[-1] != row[-2]
            # A change is possible only after the run before it has lasted long enough.
            run = next((k for k, label in enumerate(reversed(earlier)) if label != earlier[-1]), window)
            if changed and run < min(shortest, window):
                continue
            before[index, 2 * int(changed) + int(oldest)] = place[earlier]
    return before


def _shares(weight: Floats, patterns: npt.NDArray[np.bool_], window: int, windows: int) -> Floats:
    """Share of the speech of each window that is of the higher class: `(windows, patterns)`."""
    padded = np.pad(weight, (0, max(0, windows + window - 1 - len(weight))))
    inside = np.lib.stride_tricks.sliding_window_view(padded, window)[:windows]
    total = np.maximum(inside.sum(axis=1, keepdims=True), 1e-9)
    return (inside @ patterns.T.astype(np.float64)) / total


def _beginnings(scores: Floats, bounds: tuple[float, float]) -> list[tuple[float, float]]:
    """Levels to start from: the spread of the scores, and the same drawn apart at either end.

    A stretch shorter than a window shows only a part of its level, so the least squares that follow
    may settle on a stretch that is longer and weaker than the true one.
    """
    low, high = float(scores.min()), float(scores.max())
    reach = high - low
    pairs = {
        (max(bounds[0], low - a * reach), min(bounds[1], high + b * reach))
        for a, b in ((0, 0), (1, 0), (0, 1), (0.5, 0.5))
    }
    return sorted(pair for pair in pairs if pair[0] < pair[1])


def _labels(
    scores: Floats,
    share: Floats,
    patterns: npt.NDArray[np.bool_],
    levels: tuple[float, float],
    shortest: int,
    scale: float,
    penalty: float,
    cells: int,
) -> tuple[npt.NDArray[np.bool_] | None, float]:
    """The cheapest labels of all cells and their cost (Viterbi)."""
    window = patterns.shape[1]
    expected = levels[0] + (levels[1] - levels[0]) * share
    miss = np.where(np.isnan(scores)[:, None], 0.0, (scores[:, None] - expected) ** 2 * scale)
    before = _steps(window, shortest)
    same = patterns.all(axis=1) | ~patterns.any(axis=1)
    cost = np.where(same, 0.0, np.inf)
    came = np.zeros((cells, len(patterns)), np.int64)
    step = np.array([0.0, 0.0, penalty, penalty])
    rows = np.arange(len(patterns))
    for cell in range(cells):
        if cell:
            options = np.where(before >= 0, cost[before], np.inf) + step
            if cell < shortest or cell > cells - shortest:
                options[:, 2:] = np.inf  # neither the first nor the last run may be shorter
            choice = options.argmin(axis=1)
            came[cell] = before[rows, choice]
            cost = options[rows, choice]
        begun = cell - window + 1
        if 0 <= begun < len(scores):
            cost = cost + miss[begun]
    state = int(cost.argmin())
    total = float(cost[state])
    if not np.isfinite(total):
        return None, total
    labels = np.zeros(cells, bool)
    for cell in range(cells - 1, -1, -1):
        labels[cell] = patterns[state, -1]
        state = int(came[cell, state])
    return labels, total


def _levels(
    scores: Floats, weight: Floats, labels: npt.NDArray[np.bool_], window: int, bounds: tuple[float, float]
) -> tuple[float, float]:
    """Levels of both classes by least squares, within the bounds."""
    padded = np.pad(weight, (0, window))
    real = np.pad(weight * labels, (0, window))
    every = np.concatenate([[0.0], np.cumsum(padded)])
    high = np.concatenate([[0.0], np.cumsum(real)])
    begin = np.arange(len(scores))
    end = np.minimum(begin + window, len(padded))
    share = (high[end] - high[begin]) / np.maximum(every[end] - every[begin], 1e-9)
    known = ~np.isnan(scores)
    design = np.stack([1 - share[known], share[known]], axis=1)
    # A little ridge towards the mean: a stretch that no window holds alone leaves its level open.
    mean = scores[known].mean()
    normal = design.T @ design + 0.05 * np.eye(2)
    low, top = np.linalg.solve(normal, design.T @ (scores[known] - mean)) + mean
    return float(np.clip(low, *bounds)), float(np.clip(top, *bounds))


def _stretches(labels: npt.NDArray[np.bool_]) -> tuple[Stretch, ...]:
    edges = [0, *(np.flatnonzero(labels[1:] != labels[:-1]) + 1).tolist(), len(labels)]
    return tuple(Stretch(a, b, bool(labels[a])) for a, b in itertools.pairwise(edges))
