"""Intervals of numbers on families never heard: residuals of inner rounds, coverage on outer ones."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from earwitness.errors import BadInput
from earwitness.systems.nearest_class import Numbers, Space

ENDS = (0.05, 0.95)
FEWEST = 20
"""Rows that a model of an inner round needs; with fewer the round is left out."""


class Residuals(msgspec.Struct, frozen=True, kw_only=True):
    """How far numbers lay from what was said, in octaves, of rows whose family was not trained on.

    Args:
        family: (n,).
        truth: (n,) log2.
        said: (n,) log2.
    """

    family: NDArray[np.str_]
    truth: NDArray[np.float64]
    said: NDArray[np.float64]


class NumberFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What nested rounds found of one number; every family counts alike.

    Args:
        coverage: share of held-back families' recordings whose interval holds the truth, 0 to 1.
        low: lower end of its 95 % interval, families drawn whole.
        high: upper end.
        by_family: family -> coverage.
        error: mean error in octaves.
        error_of_mean: the same of always saying the training rows' mean.
        width: of the interval that ships, in octaves.
        width_of_mean: of the interval around the mean, without having heard anything.
        shown: whether it is told: coverage at least 0.85, an interval a fifth narrower than unheard.
    """

    coverage: float
    low: float
    high: float
    by_family: dict[str, float]
    error: float
    error_of_mean: float
    width: float
    width_of_mean: float
    shown: bool


def families_left_out(
    values: NDArray[np.floating], truth: NDArray[np.floating], families: NDArray[np.str_],
    folds: NDArray[np.int64],
) -> Residuals:  # fmt: skip
    """Say a number of every family by a model that heard neither it nor the speakers of the fold.

    Args:
        values: (rows, dimension).
        truth: (rows,) above 0.
        families: (rows,).
        folds: (rows,) fold of each row's speaker.
    """
    found: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
    for name in np.unique(families):
        for fold in np.unique(folds):
            test = np.flatnonzero((families == name) & (folds == fold))
            train = (families != name) & (folds != fold)
            if len(test) and train.sum() >= FEWEST:
                found.append((test, fitted(values[train], truth[train], families[train]).logs(values[test])))
    if not found:
        raise BadInput(f"too few rows: every round needs {FEWEST} of other families", where="numbers")
    rows = np.concatenate([one for one, _ in found])
    said = np.concatenate([one for _, one in found])
    return Residuals(family=families[rows], truth=np.log2(truth[rows]), said=said)


def fitted(values: NDArray[np.floating], truth: NDArray[np.floating], families: NDArray[np.str_]) -> Numbers:
    """A number by ridge regression, every family counting alike."""
    return Numbers.fit(Space.fit(values, 256), values, truth, family_weights(families))


def family_weights(families: NDArray[np.str_]) -> NDArray[np.float64]:
    """Weights with which every family has the same sum.

    Example:
        >>> family_weights(np.array(["a", "a", "b"])).tolist()
        [0.5, 0.5, 1.0]
    """
    _, number, count = np.unique(families, return_inverse=True, return_counts=True)
    return 1 / count[number]


def interval(found: Residuals) -> tuple[float, float]:
    """Ends of the 90 % interval in octaves from what is said, every family counting alike."""
    low, high = weighted_quantiles(found.truth - found.said, family_weights(found.family), ENDS)
    return min(low, 0.0), max(high, 0.0)


def weighted_quantiles(
    values: NDArray[np.floating], weights: NDArray[np.floating], shares: Sequence[float]
) -> tuple[float, ...]:
    """Smallest values that reach each share of the weight.

    Example:
        >>> weighted_quantiles(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), (0.25, 0.9))
        (1.0, 3.0)
    """
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    places = np.searchsorted(reached, np.asarray(shares) - 1e-12).clip(max=len(values) - 1)
    return tuple(float(one) for one in values[order][places])


def nested_numbers(
    values: NDArray[np.floating], truth: NDArray[np.floating], families: NDArray[np.str_],
    folds: NDArray[np.int64], *, seed: int = 0,
) -> tuple[NumberFigures, tuple[float, float]]:  # fmt: skip
    """Coverage on each family of an interval that the other families alone have fitted.

    Args:
        values: (rows, dimension).
        truth: (rows,) above 0.
        families: (rows,), three or more.
        folds: (rows,) fold of each row's speaker.
        seed: of the bootstrap.

    Returns:
        The figures, and the interval that ships: by the outer rounds' residuals together.
    """
    outer = families_left_out(values, truth, families, folds)
    covered: dict[str, float] = {}
    for name in np.unique(outer.family).tolist():
        rest = families != name
        below, above = interval(families_left_out(values[rest], truth[rest], families[rest], folds[rest]))
        away = (outer.truth - outer.said)[outer.family == name]
        covered[name] = float(((away >= below - 1e-9) & (away <= above + 1e-9)).mean())
    each = np.array(list(covered.values()))
    drawn = np.random.default_rng(seed).choice(each, (2000, len(each))).mean(axis=1)
    weight = family_weights(outer.family)
    logs = np.log2(truth)
    mean = float(np.average(logs, weights=family_weights(families)))
    plain = weighted_quantiles(logs, family_weights(families), ENDS)
    below, above = interval(outer)
    coverage, width, width_of_mean = float(each.mean()), above - below, plain[1] - plain[0]
    figures = NumberFigures(
        coverage=coverage, low=float(np.quantile(drawn, 0.025)), high=float(np.quantile(drawn, 0.975)),
        by_family=covered, error=float(np.average(np.abs(outer.truth - outer.said), weights=weight)),
        error_of_mean=float(np.average(np.abs(outer.truth - mean), weights=weight)),
        width=width, width_of_mean=width_of_mean, shown=coverage >= 0.85 and width <= 0.8 * width_of_mean,
    )  # fmt: skip
    return figures, (below, above)
