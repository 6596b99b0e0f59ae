"""Detection error trade-off and the area under the receiver operating characteristic."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.metrics.staircase import Staircase


class DetCurve(NamedTuple):
    """Operating points in ascending order of threshold.

    Args:
        threshold: `(points,)`; accept at or above. The last is infinite: nothing is accepted.
        false_alarm: `(points,)` fraction of nontargets accepted, falling from 1 to 0.
        miss: `(points,)` fraction of targets rejected, rising from 0 to 1.
    """

    threshold: NDArray[np.float64]
    false_alarm: NDArray[np.float64]
    miss: NDArray[np.float64]


def det_curve(target: ArrayLike, nontarget: ArrayLike) -> DetCurve:
    """Miss against false-alarm rate at every threshold that makes a difference.

    Args:
        target: `(targets,)` scores; higher = more target.
        nontarget: `(nontargets,)` scores.

    Returns:
        One point for each distinct score and one for "accept nothing".

    Raises:
        BadInput: when a class is empty or holds NaN.

    Reference:
        A. Martin et al., "The DET curve in assessment of detection task performance", 1997.

    Example:
        >>> det_curve([1, 2], [0, 1]).miss
        array([0. , 0. , 0.5, 1. ])
    """
    return det_curve_of(Staircase.of(target, nontarget))


def det_curve_of(stairs: Staircase) -> DetCurve:
    """Detection error trade-off of scores that are already sorted; see `det_curve`."""
    targets, nontargets = stairs.steps
    miss = np.concatenate([[0], np.cumsum(targets)]) / len(stairs.target)
    rejected = np.concatenate([[0], np.cumsum(nontargets)])
    false_alarm = (len(stairs.nontarget) - rejected) / len(stairs.nontarget)
    return DetCurve(np.append(stairs.thresholds.astype(np.float64), np.inf), false_alarm, miss)


def roc_auc(target: ArrayLike, nontarget: ArrayLike) -> float:
    """Area under the ROC: how often a target scores above a nontarget, ties counting half.

    Args:
        target: `(targets,)` scores; higher = more target.
        nontarget: `(nontargets,)` scores.

    Returns:
        A fraction in [0, 1]; 1 = separated, 0.5 = chance.

    Raises:
        BadInput: when a class is empty or holds NaN.

    Reference:
        H. Mann and D. Whitney, "On a test of whether one of two random variables is
        stochastically larger than the other", 1947.

    Example:
        >>> roc_auc([2, 1], [0, 1])
        0.875
    """
    return roc_auc_of(Staircase.of(target, nontarget))


def roc_auc_of(stairs: Staircase) -> float:
    """Area under the ROC of scores that are already sorted; see `roc_auc`."""
    if len(stairs.target) > len(stairs.nontarget):
        stairs = stairs.mirror  # look the smaller class up in the larger
    twice = int(stairs.below.sum(dtype=np.int64)) + int(stairs.upto.sum(dtype=np.int64))
    return twice / (2 * len(stairs.target) * len(stairs.nontarget))
