"""Replicates and bounds that do not need the trials one by one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from earwitness.metrics.detection_cost import bayes_threshold, weights
from earwitness.metrics.isotonic import pooled_ends
from earwitness.metrics.llr_cost import block_cost, log1pexp
from earwitness.metrics.staircase import Scores, Staircase

DIRECT = 20_000_000
"""Resampled values that are drawn one by one before a normal distribution stands in."""
CELLS = 512
"""Score cells in which minimum Cllr is resampled."""


def resampled_act_dcf(
    target: Scores,
    nontarget: Scores,
    replicates: int,
    generator: np.random.Generator,
    *,
    p_target: float,
    c_miss: float = 1.0,
    c_fa: float = 1.0,
    normalise: bool = True,
) -> NDArray[np.float64]:
    """Actual detection cost of bootstrap replicates: the threshold stands still, errors are binomial.

    Example:
        >>> resampled_act_dcf(np.ones(5), -np.ones(5), 2, np.random.default_rng(0), p_target=0.5)
        array([0., 0.])
    """
    miss_weight, fa_weight, default = weights(p_target, c_miss, c_fa)
    threshold = bayes_threshold(p_target, c_miss, c_fa)
    rates = []
    for wrong in (target < threshold, nontarget >= threshold):
        rates.append(generator.binomial(len(wrong), float(wrong.mean()), size=replicates) / len(wrong))
    cost: NDArray[np.float64] = miss_weight * rates[0] + fa_weight * rates[1]
    return cost / default if normalise else cost


def resampled_cllr(
    target: Scores, nontarget: Scores, replicates: int, generator: np.random.Generator
) -> tuple[NDArray[np.float64], str]:
    """Cllr of bootstrap replicates, and how they were drawn.

    Cllr is the sum of two means.
    """
    scale = 2 * math.log(2)
    hit, false = log1pexp(-target.astype(np.float64)), log1pexp(nontarget.astype(np.float64))
    return resampled_means(hit / scale, false / scale, replicates, generator)


def resampled_means(
    target: NDArray[np.float64],
    nontarget: NDArray[np.float64],
    replicates: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.float64], str]:
    """Sum of the means of both classes in bootstrap replicates, and how they were drawn.

    A resampled mean of very many values is normal, so beyond `DIRECT` values it is drawn from its normal
    distribution.

    Args:
        target: `(targets,)` one finite value a trial.
        nontarget: `(nontargets,)` likewise.
        replicates: how many.
        generator: source of randomness.

    Example:
        >>> resampled_means(np.ones(3), np.ones(2), 2, np.random.default_rng(0))[0]
        array([2., 2.])
    """
    total, method = np.zeros(replicates), "percentile bootstrap"
    for values in (target, nontarget):
        n = len(values)
        if n * replicates <= DIRECT:
            rows = max(1, 2_000_000 // n)
            blocks = [min(rows, replicates - start) for start in range(0, replicates, rows)]
            total += np.concatenate([values[generator.integers(n, size=(b, n))].mean(axis=1) for b in blocks])
        else:
            total += generator.normal(values.mean(), values.std() / math.sqrt(n), size=replicates)
            method = "percentile bootstrap, means drawn as normal"
    return total, method


def resampled_min_cllr(
    stairs: Staircase, replicates: int, generator: np.random.Generator
) -> tuple[NDArray[np.float64], str]:
    """Minimum Cllr of bootstrap replicates over `CELLS` score cells, and how they were drawn.

    Cells hold about equal numbers of the smaller class, so that they are narrow where it lies.
    """
    smaller = min(stairs.target, stairs.nontarget, key=len)
    edges = np.unique(smaller[np.linspace(0, len(smaller) - 1, CELLS).astype(np.int64)])
    shares = []
    for scores in (stairs.target, stairs.nontarget):
        upto = np.concatenate([[0], np.searchsorted(scores, edges, side="left"), [len(scores)]])
        shares.append(np.diff(upto) / len(scores))
    drawn = np.empty(replicates)
    counts = [
        generator.multinomial(len(scores), share, size=replicates).astype(np.float64)
        for scores, share in zip((stairs.target, stairs.nontarget), shares, strict=True)
    ]
    for at in range(replicates):
        hit, false = counts[0][at], counts[1][at]
        there = hit + false > 0
        hit, false = hit[there], false[there]
        starts = np.concatenate([[0], pooled_ends(hit, false)[:-1]])
        drawn[at] = block_cost(np.add.reduceat(hit, starts), np.add.reduceat(false, starts))
    return drawn, f"percentile bootstrap over {CELLS} score cells"


def auc_bounds(stairs: Staircase, confidence: float) -> tuple[float, float]:
    """Interval of the area under the ROC from the variance of the placements.

    Args:
        stairs: sorted scores of both classes, at least two trials each.
        confidence: coverage, in (0, 1).

    Returns:
        Lower and upper end, formed on the logit scale so that they stay inside [0, 1].

    Reference:
        E. DeLong, D. DeLong and D. Clarke-Pearson, "Comparing the areas under two or more
        correlated receiver operating characteristic curves", 1988.

    Example:
        >>> low, high = auc_bounds(Staircase.of(np.arange(10, 110), np.arange(100)), 0.95)
        >>> round(low, 2), round(high, 2)
        (0.51, 0.67)
    """
    from scipy.special import ndtri

    m, n = len(stairs.target), len(stairs.nontarget)
    of_targets = (stairs.below + stairs.upto) / (2 * n)
    mirror = stairs.mirror
    of_nontargets = (mirror.below + mirror.upto) / (2 * m)
    area = float(of_targets.mean())
    spread = math.sqrt(of_targets.var(ddof=1) / m + of_nontargets.var(ddof=1) / n)
    if not 0 < area < 1:
        return area, area
    reach = float(ndtri(1 - (1 - confidence) / 2)) * spread / (area * (1 - area))
    centre = math.log(area / (1 - area))
    return 1 / (1 + math.exp(reach - centre)), 1 / (1 + math.exp(-reach - centre))
