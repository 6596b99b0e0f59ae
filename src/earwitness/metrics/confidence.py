"""Confidence intervals of detection figures."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.errors import BadInput
from earwitness.metrics.clustered_eer import clustered_eer
from earwitness.metrics.clusters import Clusters
from earwitness.metrics.detection_cost import act_dcf, min_dcf
from earwitness.metrics.equal_error import eer, eer_of
from earwitness.metrics.few_errors import FEW, cost_bounds, eer_bounds
from earwitness.metrics.large_samples import auc_bounds, resampled_act_dcf, resampled_cllr, resampled_min_cllr
from earwitness.metrics.llr_cost import cllr, min_cllr
from earwitness.metrics.operating_curve import roc_auc
from earwitness.metrics.resampled_cost import resampled_min_dcf
from earwitness.metrics.resampled_eer import resampled_eer
from earwitness.metrics.staircase import Scores, Staircase, checked
from earwitness.metrics.trial_losses import MEANS, trial_losses

Metric = Callable[..., float]
NAMES: dict[str, Metric] = {
    "eer": eer,
    "roc_auc": roc_auc,
    "cllr": cllr,
    "min_cllr": min_cllr,
    "min_dcf": min_dcf,
    "act_dcf": act_dcf,
}
WORTH_RESAMPLING = 20_000
"""Above this many trials AUC and minimum Cllr are not resampled trial by trial."""


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A figure and how sure of it one can be.

    Args:
        value: the figure on all trials.
        low: lower end of the interval.
        high: upper end of the interval.
        confidence: how often such an interval holds the true figure, in (0, 1).
        n: trials, both classes together.
        method: how the interval was found.
        notes: what a reader must know before believing it.
    """

    value: float
    low: float
    high: float
    confidence: float
    n: int
    method: str
    notes: tuple[str, ...] = ()


def interval(
    metric: Metric | str,
    target: ArrayLike,
    nontarget: ArrayLike,
    *,
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
    clusters: tuple[ArrayLike | None, ArrayLike | None] | None = None,
) -> Interval:
    """A figure with its percentile bootstrap interval, stratified by class or clustered.

    EER, minimum and actual DCF are exact in distribution at any size and cost little. With fewer
    than about ten errors on a side resampling is falsely certain ([0, 0]); exact binomial bounds
    stand there instead.

    Args:
        metric: a function of (target, nontarget), with settings bound by `functools.partial`, or one of
            the names in `NAMES`. Any function works; those of this room are fast.
        target: `(targets,)` scores; higher = more target.
        nontarget: `(nontargets,)` scores.
        confidence: coverage, in (0, 1).
        replicates: bootstrap replicates.
        seed: the same seed gives the same interval.
        clusters: cluster names (speaker, source, attack) of each target and each nontarget trial; whole
            clusters are drawn. `None` for a side: its trials stand for themselves.

    Returns:
        The figure with its interval.

    Raises:
        BadInput: when a class is empty or holds NaN, or a setting is out of range.

    Reference:
        B. Efron and R. Tibshirani, "An introduction to the bootstrap", 1993, chapter 13.

    Example:
        >>> found = interval("eer", [2, 1, 0.5, -0.5], [-2, -1, 0, 0.8])
        >>> found.value, found.method
        (0.25, 'exact binomial')
    """
    function = named(metric)
    check_settings(confidence, replicates)
    left, right = checked(target, "target scores"), checked(nontarget, "nontarget scores")
    value = float(function(left, right))
    generator = np.random.default_rng(seed)
    inner, settings = unwrapped(function)
    notes: list[str] = []
    groups = None
    if clusters is not None:
        groups = Clusters.of(clusters, len(left), len(right))
        if (few := groups.named(clusters)) < FEW:
            notes.append(f"only {few} clusters: the interval is not to be relied on")
    bounds, method = None, ""
    if not math.isfinite(value):
        notes.append("the figure is not finite: a trial was wrong with certainty")
        bounds, method = (value, value), "none"
    elif inner is eer:
        bounds, method = eer_bounds(value, len(left), len(right), confidence), "exact binomial"
    elif inner in (min_dcf, act_dcf):
        bounds, method = cost_bounds(inner is min_dcf, left, right, confidence, **settings), "exact binomial"
    if bounds is not None and method == "exact binomial":
        notes.append(f"fewer than {FEW} errors on a side: exact bounds, trials taken as independent")
    if groups is not None and method != "none":
        drawn = _clustered(function, inner, settings, left, right, groups, replicates, generator)
        ends = percentiles(drawn, confidence)
        if bounds is None:
            bounds, method = ends, "percentile bootstrap, clustered"
        else:  # exact bounds know nothing of clusters, the bootstrap little of rare errors: the wider end
            bounds = min(bounds[0], ends[0]), max(bounds[1], ends[1])
            method = "exact binomial, widened by clusters"
    elif (
        bounds is None
        and inner is roc_auc
        and min(len(left), len(right)) > 1
        and len(left) + len(right) > WORTH_RESAMPLING
    ):
        bounds, method = auc_bounds(Staircase.of(left, right), confidence), "DeLong, on the logit scale"
    elif bounds is None:
        drawn, method = _stratified(function, inner, settings, left, right, replicates, generator)
        bounds = percentiles(drawn, confidence)
    if inner in (roc_auc, min_cllr, cllr) and (
        few_errors := eer_bounds(eer_of(Staircase.of(left, right)), len(left), len(right), confidence)
    ):
        bounds = _widened(inner, bounds, few_errors[1], notes)
    return Interval(
        value=value,
        low=float(min(bounds[0], value)),
        high=float(max(bounds[1], value)),
        confidence=confidence,
        n=len(left) + len(right),
        method=method,
        notes=tuple(notes),
    )


