"""The one sorted pass that every detection figure is read from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.errors import BadInput

Scores = NDArray[np.floating[Any]]


def checked(scores: ArrayLike, name: str) -> Scores:
    """One class of scores as a flat float array, or a refusal.

    Args:
        scores: `(trials,)`; integers and booleans become float64, float32 stays what it is.
        name: what the scores are called in the refusal.

    Returns:
        `(trials,)` float32 or float64, not copied when it already was that.

    Raises:
        BadInput: when there are no scores, more than one dimension, no numbers, or NaN.

    Example:
        >>> checked([1, 2], "target scores")
        array([1., 2.])
    """
    try:
        array = np.asarray(scores)
        if array.dtype not in (np.float32, np.float64):
            array = array.astype(np.float32 if array.dtype == np.float16 else np.float64)
    except (TypeError, ValueError) as error:
        raise BadInput("are not numbers", where=name) from error
    if array.ndim != 1:
        raise BadInput(f"must be one-dimensional, got shape {array.shape}", where=name)
    if not array.size:
        raise BadInput("are empty; a figure needs at least one trial of each class", where=name)
    # One pass and no temporary: a sum is NaN if any term is (or if both infinities are there).
    with np.errstate(invalid="ignore", over="ignore"):
        suspicious = np.isnan(array.sum())
    if suspicious and (wrong := np.isnan(array)).any():
        first = int(np.flatnonzero(wrong)[0])
        raise BadInput(f"hold NaN ({int(wrong.sum())} of {array.size}, the first at {first})", where=name)
    return array


@dataclass(frozen=True, eq=False)
class Staircase:
    """Sorted scores of both classes: miss and false-alarm rates are steps along them.

    A trial is accepted when its score is at or above the threshold. Equal scores are one step:
    no threshold can part them.

    Args:
        target: `(targets,)` sorted ascending; higher scores speak for this class.
        nontarget: `(nontargets,)` sorted ascending.

    Example:
        >>> Staircase.of([2, 1], [0, 1]).below
        array([1, 2])
    """

    target: Scores
    nontarget: Scores

    @classmethod
    def of(cls, target: ArrayLike, nontarget: ArrayLike) -> Staircase:
        """Check and sort the scores of both classes.

        Raises:
            BadInput: when a class is empty or holds NaN. Infinities are allowed.
        """
        left, right = checked(target, "target scores"), checked(nontarget, "nontarget scores")
        if left.dtype != right.dtype:
            left, right = left.astype(np.float64), right.astype(np.float64)
        return cls(np.sort(left), np.sort(right))

    @cached_property
    def below(self) -> NDArray[np.int64]:
        """`(targets,)`: how many nontarget scores are strictly below each target score."""
        return np.searchsorted(self.nontarget, self.target, side="left")

    @cached_property
    def upto(self) -> NDArray[np.int64]:
        """`(targets,)`: how many nontarget scores are below or equal to each target score."""
        return np.searchsorted(self.nontarget, self.target, side="right")

    @cached_property
    def thresholds(self) -> Scores:
        """The distinct scores of both classes, ascending."""
        pooled = np.concatenate([self.target, self.nontarget])
        pooled.sort(kind="stable")  # two sorted runs: a merge, not a sort
        return pooled[np.concatenate([[True], pooled[1:] != pooled[:-1]])]

    @cached_property
    def steps(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Targets and nontargets at each distinct score, both `(thresholds,)`."""
        upto_target = np.searchsorted(self.target, self.thresholds, side="right")
        upto_nontarget = np.searchsorted(self.nontarget, self.thresholds, side="right")
        return np.diff(upto_target, prepend=0), np.diff(upto_nontarget, prepend=0)

    @cached_property
    def mirror(self) -> Staircase:
        """The same trials with the polarity turned round."""
        return Staircase(-self.nontarget[::-1], -self.target[::-1])

    def merged(self, other: Staircase) -> Staircase:
        """The staircase of both sets of trials: shards give exactly what the whole gives.

        Args:
            other: a staircase of other trials of the same system.

        Example:
            >>> Staircase.of([2], [0]).merged(Staircase.of([1], [3])).target
            array([1., 2.])
        """
        return Staircase(
            np.sort(np.concatenate([self.target, other.target]), kind="stable"),
            np.sort(np.concatenate([self.nontarget, other.nontarget]), kind="stable"),
        )
