"""Cost of log-likelihood ratios: how good the numbers are, and how good they could be."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.metrics.isotonic import pool_adjacent_violators
from earwitness.metrics.staircase import Staircase, checked


def cllr(target: ArrayLike, nontarget: ArrayLike) -> float:
    """Cost of the log-likelihood ratios, averaged over all priors, in bits.

    Args:
        target: `(targets,)` natural-log likelihood ratios of target trials.
        nontarget: `(nontargets,)` natural-log likelihood ratios of nontarget trials.

    Returns:
        At least 0; 1 = as good as saying nothing; infinite when a trial was wrong with certainty.

    Raises:
        BadInput: when a class is empty or holds NaN.

    Reference:
        N. Brümmer and J. du Preez, "Application-independent evaluation of speaker detection",
        2006, eq. 17.

    Example:
        >>> round(cllr([2, 1, 0.5, -0.5], [-2, -1, 0, 0.8]), 6)
        0.756113
    """
    hit = log1pexp(-checked(target, "target scores").astype(np.float64, copy=False))
    false = log1pexp(checked(nontarget, "nontarget scores").astype(np.float64, copy=False))
    return float((hit.mean() + false.mean()) / (2 * math.log(2)))


def min_cllr(target: ArrayLike, nontarget: ArrayLike) -> float:
    """Cost that would be left if the scores were calibrated perfectly, in bits.

    Args:
        target: `(targets,)` scores of any scale; higher = more target.
        nontarget: `(nontargets,)` scores.

    Returns:
        In [0, 1], and never above `cllr` of the same scores.

    Raises:
        BadInput: when a class is empty or holds NaN.

    Reference:
        N. Brümmer and J. du Preez, "Application-independent evaluation of speaker detection",
        2006, section 5.

    Example:
        >>> round(min_cllr([2, 1, 0.5, -0.5], [-2, -1, 0, 0.8]), 6)
        0.5
    """
    return min_cllr_of(Staircase.of(target, nontarget))


def min_cllr_of(stairs: Staircase) -> float:
    """Minimum Cllr of scores that are already sorted; see `min_cllr`."""
    blocks = pool_adjacent_violators(stairs)
    return block_cost(blocks.targets, blocks.nontargets)


def block_cost(targets: NDArray[np.float64], nontargets: NDArray[np.float64]) -> float:
    """Cllr, in bits, when every block of trials gets the likelihood ratio of its own counts.

    Args:
        targets: `(blocks,)` weight of targets in each block.
        nontargets: `(blocks,)` weight of nontargets in each block.

    Returns:
        Bits, in [0, 1].

    Example:
        >>> block_cost(np.array([1.0, 1.0]), np.array([1.0, 1.0]))
        1.0
    """
    hit, false = targets / targets.sum(), nontargets / nontargets.sum()
    mixed = (hit > 0) & (false > 0)  # a pure block is certain and right: it costs nothing
    hit, false = hit[mixed], false[mixed]
    bits = hit @ np.log2(1 + false / hit) + false @ np.log2(1 + hit / false)
    return float(bits / 2)


def log1pexp(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """`log(1 + exp(x))` without overflow; infinities give infinity and 0.

    Example:
        >>> log1pexp(np.array([-np.inf, 0.0, 1000.0])).round(4)
        array([0.000e+00, 6.931e-01, 1.000e+03])
    """
    result: NDArray[np.float64] = np.logaddexp(0.0, values)
    return result
