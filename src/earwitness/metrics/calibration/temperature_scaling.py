"""Temperature scaling of the logits of a classifier."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.errors import BadInput
from earwitness.metrics.calibration.fitted import SAME_DATA, Calibrated, FittedOn, digest

COLDEST, HOTTEST = 1e-3, 1e3
"""Limits of the temperature; reached only when all or nothing is classified rightly."""


class Temperature(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="temperature"):
    """`log_softmax(logits / temperature)`.

    Args:
        temperature: above 1 makes a classifier less sure.
        fitted_on: the training data.
        notes: what the fit had to do.
    """

    temperature: float
    fitted_on: FittedOn
    notes: tuple[str, ...] = ()

    def apply(self, logits: ArrayLike) -> Calibrated:
        """Log-probabilities `(trials, classes)` of logits `(trials, classes)`."""
        rows = _rows(logits)
        notes = (*self.notes, SAME_DATA) if self.fitted_on.same(rows) else self.notes
        return Calibrated(_log_softmax(rows / self.temperature), notes)


def temperature(logits: ArrayLike, labels: ArrayLike, *, name: str = "") -> Temperature:
    """Fit the temperature at which a classifier's probabilities are most believable.

    Args:
        logits: `(trials, classes)` finite; unnormalised log-probabilities.
        labels: `(trials,)` index of the true class.
        name: what the training data are called.

    Returns:
        The calibrator; it says on what it was fitted.

    Raises:
        BadInput: when there are no trials, values are not finite, or a label is not a class.

    Reference:
        C. Guo et al., "On calibration of modern neural networks", 2017, section 4.2.

    Example:
        >>> fitted = temperature([[4, 0], [4, 0], [4, 0], [0, 4]], [0, 0, 1, 1])
        >>> round(fitted.temperature, 3)
        3.641
    """
    rows, truth = _rows(logits), np.asarray(labels)
    if truth.shape != (len(rows),) or not np.issubdtype(truth.dtype, np.integer):
        raise BadInput(f"must be {len(rows)} class numbers", where="labels")
    if truth.min() < 0 or truth.max() >= rows.shape[1]:
        raise BadInput(f"must lie in 0..{rows.shape[1] - 1}", where="labels")
    picked = rows[np.arange(len(rows)), truth].mean()

    def slope(beta: float) -> float:
        """Derivative of the cross entropy by the inverse temperature; it rises with it."""
        probability = np.exp(_log_softmax(beta * rows))
        return float((probability * rows).sum(axis=1).mean() - picked)

    low, high = 1 / HOTTEST, 1 / COLDEST
    notes: tuple[str, ...] = ()
    if slope(low) >= 0 or slope(high) <= 0:
        beta = low if slope(low) >= 0 else high
        notes = ("no finite temperature is best; the limit was taken",)
    else:
        from scipy.optimize import brentq

        beta = float(brentq(slope, low, high, xtol=1e-12, rtol=1e-12))
    data = FittedOn(name=name, targets=len(rows), nontargets=0, sha256=(digest(rows),))
    return Temperature(temperature=1 / beta, fitted_on=data, notes=notes)


def _rows(logits: ArrayLike) -> NDArray[np.float64]:
    rows = np.asarray(logits, dtype=np.float64)
    if rows.ndim != 2 or not len(rows) or rows.shape[1] < 2:
        raise BadInput(f"must be (trials, classes), got shape {rows.shape}", where="logits")
    if not np.isfinite(rows).all():
        raise BadInput("hold NaN or infinite values", where="logits")
    return rows


def _log_softmax(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = rows - rows.max(axis=1, keepdims=True)
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result
