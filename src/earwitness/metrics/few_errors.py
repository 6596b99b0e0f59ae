"""Bounds of a figure that rests on a handful of errors."""

from __future__ import annotations

import numpy as np

from earwitness.metrics.detection_cost import bayes_threshold, weights
from earwitness.metrics.exact_binomial import exact_bounds
from earwitness.metrics.staircase import Scores, Staircase

FEW = 10
"""With fewer errors (or clusters) than this a bootstrap is falsely certain."""


def eer_bounds(value: float, targets: int, nontargets: int, confidence: float) -> tuple[float, float] | None:
    """Exact bounds of an EER that rests on fewer than `FEW` errors of a class, else `None`.

    The class with fewer trials decides: the EER is no less certain than its error rate alone.

    Example:
        >>> eer_bounds(0.2, 1000, 1000, 0.95) is None
        True
    """
    smaller = min(targets, nontargets)
    # An EER above one half has few *right* decisions.
    if min(value, 1 - value) * smaller >= FEW:
        return None
    return exact_bounds(value * smaller, smaller, confidence)


def cost_bounds(
    minimum: bool,
    target: Scores,
    nontarget: Scores,
    confidence: float,
    *,
    p_target: float,
    c_miss: float = 1.0,
    c_fa: float = 1.0,
    normalise: bool = True,
) -> tuple[float, float] | None:
    """Exact bounds of a detection cost that rests on fewer than `FEW` errors of a class, else `None`.

    Both error rates are bounded at the threshold, each with half of the risk, and added.

    Args:
        minimum: the threshold is the best one, not the Bayes threshold.
        target: `(targets,)` scores.
        nontarget: `(nontargets,)` scores.
        confidence: coverage, in (0, 1).
        p_target: prior probability of a target.
        c_miss: cost of rejecting a target.
        c_fa: cost of accepting a nontarget.
        normalise: divide by the cost of the better of "accept all" and "reject all".

    Example:
        >>> low, high = cost_bounds(True, np.arange(5, 10), np.arange(5), 0.95, p_target=0.5)
        >>> low, high > 0.5
        (0.0, True)
    """
    miss_weight, fa_weight, default = weights(p_target, c_miss, c_fa)
    if minimum:
        stairs = Staircase.of(target, nontarget)
        missed = np.append(np.searchsorted(stairs.target, stairs.target, side="left"), len(target))
        accepted = np.append(len(nontarget) - stairs.below, 0)
        best = int(np.argmin(missed * (miss_weight / len(target)) + accepted * (fa_weight / len(nontarget))))
        misses, alarms = int(missed[best]), int(accepted[best])
    else:
        threshold = bayes_threshold(p_target, c_miss, c_fa)
        misses, alarms = int((target < threshold).sum()), int((nontarget >= threshold).sum())
    errors = ((misses, len(target)), (alarms, len(nontarget)))
    # A rate of exactly 1 ("reject all") is as hollow to resample as a rate of exactly 0.
    if min(min(wrong, trials - wrong) for wrong, trials in errors) >= FEW:
        return None
    each = 1 - (1 - confidence) / 2
    (low_miss, high_miss), (low_fa, high_fa) = (exact_bounds(*pair, each) for pair in errors)
    scale = default if normalise else 1.0
    low = (miss_weight * low_miss + fa_weight * low_fa) / scale
    high = (miss_weight * high_miss + fa_weight * high_fa) / scale
    return low, min(high, default / scale) if minimum else high
