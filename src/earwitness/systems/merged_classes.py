"""Classes that are one thing under two names, brought together in scores that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

SAME_ALGORITHM: Mapping[str, str] = {"A16": "A04", "A19": "A06"}
"""Attacks of ASVspoof 2019 LA that are the same algorithm as an earlier one: 19 classes are then 17. From
memory of the organisers' description: to be verified on the data."""


def merged(
    truth: NDArray[np.int64],
    scores: NDArray[np.floating],
    classes: Sequence[str],
    same: Mapping[str, str] = SAME_ALGORITHM,
) -> tuple[NDArray[np.int64], NDArray[np.float64], tuple[str, ...]]:
    """Scores over fewer classes: the shares of classes that are the same are added.

    Args:
        truth: (n,) class numbers.
        scores: (n, classes) shares.
        classes: their names.
        same: name -> the name under which it counts; where that is no class itself, it becomes one.

    Returns:
        Truth, scores and names of the merged classes, in the order of their first appearance.

    Example:
        >>> shares = np.array([[0.4, 0.35, 0.25]])
        >>> found = merged(np.array([2]), shares, ("A04", "A05", "A16"))
        >>> found[0].tolist(), found[1].round(2).tolist(), found[2]
        ([0], [[0.65, 0.35]], ('A04', 'A05'))
    """
    counted = [same.get(name, name) for name in classes]
    names = tuple(dict.fromkeys(counted))
    place = np.array([names.index(name) for name in counted])
    sums = np.zeros((len(scores), len(names)))
    for at, column in enumerate(place):
        sums[:, column] += scores[:, at]
    return place[truth], sums, names
