"""What each frame of a recording is, from the stretches that a corpus gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from earwitness.errors import BadInput
from earwitness.task import Target

UNKNOWN = -1
"""Class of a frame of which nothing is said, and of padding."""
_SLACK = 1e-6  # a border at 0.02 * 3 does not spill into the next frame


class FrameTruth(msgspec.Struct, frozen=True, kw_only=True):
    """The stretches of every row, as frames of one view will be labelled.

    Args:
        stretches: of each row (stretches, 3) start and end in seconds from the row's own start, and class
            number; `None` where nothing is known.
        classes: how many there are; where stretches meet in one frame, the lowest number has it, as a frame
            of PartialSpoof is spoof if any of it is.
        view: whose frames they are.
        rate: frames (or samples) in a second.
    """

    stretches: tuple[np.ndarray | None, ...]
    classes: int
    view: str
    rate: float

    def labels(self, row: int, count: int) -> np.ndarray:
        """Class numbers of a row's frames.

        Args:
            row: number of the row.
            count: of frames.

        Returns:
            (count,) int64, -1 where nothing is known.

        Example:
            >>> truth = FrameTruth(stretches=(np.array([[0, 0.5, 1], [0.5, 1, 0]]),), classes=2,
            ...     view="frames", rate=4.0)
            >>> truth.labels(0, 5).tolist()
            [1, 1, 0, 0, -1]
        """
        found = np.full(count, UNKNOWN, np.int64)
        known = self.stretches[row]
        if known is None:
            return found
        order = np.argsort(-known[:, 2], kind="stable")  # the lowest number is written last
        for start, end, number in known[order]:
            first = int(start * self.rate + _SLACK)
            found[first : int(np.ceil(end * self.rate - _SLACK))] = int(number)
        return found

    def told(self, row: int) -> str:
        """The stretches of a row in words, for a hash."""
        known = self.stretches[row]
        return "unknown" if known is None else ",".join(f"{a:g}-{b:g}:{c:g}" for a, b, c in known.tolist())

    def seen(self, rows: np.ndarray) -> set[int]:
        """Classes that occur in some rows."""
        known = [found for row in rows if (found := self.stretches[row]) is not None and len(found)]
        return set(np.concatenate(known)[:, 2].astype(int).tolist()) if known else set()


def frame_truth(
    values: Sequence[Any], starts: Sequence[float | None], target: Target, *, view: str, rate: float
) -> FrameTruth:
    """A column of stretches as frames of a view will be labelled.

    Args:
        values: of each row a list of {start, end, label} in seconds of its file, or `None`.
        starts: of each row in its file, in seconds.
        target: of kind `frames`.
        view: whose frames they are.
        rate: of the view.

    Raises:
        BadInput: when a label is unknown, a stretch empty, or a row has none though the target refuses that.
    """
    found: list[np.ndarray | None] = []
    for value, start in zip(values, starts, strict=True):
        if value is None:
            if target.missing == "refuse":
                raise BadInput(
                    "has rows without stretches; leave them out, or mask them", where=target.column
                )
            found.append(None)
            continue
        rows = []
        for stretch in value:
            if stretch["label"] not in target.classes:
                raise BadInput(f"unknown label {stretch['label']!r}", where=target.column)
            if not 0 <= stretch["start"] < stretch["end"]:
                raise BadInput(
                    f"a stretch from {stretch['start']} to {stretch['end']} s", where=target.column
                )
            rows.append((stretch["start"], stretch["end"], target.classes.index(stretch["label"])))
        table = np.array(rows, np.float64).reshape(-1, 3)
        table[:, :2] -= start or 0.0
        table = table[table[:, 1] > 0]
        table[:, 0] = np.maximum(table[:, 0], 0.0)
        found.append(table)
    return FrameTruth(stretches=tuple(found), classes=len(target.classes), view=view, rate=rate)


def coarser(labels: np.ndarray, group: int) -> np.ndarray:
    """Labels of frames that are `group` times as long: the lowest class that is known in each.

    Args:
        labels: (..., frames), -1 unknown.
        group: frames that become one; the last may be of fewer.

    Returns:
        (..., ceil(frames / group)).

    Example:
        >>> coarser(np.array([1, 1, 0, 1, -1]), 2).tolist()
        [1, 0, -1]
    """
    most = np.iinfo(np.int64).max
    known = np.where(labels == UNKNOWN, most, labels)
    lowest = np.minimum.reduceat(known, np.arange(0, labels.shape[-1], group), axis=-1)
    return np.where(lowest == most, UNKNOWN, lowest)
