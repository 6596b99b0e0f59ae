"""Empirical cross entropy: what the evidence leaves unknown, at every prior."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.metrics.isotonic import pool_adjacent_violators
from earwitness.metrics.llr_cost import log1pexp
from earwitness.metrics.staircase import Staircase, checked


class EceCurve(NamedTuple):
    """Empirical cross entropy in bits over prior log-odds.

    Args:
        prior: `(points,)` natural-log prior odds of a target.
        observed: `(points,)` of the likelihood ratios as they are.
        calibrated: `(points,)` after calibration by PAV; the gap is what calibration could gain.
        neutral: `(points,)` of saying nothing (likelihood ratio 1).
    """

    prior: NDArray[np.float64]
    observed: NDArray[np.float64]
    calibrated: NDArray[np.float64]
    neutral: NDArray[np.float64]


def ece_curve(target: ArrayLike, nontarget: ArrayLike, *, prior: ArrayLike | None = None) -> EceCurve:
    """Empirical cross entropy of likelihood ratios over a range of priors.

    Args:
        target: `(targets,)` natural-log likelihood ratios.
        nontarget: `(nontargets,)` natural-log likelihood ratios.
        prior: `(points,)` natural-log prior odds; 61 from 1/1000 to 1000 when `None`.

    Returns:
        Curves in bits; at prior odds of 1 `observed` is Cllr and `calibrated` is minimum Cllr.

    Raises:
        BadInput: when a class is empty or holds NaN.

    Reference:
        D. Ramos and J. Gonzalez-Rodriguez, "Reliable support: measuring calibration of likelihood
        ratios", 2013, eq. 9.

    Example:
        >>> ece_curve([2, 1, 0.5, -0.5], [-2, -1, 0, 0.8], prior=[0]).observed.round(6)
        array([0.756113])
    """
    left = checked(target, "target scores").astype(np.float64)
    right = checked(nontarget, "nontarget scores").astype(np.float64)
    odds = np.linspace(-math.log(1000), math.log(1000), 61) if prior is None else np.asarray(prior, float)
    blocks = pool_adjacent_violators(Staircase.of(left, right))
    with np.errstate(divide="ignore"):
        best = np.log(blocks.targets / len(left)) - np.log(blocks.nontargets / len(right))
    share = blocks.targets / len(left), blocks.nontargets / len(right)
    observed, calibrated = np.empty(len(odds)), np.empty(len(odds))
    for at, shift in enumerate(odds):
        p = 1 / (1 + math.exp(-shift))
        hit, false = log1pexp(-left - shift), log1pexp(right + shift)
        observed[at] = (p * hit.mean() + (1 - p) * false.mean()) / math.log(2)
        hit, false = (
            np.where(part > 0, log1pexp(sign * (best + shift)), 0.0) @ part
            for sign, part in zip((-1, 1), share, strict=True)
        )
        calibrated[at] = (p * hit + (1 - p) * false) / math.log(2)
    p = 1 / (1 + np.exp(-odds))
    neutral = (p * log1pexp(-odds) + (1 - p) * log1pexp(odds)) / math.log(2)
    return EceCurve(odds, observed, calibrated, neutral)
