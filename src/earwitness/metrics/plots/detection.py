"""Plots of a detection system: DET, Tippett, ECE, calibration and score histograms."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from earwitness.metrics.empirical_cross_entropy import ece_curve
from earwitness.metrics.equal_error import eer_of
from earwitness.metrics.plots.figure import NONTARGET, SOFT, TARGET, THIRD, Figure, Tick, even_ticks
from earwitness.metrics.staircase import Staircase
from earwitness.metrics.tippett_curve import tippett

Named = tuple[str, Staircase]
RATES = (0.0001, 0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99)


def det_plot(systems: list[Named], *, confidence: float = 0.95) -> str:
    """Detection error trade-off on probit axes, with a confidence band.

    The band joins exact binomial bounds of both rates, pointwise at each threshold.

    Args:
        systems: name and sorted scores of one or two systems.
        confidence: coverage of the band at each threshold.

    Returns:
        An SVG picture.

    Example:
        >>> det_plot([("mine", Staircase.of([1, 2, 3], [0, 1]))]).startswith("<svg")
        True
    """
    from scipy.special import betaincinv, ndtri

    fewest = min(min(len(s.target), len(s.nontarget)) for _, s in systems)
    low = max(RATES[0], 0.2 / fewest)
    edges = (low, min(0.95, 1 - low) if low < 0.3 else 0.9)
    ticks = [(rate, f"{100 * rate:g}") for rate in RATES if edges[0] <= rate <= edges[1]]
    figure = Figure(
        "Detection error trade-off",
        f"band: {100 * confidence:g} % at each threshold; dot: EER",
        "false alarms, %",
        "misses, %",
        edges,
        edges,
        ticks,
        ticks,
        x_scale=ndtri,
        y_scale=ndtri,
        size=(600, 600),
    )
    figure.curve(edges, edges, SOFT, dash="2 5", wide=1)
    tail = (1 - confidence) / 2
    for (name, stairs), colour in zip(systems, (TARGET, NONTARGET), strict=False):
        misses, alarms = _points(stairs)
        bounds = []
        for errors, trials in ((alarms, len(stairs.nontarget)), (misses, len(stairs.target))):
            with np.errstate(invalid="ignore"):
                lower = np.where(errors > 0, betaincinv(np.maximum(errors, 1), trials - errors + 1, tail), 0)
                right = np.maximum(trials - errors, 1)
                upper = np.where(errors < trials, betaincinv(errors + 1, right, 1 - tail), 1)
            bounds.append((lower, upper))
        figure.band(bounds[0][0], bounds[1][0], bounds[0][1], bounds[1][1], colour)
        x, y = alarms / len(stairs.nontarget), misses / len(stairs.target)
        rate = eer_of(stairs)
        figure.curve(x, y, colour, f"{name} EER {100 * rate:.2f} %".strip(), wide=2.2)
        figure.point(rate, rate, colour)
    return figure.svg()


def _points(stairs: Staircase) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Misses and false alarms at some 1500 thresholds that lie densely in both tails."""
    picked = []
    for scores in (stairs.target, stairs.nontarget):
        share = 1 / (1 + np.exp(-np.linspace(-14, 14, 750)))
        picked.append(scores[np.unique((share * (len(scores) - 1)).astype(np.int64))])
    thresholds = np.unique(np.concatenate(picked))
    misses = np.searchsorted(stairs.target, thresholds, side="left")
    alarms = len(stairs.nontarget) - np.searchsorted(stairs.nontarget, thresholds, side="left")
    return np.append(misses, len(stairs.target)), np.append(alarms, 0)


def histogram_plot(stairs: Staircase, names: tuple[str, str], axis: str = "score") -> str:
    """How the scores of both classes lie.

    Args:
        stairs: sorted scores.
        names: what targets and nontargets are called.
        axis: label of the score axis.

    Returns:
        An SVG picture.
    """
    low, high = _span(stairs)
    edges = np.linspace(low, high, 61)
    heights = [
        np.histogram(np.clip(part, low, high), edges)[0] / len(part)
        for part in (stairs.target, stairs.nontarget)
    ]
    top = max(float(max(part.max() for part in heights)), 1e-9) * 1.05
    figure = Figure(
        "Scores",
        f"{len(stairs.target):,} {names[0]}, {len(stairs.nontarget):,} {names[1]}; ends hold the rest",
        axis,
        "share of its class, %",
        (low, high),
        (0, top),
        even_ticks(low, high, 8),
        [(value, f"{100 * value:.4g}") for value, _ in even_ticks(0, top, 5)],
    )
    for part, colour, name in zip(reversed(heights), (NONTARGET, TARGET), reversed(names), strict=True):
        figure.bars(edges, part, colour, name)
    return figure.svg()


