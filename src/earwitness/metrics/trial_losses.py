"""Figures that are the sum of two means: what each trial adds to them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earwitness.metrics.detection_cost import act_dcf, bayes_threshold, weights
from earwitness.metrics.llr_cost import cllr, log1pexp
from earwitness.metrics.staircase import Scores

MEANS = (act_dcf, cllr)
"""The figures that are the mean loss of targets plus the mean loss of nontargets."""


def trial_losses(
    figure: object, settings: dict[str, Any], target: Scores, nontarget: Scores
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One loss a trial, so that the figure is the sum of the means of both classes.

    Args:
        figure: `act_dcf` or `cllr`.
        settings: its keyword arguments.
        target: `(targets,)` natural-log likelihood ratios.
        nontarget: `(nontargets,)` natural-log likelihood ratios.

    Returns:
        `(targets,)` and `(nontargets,)` losses, at least 0.

    Example:
        >>> scores = np.array([2.0, 1]), np.array([0.0, -1])
        >>> bool(np.isclose(sum(part.mean() for part in trial_losses(cllr, {}, *scores)), cllr(*scores)))
        True
    """
    if figure is cllr:
        scale = 2 * math.log(2)
        return log1pexp(-target.astype(np.float64)) / scale, log1pexp(nontarget.astype(np.float64)) / scale
    costs = {"c_miss": 1.0, "c_fa": 1.0} | settings
    normalise = costs.pop("normalise", True)
    miss, alarm, default = weights(**costs)
    threshold = bayes_threshold(**costs)
    unit = default if normalise else 1.0
    return np.where(target < threshold, miss / unit, 0.0), np.where(nontarget >= threshold, alarm / unit, 0.0)
