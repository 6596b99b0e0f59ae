"""Figures of predicted numbers, beside those of always predicting the mean."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.errors import BadInput


class RegressionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one set of predictions; errors are in the unit of the target.

    Args:
        rmse: root mean square error.
        mae: mean absolute error.
        ccc: concordance correlation coefficient, in [-1, 1].
        pearson: linear correlation; `None` when either side is constant.
        spearman: rank correlation; `None` when either side is constant.
        r2: coefficient of determination; `None` when the truth is constant.
    """

    rmse: float
    mae: float
    ccc: float
    pearson: float | None
    spearman: float | None
    r2: float | None


class Regression(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a predictor beside those of a constant.

    Args:
        figures: of the predictor.
        mean_predictor: of always predicting the mean of the training targets (or of the truth).
        n: trials.
    """

    figures: RegressionFigures
    mean_predictor: RegressionFigures
    n: int


def regression(truth: ArrayLike, predicted: ArrayLike, *, training_mean: float | None = None) -> Regression:
    """All figures of predicted numbers, beside the mean-predictor row.

    Args:
        truth: `(trials,)` in some unit.
        predicted: `(trials,)` in the same unit.
        training_mean: what the mean predictor says; the mean of the truth when `None`.

    Raises:
        BadInput: when there are no trials, numbers differ, or values are not finite.

    Example:
        >>> regression([1, 2, 3], [1, 2, 4]).figures.mae.__round__(3)
        0.333
    """
    left, right = _finite(truth, "truth"), _finite(predicted, "predictions")
    if len(left) != len(right):
        raise BadInput(f"{len(left)} true values but {len(right)} predictions")
    constant = np.full(len(left), left.mean() if training_mean is None else training_mean)
    return Regression(figures=_figures(left, right), mean_predictor=_figures(left, constant), n=len(left))


def concordance(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Concordance correlation coefficient.

    Args:
        truth: `(trials,)`.
        predicted: `(trials,)` in the same unit.

    Returns:
        In [-1, 1]; 1 only when every value is right. Two equal constants give 1.

    Reference:
        L. Lin, "A concordance correlation coefficient to evaluate reproducibility", 1989.

    Example:
        >>> concordance([1, 2, 3], [2, 3, 4]).__round__(3)
        0.571
    """
    left, right = _finite(truth, "truth"), _finite(predicted, "predictions")
    spread = left.var() + right.var() + (left.mean() - right.mean()) ** 2
    if spread == 0:
        return 1.0
    return float(2 * ((left - left.mean()) * (right - right.mean())).mean() / spread)


def pearson(truth: ArrayLike, predicted: ArrayLike) -> float | None:
    """Linear correlation, or `None` when either side is constant.

    Example:
        >>> round(pearson([1, 2, 3], [2, 4, 6]), 9)
        1.0
    """
    left, right = _finite(truth, "truth"), _finite(predicted, "predictions")
    left, right = left - left.mean(), right - right.mean()
    lengths = np.linalg.norm(left), np.linalg.norm(right)
    if not lengths[0] or not lengths[1]:
        return None
    return float(np.clip((left / lengths[0]) @ (right / lengths[1]), -1, 1))


def spearman(truth: ArrayLike, predicted: ArrayLike) -> float | None:
    """Rank correlation with tied values at their mean rank, or `None` when either side is constant.

    Example:
        >>> round(spearman([1, 2, 3], [1, 10, 100]), 9)
        1.0
    """
    return pearson(_ranks(_finite(truth, "truth")), _ranks(_finite(predicted, "predictions")))


def _figures(truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> RegressionFigures:
    error = predicted - truth
    spread = float(truth.var())
    constant = bool((predicted == predicted[0]).all())
    return RegressionFigures(
        rmse=float(np.sqrt((error**2).mean())),
        mae=float(np.abs(error).mean()),
        ccc=0.0 if constant and spread > 0 else concordance(truth, predicted),
        pearson=None if constant else pearson(truth, predicted),
        spearman=None if constant else spearman(truth, predicted),
        r2=float(1 - (error**2).mean() / spread) if spread else None,
    )


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: NDArray[np.float64] = (ends - (counts - 1) / 2)[inverse]
    return ranks


def _finite(values: ArrayLike, where: str) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not len(array):
        raise BadInput("are empty or not one number a trial", where=where)
    if not np.isfinite(array).all():
        first = int(np.flatnonzero(~np.isfinite(array))[0])
        raise BadInput(f"hold NaN or infinity, the first at {first}", where=where)
    return array