def tippett_plot(stairs: Staircase, names: tuple[str, str]) -> str:
    """Tippett plot of likelihood ratios in powers of ten."""
    low, high = (edge / math.log(10) for edge in _span(stairs))
    curves = tippett(stairs.target, stairs.nontarget, points=600) if _finite(stairs) else None
    wrong = float((stairs.target < 0).mean()), float((stairs.nontarget > 0).mean())
    figure = Figure(
        "Tippett plot",
        f"misleading: {100 * wrong[0]:.2f} % of {names[0]}, {100 * wrong[1]:.2f} % of {names[1]}",
        "log10 likelihood ratio",
        "trials with at least this ratio, %",
        (low, high),
        (0, 1),
        even_ticks(low, high, 8),
        _percent(),
    )
    figure.curve([0, 0], [0, 1], SOFT, dash="2 5", wide=1)
    if curves is None:
        curves = tippett(stairs.target, stairs.nontarget)
    ratios = curves.llr / math.log(10)
    figure.curve(ratios, curves.target, TARGET, names[0])
    figure.curve(ratios, curves.nontarget, NONTARGET, names[1])
    return figure.svg()


def ece_plot(stairs: Staircase) -> str:
    """Empirical cross entropy over the prior."""
    curve = ece_curve(_sketch(stairs.target), _sketch(stairs.nontarget))
    odds = curve.prior / math.log(10)
    seen = curve.observed[np.isfinite(curve.observed)]
    top = min(max(1.05, float(seen.max(initial=1)) * 1.05), 2.0)
    figure = Figure(
        "Empirical cross entropy",
        "above the grey curve the ratios do harm at that prior",
        "log10 prior odds",
        "bits still unknown",
        (-3, 3),
        (0, top),
        even_ticks(-3, 3, 7),
        even_ticks(0, top, 6),
    )
    figure.curve(odds, curve.neutral, SOFT, "saying nothing", dash="2 5", wide=1.4)
    figure.curve(odds, curve.calibrated, THIRD, "calibrated", dash="7 4")
    figure.curve(odds, curve.observed, TARGET, "as scored", wide=2.4)
    return figure.svg()


def calibration_plot(stairs: Staircase, *, cells: int = 20) -> str:
    """Whether a trial with a ratio of x comes x times as often from a target.

    Cells hold equally many trials. Whiskers are exact 95 % bounds.
    """
    from scipy.special import betaincinv

    parts = [part[np.isfinite(part)] for part in (stairs.target, stairs.nontarget)]
    finite = np.concatenate(parts)
    edges = np.unique(np.quantile(finite, np.linspace(0, 1, cells + 1))) if len(finite) else finite
    scale = math.log(len(stairs.nontarget) / len(stairs.target))
    rows = []
    for left, right in pairwise(edges):
        hit, false = (_between(part, left, right, right == edges[-1]) for part in parts)
        if not len(hit) + len(false):
            continue
        stated = float(np.concatenate([hit, false]).mean())
        bounds = [
            float(betaincinv(len(hit), len(false) + 1, 0.025)) if len(hit) else 0.0,
            len(hit) / (len(hit) + len(false)),
            float(betaincinv(len(hit) + 1, len(false), 0.975)) if len(false) else 1.0,
        ]
        with np.errstate(divide="ignore"):
            odds = np.log(bounds) - np.log1p(-np.asarray(bounds)) + scale
        rows.append([value / math.log(10) for value in (stated, *odds)])
    shown = [value for row in rows for value in row if math.isfinite(value)]
    low, high = max(min([*shown, -1.0]), -8.0), min(max([*shown, 1.0]), 8.0)
    ticks = even_ticks(low, high, 8)
    figure = Figure(
        "Calibration",
        "on the diagonal a ratio of x is seen x times as often for targets",
        "stated log10 likelihood ratio",
        "observed log10 likelihood ratio",
        (low, high),
        (low, high),
        ticks,
        ticks,
        size=(600, 600),
    )
    figure.curve([low, high], [low, high], SOFT, dash="2 5", wide=1)
    seen = [row for row in rows if math.isfinite(row[2])]
    for stated, lower, _, upper in rows:
        figure.whisker(stated, lower, upper, TARGET)
    if seen:
        figure.curve([row[0] for row in seen], [row[2] for row in seen], TARGET)
    for row in seen:
        figure.point(row[0], row[2], TARGET)
    return figure.svg()


def _between(scores: NDArray, left: float, right: float, final: bool) -> NDArray:
    stop = np.searchsorted(scores, right, side="right" if final else "left")
    return scores[np.searchsorted(scores, left, side="left") : stop]


def _sketch(scores: NDArray) -> NDArray:
    """At most 20,000 evenly spaced order statistics: the same curve to far less than a pixel."""
    if len(scores) <= 20_000:
        return scores
    return scores[((np.arange(20_000) + 0.5) / 20_000 * len(scores)).astype(np.int64)]


def _finite(stairs: Staircase) -> bool:
    return all(bool(np.isfinite(part[[0, -1]]).all()) for part in (stairs.target, stairs.nontarget))


def _span(stairs: Staircase) -> tuple[float, float]:
    """Range that holds all but a thousandth of each tail, and zero."""
    edges = []
    for part in (stairs.target, stairs.nontarget):
        finite = part[np.isfinite(part)]
        if len(finite):
            edges += [float(finite[int(q * (len(finite) - 1))]) for q in (0.001, 0.999)]
    low, high = min([*edges, 0.0]), max([*edges, 0.0])
    margin = 0.03 * (high - low) or 1.0
    return low - margin, high + margin


def _percent() -> list[Tick]:
    return [(at / 5, f"{20 * at}") for at in range(6)]
