"""Detection cost: what errors cost at a stated prior, at the best or at the Bayes threshold."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from earwitness.errors import BadInput
from earwitness.metrics.staircase import Staircase, checked


def min_dcf(
    target: ArrayLike,
    nontarget: ArrayLike,
    *,
    p_target: float,
    c_miss: float = 1.0,
    c_fa: float = 1.0,
    normalise: bool = True,
) -> float:
    """Detection cost at the threshold that is best in hindsight.

    Args:
        target: `(targets,)` scores; higher = more target.
        nontarget: `(nontargets,)` scores.
        p_target: prior probability of a target, in (0, 1).
        c_miss: cost of rejecting a target.
        c_fa: cost of accepting a nontarget.
        normalise: divide by the cost of the better of "accept all" and "reject all".

    Returns:
        Cost, at least 0; normalised it is at most 1.

    Raises:
        BadInput: when a class is empty or holds NaN, or prior or costs are out of range.

    Reference:
        NIST SRE evaluation plans; ASVspoof 5 evaluation plan, track 1 (p_target 0.95, c_fa 10).

    Example:
        >>> min_dcf([2, 1, 0.5, -0.5], [-2, -1, 0, 0.8], p_target=0.5)
        0.5
    """
    return min_dcf_of(Staircase.of(target, nontarget), p_target, c_miss, c_fa, normalise=normalise)


def min_dcf_of(
    stairs: Staircase, p_target: float, c_miss: float, c_fa: float, *, normalise: bool = True
) -> float:
    """Minimum detection cost of scores that are already sorted; see `min_dcf`."""
    miss_weight, fa_weight, default = weights(p_target, c_miss, c_fa)
    # "Accept all" and "reject all" are always to be had; summing eleven elevenths may round above them.
    best = min(lowest_cost(stairs, miss_weight, fa_weight), default)
    return best / default if normalise else best


def lowest_cost(stairs: Staircase, miss_weight: float, fa_weight: float) -> float:
    """The least of `miss_weight * miss rate + fa_weight * false-alarm rate` over all thresholds.

    Args:
        stairs: sorted scores of both classes.
        miss_weight: cost of a miss rate of 1, at least 0.
        fa_weight: cost of a false-alarm rate of 1, at least 0.

    Example:
        >>> lowest_cost(Staircase.of([2, 1, 0.5, -0.5], [-2, -1, 0, 0.8]), 1, 1)
        0.5
    """
    if len(stairs.target) > len(stairs.nontarget):  # look the smaller class up in the larger
        stairs, miss_weight, fa_weight = stairs.mirror, fa_weight, miss_weight
    # Raising a threshold up to the next target score costs nothing, so some target score (or
    # "reject all") is best. Of tied targets only the first has the right number of misses; the
    # others count too many and cannot be chosen wrongly.
    targets, nontargets = len(stairs.target), len(stairs.nontarget)
    cost = np.arange(targets) * (miss_weight / targets)
    cost += (nontargets - stairs.below) * (fa_weight / nontargets)
    return min(float(cost.min()), miss_weight)


def act_dcf(
    target: ArrayLike,
    nontarget: ArrayLike,
    *,
    p_target: float,
    c_miss: float = 1.0,
    c_fa: float = 1.0,
    normalise: bool = True,
) -> float:
    """Detection cost when the scores are believed: decisions at the Bayes threshold.

    Args:
        target: `(targets,)` natural-log likelihood ratios of target trials.
        nontarget: `(nontargets,)` natural-log likelihood ratios of nontarget trials.
        p_target: prior probability of a target, in (0, 1).
        c_miss: cost of rejecting a target.
        c_fa: cost of accepting a nontarget.
        normalise: divide by the cost of the better of "accept all" and "reject all".

    Returns:
        Cost, at least 0; normalised above 1 means: better not to look at the scores.

    Raises:
        BadInput: when a class is empty or holds NaN, or prior or costs are out of range.

    Reference:
        N. Brümmer and J. du Preez, "Application-independent evaluation of speaker detection", 2006.

    Example:
        >>> act_dcf([2, 1, 0.5, -0.5], [-2, -1, 0, 0.8], p_target=0.5)
        0.75
    """
    miss_weight, fa_weight, default = weights(p_target, c_miss, c_fa)
    threshold = bayes_threshold(p_target, c_miss, c_fa)
    miss = float(np.mean(checked(target, "target scores") < threshold))
    false_alarm = float(np.mean(checked(nontarget, "nontarget scores") >= threshold))
    cost = miss_weight * miss + fa_weight * false_alarm
    return cost / default if normalise else cost


def bayes_threshold(p_target: float, c_miss: float = 1.0, c_fa: float = 1.0) -> float:
    """The natural-log likelihood ratio at and above which accepting is cheaper.

    Args:
        p_target: prior probability of a target, in (0, 1).
        c_miss: cost of rejecting a target.
        c_fa: cost of accepting a nontarget.

    Returns:
        Threshold in natural-log likelihood ratio.

    Raises:
        BadInput: when prior or costs are out of range.

    Example:
        >>> bayes_threshold(0.5)
        0.0
    """
    miss_weight, fa_weight, _ = weights(p_target, c_miss, c_fa)
    return math.log(fa_weight) - math.log(miss_weight)


def weights(p_target: float, c_miss: float, c_fa: float) -> tuple[float, float, float]:
    """What a miss rate of 1, a false-alarm rate of 1, and the better of the two cost.

    Raises:
        BadInput: when the prior is not in (0, 1) or a cost is not positive and finite.

    Example:
        >>> weights(0.5, 1, 10)
        (0.5, 5.0, 0.5)
    """
    if not 0 < p_target < 1:
        raise BadInput(f"must lie between 0 and 1, got {p_target}", where="p_target")
    for name, cost in (("c_miss", c_miss), ("c_fa", c_fa)):
        if not (cost > 0 and math.isfinite(cost)):
            raise BadInput(f"must be positive and finite, got {cost}", where=name)
    miss_weight, fa_weight = c_miss * p_target, c_fa * (1 - p_target)
    return miss_weight, fa_weight, min(miss_weight, fa_weight)