def named(metric: Metric | str) -> Metric:
    """The function that a metric's name stands for.

    Raises:
        BadInput: when there is no metric of that name.
    """
    if not isinstance(metric, str):
        return metric
    if metric not in NAMES:
        raise BadInput(f"unknown metric {metric!r}; known: {', '.join(NAMES)}")
    return NAMES[metric]


def unwrapped(metric: Metric) -> tuple[Metric, dict[str, Any]]:
    """The function inside a `functools.partial`, and its settings."""
    if isinstance(metric, partial) and not metric.args:
        return metric.func, dict(metric.keywords)
    return metric, {}


def check_settings(confidence: float, replicates: int) -> None:
    """Refuse a confidence or a number of replicates that makes no sense."""
    if not 0 < confidence < 1:
        raise BadInput(f"must lie between 0 and 1, got {confidence}", where="confidence")
    if replicates < 2:
        raise BadInput(f"must be at least 2, got {replicates}", where="replicates")


def percentiles(drawn: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Ends of the percentile interval of bootstrap replicates `(replicates,)`."""
    tail = (1 - confidence) / 2
    how = "linear" if np.isfinite(drawn).all() else "nearest"
    low, high = np.quantile(drawn, [tail, 1 - tail], method=how)  # type: ignore[call-overload]
    return float(low), float(high)


def _widened(
    inner: Metric, bounds: tuple[float, float], worst: float, notes: list[str]
) -> tuple[float, float]:
    """Where resampling is falsely certain: what the exact bound of the EER allows."""
    worst = min(worst, 0.5)
    if inner is cllr:
        notes.append(f"fewer than {FEW} errors on a side: resampling may be too certain")
        return bounds
    notes.append(f"fewer than {FEW} errors on a side: widened by the exact bound of the EER")
    if inner is roc_auc:  # a ROC through (e, 1 - e) has at least the area (1 - e)^2
        return min(bounds[0], (1 - worst) ** 2), bounds[1]
    entropy = -worst * math.log2(worst) - (1 - worst) * math.log2(1 - worst) if 0 < worst < 1 else 0.0
    return bounds[0], max(bounds[1], entropy)


def _stratified(
    function: Metric,
    inner: Metric,
    settings: dict[str, Any],
    left: Scores,
    right: Scores,
    replicates: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.float64], str]:
    method = "percentile bootstrap"
    if inner is eer:
        return resampled_eer(Staircase.of(left, right), replicates, generator), method
    if inner is min_dcf:
        return resampled_min_dcf(Staircase.of(left, right), replicates, generator, **settings), method
    if inner is act_dcf:
        return resampled_act_dcf(left, right, replicates, generator, **settings), method
    if inner is cllr:
        return resampled_cllr(left, right, replicates, generator)
    if inner is min_cllr and len(left) + len(right) > WORTH_RESAMPLING:
        return resampled_min_cllr(Staircase.of(left, right), replicates, generator)
    drawn = np.empty(replicates)
    for at in range(replicates):
        drawn[at] = function(
            left[generator.integers(len(left), size=len(left))],
            right[generator.integers(len(right), size=len(right))],
        )
    return drawn, method


def _clustered(
    function: Metric,
    inner: Metric,
    settings: dict[str, Any],
    left: Scores,
    right: Scores,
    groups: Clusters,
    replicates: int,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    if inner is eer:
        return clustered_eer(left, right, groups, replicates, generator)
    if inner in MEANS:
        losses = groups.totals(*trial_losses(inner, settings, left, right))
        trials = groups.totals(np.ones(len(left)), np.ones(len(right)))
        drawn = groups.draw(replicates, generator)
        return np.asarray(((drawn @ losses.T) / (drawn @ trials.T)).sum(axis=1))
    counts = groups.draw(replicates, generator).astype(np.int64)
    drawn = np.empty(replicates)
    for at in range(replicates):
        drawn[at] = function(
            np.repeat(left, counts[at, groups.target]), np.repeat(right, counts[at, groups.nontarget])
        )
    return drawn
