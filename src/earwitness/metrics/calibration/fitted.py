"""On what a calibrator was fitted, and what it gives back."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

SAME_DATA = "applied to the data it was fitted on: these figures flatter"


class FittedOn(msgspec.Struct, frozen=True, kw_only=True):
    """The training data of a calibrator.

    Args:
        name: what the data are called, such as "open-voices, training folds".
        targets: how many target trials (or trials, where there are more than two classes).
        nontargets: how many nontarget trials.
        sha256: hashes of all rows, of the target rows and of the nontarget rows, in any order.
    """

    name: str
    targets: int
    nontargets: int
    sha256: tuple[str, ...]

    def same(self, rows: NDArray[np.float64]) -> bool:
        """Whether these rows `(trials, columns)` are what was fitted on, or one class of it."""
        return len(rows) in (self.targets + self.nontargets, self.targets, self.nontargets) and digest(
            rows
        ) in set(self.sha256)


class Calibrated(NamedTuple):
    """What a calibrator gives.

    Args:
        llrs: `(trials,)` natural-log likelihood ratios, positive = target; of temperature scaling
            `(trials, classes)` log-probabilities.
        notes: what a reader must know before believing them.
    """

    llrs: NDArray[np.float64]
    notes: tuple[str, ...]


def fitted_on(name: str, target: NDArray[np.float64], nontarget: NDArray[np.float64]) -> FittedOn:
    """Describe the rows `(trials, columns)` of both classes."""
    return FittedOn(
        name=name,
        targets=len(target),
        nontargets=len(nontarget),
        sha256=(digest(np.concatenate([target, nontarget])), digest(target), digest(nontarget)),
    )


def digest(rows: NDArray[np.float64]) -> str:
    """SHA-256 of a set of rows, whatever their order.

    Example:
        >>> digest(np.array([[1.0], [2.0]])) == digest(np.array([[2.0], [1.0]]))
        True
    """
    table = np.ascontiguousarray(rows, dtype=np.float64) + 0.0  # -0.0 is 0.0
    order = np.lexsort(table.T[::-1]) if table.shape[1] > 1 else np.argsort(table[:, 0], kind="stable")
    return hashlib.sha256(table[order].tobytes()).hexdigest()


def columns(target: NDArray, nontarget: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both classes as float64 `(trials, columns)`."""
    tables = [np.asarray(part, dtype=np.float64) for part in (target, nontarget)]
    left, right = (part[:, None] if part.ndim == 1 else part for part in tables)
    return left, right
