"""The probes for labels of any number of classes: how often they tell the right one, against chance."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from earwitness.corpora.channel_probe import FOLDS, Real, held_out_logits
from earwitness.errors import BadInput
from earwitness.metrics import Interval

MOST_GAIN = 0.3
"""A probe that is this far from chance to certainty teaches the channel; an EER of 35 % is as far."""
REPLICATES = 1000


class ClassProbe(msgspec.Struct, frozen=True, kw_only=True):
    """How often the properties alone tell the right class.

    Args:
        accuracy: mean over the classes of the share that is told right, with its interval, resampled by
            group; `chance` = not at all.
        chance: one over the number of classes.
        recall: class -> share of its rows that is told right.
        left_out: classes with too few groups to be probed.
        rows: rows that were probed.
    """

    accuracy: Interval
    chance: float
    recall: dict[str, float]
    left_out: tuple[str, ...]
    rows: int

    @property
    def gain(self) -> float:
        """From chance (0) to certainty (1)."""
        return (self.accuracy.value - self.chance) / (1 - self.chance)


def class_probe(
    properties: Real, labels: Sequence[str], groups: Sequence[str], folds: int = FOLDS
) -> ClassProbe:
    """Train a probe for each class against the others, take the most likely; groups are kept apart.

    Args:
        properties: shape (rows, properties).
        labels: class of each row; rows without one ("") are left out.
        groups: rows of a group are never on both sides.
        folds: at least 2; a class in fewer groups is left out.

    Raises:
        BadInput: when fewer than two classes are left.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> noise, groups = rng.standard_normal((300, 2)), [str(number) for number in range(300)]
        >>> found = class_probe(noise, ["a", "b", "c"] * 100, groups)
        >>> 0.2 < found.accuracy.low < found.accuracy.high < 0.5
        True
    """
    label, group = np.array(labels, dtype=str), np.array(groups, dtype=str)
    names = [name for name in np.unique(label).tolist() if name]
    few = [name for name in names if len(np.unique(group[label == name])) < folds]
    names = [name for name in names if name not in few]
    if len(names) < 2:
        raise BadInput(f"the probe needs two classes of at least {folds} groups each")
    kept = np.isin(label, names)
    properties, label = properties[kept], label[kept]
    _, number = np.unique(group[kept], return_inverse=True)
    logits = np.stack([held_out_logits(properties, label == name, number, folds) for name in names], axis=1)
    truth = np.searchsorted(names, label)
    right = logits.argmax(axis=1) == truth
    low, high = _bounds(truth, right, number, len(names))
    recall = {name: float(right[truth == at].mean()) for at, name in enumerate(names)}
    value = float(np.mean(list(recall.values())))
    accuracy = Interval(
        value=value, low=min(low, value), high=max(high, value), confidence=0.95, n=len(label),
        method="percentile bootstrap, clustered",
    )  # fmt: skip
    return ClassProbe(
        accuracy=accuracy, chance=1 / len(names), recall=recall, left_out=tuple(few), rows=len(label)
    )


def _bounds(
    truth: NDArray[np.int64], right: NDArray[np.bool_], group: NDArray[np.int64], classes: int
) -> tuple[float, float]:
    """Ends of the interval of the mean recall when whole groups are drawn."""
    count = int(group.max()) + 1
    held, hit = np.zeros((count, classes)), np.zeros((count, classes))
    np.add.at(held, (group, truth), 1)
    np.add.at(hit, (group, truth), right)
    rng = np.random.default_rng(0)
    drawn = np.empty(REPLICATES)
    for at in range(REPLICATES):
        weight = np.bincount(rng.integers(count, size=count), minlength=count)
        rows = weight @ held
        drawn[at] = ((weight @ hit)[rows > 0] / rows[rows > 0]).mean()
    return float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))
