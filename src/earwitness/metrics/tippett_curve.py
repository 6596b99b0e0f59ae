"""Tippett curves: how often each class gets a likelihood ratio above a given one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.metrics.staircase import checked


class Tippett(NamedTuple):
    """Both curves on one axis.

    Args:
        llr: `(points,)` natural-log likelihood ratios, ascending.
        target: `(points,)` fraction of targets at or above.
        nontarget: `(points,)` fraction of nontargets at or above.
    """

    llr: NDArray[np.float64]
    target: NDArray[np.float64]
    nontarget: NDArray[np.float64]


def tippett(target: ArrayLike, nontarget: ArrayLike, *, points: int | None = None) -> Tippett:
    """Fractions of both classes whose likelihood ratio is at least as large, for every ratio.

    Args:
        target: `(targets,)` natural-log likelihood ratios.
        nontarget: `(nontargets,)` natural-log likelihood ratios.
        points: evenly spaced ratios in place of every one that occurs; finite scores only.

    Returns:
        Curves that fall from 1; at 0 they show how often evidence points the wrong way.

    Raises:
        BadInput: when a class is empty or holds NaN.

    Reference:
        D. Meuwly and A. Drygajlo, "Forensic speaker recognition based on a Bayesian framework and
        Gaussian mixture modelling", 2001.

    Example:
        >>> tippett([2, 1], [0, 1]).nontarget
        array([1. , 0.5, 0. ])
    """
    left = np.sort(checked(target, "target scores").astype(np.float64))
    right = np.sort(checked(nontarget, "nontarget scores").astype(np.float64))
    if points is None:
        llr = np.unique(np.concatenate([left, right]))
    else:
        finite = [edge for part in (left, right) for edge in part[np.isfinite(part)][[0, -1]]]
        llr = np.linspace(min(finite), max(finite), points)
    above = [(len(part) - np.searchsorted(part, llr, side="left")) / len(part) for part in (left, right)]
    return Tippett(llr, above[0], above[1])
