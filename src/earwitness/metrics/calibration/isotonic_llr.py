"""Calibration by pooling adjacent violators: any non-decreasing map."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from earwitness.errors import BadInput
from earwitness.metrics.calibration.fitted import SAME_DATA, Calibrated, FittedOn, fitted_on
from earwitness.metrics.isotonic import pool_adjacent_violators
from earwitness.metrics.staircase import Staircase, checked


class Isotonic(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="pav"):
    """A staircase from scores to natural-log likelihood ratios, linear between its steps.

    Args:
        scores: corners of the map, ascending.
        llrs: natural-log likelihood ratio at each corner, never falling.
        fitted_on: the training data.
    """

    scores: tuple[float, ...]
    llrs: tuple[float, ...]
    fitted_on: FittedOn

    def apply(self, scores: ArrayLike) -> Calibrated:
        """Natural-log likelihood ratios of scores `(trials,)`; constant beyond the training scores."""
        raw = checked(scores, "scores").astype(np.float64)
        notes = (SAME_DATA,) if self.fitted_on.same(raw[:, None]) else ()
        return Calibrated(np.interp(raw, self.scores, self.llrs), notes)


def pav(target: ArrayLike, nontarget: ArrayLike, *, name: str = "") -> Isotonic:
    """Fit a non-decreasing map from scores to natural-log likelihood ratios.

    One virtual trial of each class at either end (Laplace's rule of succession) keeps the ratios
    finite: no amount of training data makes a detector infallible.

    Args:
        target: `(targets,)` scores; higher = more target.
        nontarget: `(nontargets,)` scores.
        name: what the training data are called.

    Returns:
        The calibrator; it says on what it was fitted.

    Raises:
        BadInput: when a class is empty or holds NaN or infinities.

    Reference:
        N. Brümmer and J. du Preez, "The PAV algorithm optimizes binary proper scoring rules", 2013.

    Example:
        >>> pav([1, 3], [-1, 2]).apply([-5, 1.5, 9]).llrs.round(3)
        array([-0.693,  0.   ,  0.693])
    """
    left = checked(target, "target scores").astype(np.float64)
    right = checked(nontarget, "nontarget scores").astype(np.float64)
    for side, scores in (("target scores", left), ("nontarget scores", right)):
        if not np.isfinite(scores).all():
            raise BadInput("hold infinite values; calibration needs finite ones", where=side)
    ends = np.array([-np.inf, np.inf])
    blocks = pool_adjacent_violators(
        Staircase.of(np.concatenate([left, ends]), np.concatenate([right, ends]))
    )
    ratio = np.log(blocks.targets / blocks.nontargets) - np.log((len(left) + 2) / (len(right) + 2))
    low, high = min(left.min(), right.min()), max(left.max(), right.max())
    corners = np.clip(np.column_stack([blocks.first, blocks.last]), low, high).ravel()
    values = np.repeat(ratio, 2)
    # A block of one score has two equal corners; one is enough.
    keep = np.concatenate([[True], (np.diff(corners) > 0) | (np.diff(values) > 0)])
    return Isotonic(
        scores=tuple(corners[keep].tolist()),
        llrs=tuple(values[keep].tolist()),
        fitted_on=fitted_on(name, left[:, None], right[:, None]),
    )
