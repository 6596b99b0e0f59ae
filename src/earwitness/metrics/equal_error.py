"""Equal error rate, exact on ties."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from earwitness.metrics.staircase import Scores, Staircase


def eer(target: ArrayLike, nontarget: ArrayLike) -> float:
    """Equal error rate: where the miss rate and the false-alarm rate are the same.

    Equal scores are one step of the staircase. The crossing is interpolated on that step, which
    no other choice makes independent of the order of tied trials: hard decisions, rounded and
    constant scores (0.5) all give what the operating points between them mean. No convex hull
    is taken.

    Args:
        target: `(targets,)` scores of bona fide (or same-speaker) trials; higher = more so.
        nontarget: `(nontargets,)` scores of spoof (or different-speaker) trials.

    Returns:
        A fraction in [0, 1]; 0 = separated, 0.5 = chance, above = polarity is turned round.

    Raises:
        BadInput: when a class is empty or holds NaN.

    Reference:
        A. Martin et al., "The DET curve in assessment of detection task performance", 1997.

    Example:
        >>> eer([2, 1, 0.5, -0.5], [-2, -1, 0, 0.8])
        0.25
        >>> eer([1, 1], [1, 1, 1])
        0.5
    """
    return eer_of(Staircase.of(target, nontarget))


def eer_of(stairs: Staircase) -> float:
    """Equal error rate of scores that are already sorted; see `eer`."""
    return crossing(*_bracket(stairs), len(stairs.target), len(stairs.nontarget))


def eer_threshold(target: ArrayLike, nontarget: ArrayLike) -> float:
    """The threshold at which miss and false-alarm rate are nearest to each other.

    Args:
        target: `(targets,)` scores.
        nontarget: `(nontargets,)` scores.

    Returns:
        A score that occurs in the data, or infinity; accept at or above it.

    Raises:
        BadInput: when a class is empty or holds NaN.

    Example:
        >>> eer_threshold([2, 1, 0.5, -0.5], [-2, -1, 0, 0.8])
        0.5
    """
    stairs = Staircase.of(target, nontarget)
    score, at, above = around_crossing(stairs)
    if at <= above:
        return float(score)
    higher = [
        scores[index]
        for scores in (stairs.target, stairs.nontarget)
        if (index := int(np.searchsorted(scores, score, side="right"))) < len(scores)
    ]
    return float(min(higher)) if higher else np.inf


def around_crossing(stairs: Staircase) -> tuple[np.floating, int, int]:
    """The score on which the rates cross, and how far apart they are at it and just above it.

    Returns:
        The score; false-alarm minus miss rate when accepting at it; miss minus false-alarm rate
        when accepting only above it. Both at least 0, in units of 1 / (targets * nontargets).
    """
    score = _crossing_score(stairs)
    targets, nontargets = len(stairs.target), len(stairs.nontarget)
    targets_below, nontargets_below, targets_upto, nontargets_upto = _bracket(stairs)
    return (
        score,
        (nontargets - nontargets_below) * targets - targets_below * nontargets,
        targets_upto * nontargets - (nontargets - nontargets_upto) * targets,
    )


def crossing(
    targets_below: int,
    nontargets_below: int,
    targets_upto: int,
    nontargets_upto: int,
    targets: int,
    nontargets: int,
) -> float:
    """Where miss and false-alarm rate meet on one step of the staircase.

    Args:
        targets_below: targets below the step.
        nontargets_below: nontargets below the step.
        targets_upto: targets below or on the step.
        nontargets_upto: nontargets below or on the step.
        targets: all targets.
        nontargets: all nontargets.

    Returns:
        The common rate, a fraction.

    Example:
        >>> crossing(0, 0, 2, 3, 2, 3)
        0.5
    """
    # Gaps in units of 1 / (targets * nontargets), in exact integers.
    before = (nontargets - nontargets_below) * targets - targets_below * nontargets
    after = targets_upto * nontargets - (nontargets - nontargets_upto) * targets
    on_step = targets_upto - targets_below
    if on_step == 0:  # the miss rate stands still; it is the answer
        return targets_below / targets
    if nontargets_upto == nontargets_below:
        return (nontargets - nontargets_upto) / nontargets
    return (targets_below + on_step * (before / (before + after))) / targets


def _crossed(stairs: Staircase, score: np.floating) -> bool:
    """Whether, just above this score, misses are at least as frequent as false alarms."""
    misses = int(np.searchsorted(stairs.target, score, side="right"))
    rejected = int(np.searchsorted(stairs.nontarget, score, side="right"))
    return misses * len(stairs.nontarget) >= (len(stairs.nontarget) - rejected) * len(stairs.target)


def _first_crossed(stairs: Staircase, scores: Scores) -> int:
    low, high = 0, len(scores)
    while low < high:
        middle = (low + high) // 2
        if _crossed(stairs, scores[middle]):
            high = middle
        else:
            low = middle + 1
    return low


def _crossing_score(stairs: Staircase) -> np.floating:
    found = [
        scores[at]
        for scores in (stairs.target, stairs.nontarget)
        if (at := _first_crossed(stairs, scores)) < len(scores)
    ]
    return min(found)


def _bracket(stairs: Staircase) -> tuple[int, int, int, int]:
    score = _crossing_score(stairs)
    return (
        int(np.searchsorted(stairs.target, score, side="left")),
        int(np.searchsorted(stairs.nontarget, score, side="left")),
        int(np.searchsorted(stairs.target, score, side="right")),
        int(np.searchsorted(stairs.nontarget, score, side="right")),
    )
