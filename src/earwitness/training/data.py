"""Examples and batches: what a system is shown, with true lengths."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import torch

from earwitness.errors import BadInput
from earwitness.training.changing import Changing
from earwitness.training.frame_truth import UNKNOWN, FrameTruth
from earwitness.training.randomness import Moment

if TYPE_CHECKING:
    from earwitness.task import Target

Reader = Callable[[int], np.ndarray]
"""Row number -> its array, time on the axis before the last: (time, dim) or (layers, time, dim)."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows, padded to the longest.

    Args:
        ids: of the rows.
        views: name -> (values (batch, ..., time, dimension), lengths (batch,)); vectors have
            (batch, dimension) and lengths of 1.
        targets: name -> (batch,) numbers; classes as indices, -1 or NaN where the truth is missing. Of
            targets of frames (batch, time) class numbers, -1 also in the padding.
        group: (batch,) group numbers.
        copied: view -> target -> (batch, 1 + copies) numbers, of views with copies: the clean one first.
    """

    ids: tuple[str, ...]
    views: Mapping[str, tuple[torch.Tensor, torch.Tensor]]
    targets: Mapping[str, torch.Tensor]
    group: torch.Tensor
    copied: Mapping[str, Mapping[str, torch.Tensor]] = msgspec.field(default_factory=dict)

    def to(self, device: str) -> Batch:
        """The same batch on a device."""
        if device == "cpu":
            return self
        return Batch(
            ids=self.ids,
            views={name: (v.to(device), n.to(device)) for name, (v, n) in self.views.items()},
            targets={name: value.to(device) for name, value in self.targets.items()},
            group=self.group.to(device),
            copied={
                view: {name: value.to(device) for name, value in numbers.items()}
                for view, numbers in self.copied.items()
            },
        )

    def full(self, view: str) -> bool:
        """Whether nothing of a view is padding."""
        values, lengths = self.views[view]
        return bool((lengths == values.shape[-2]).all()) if values.ndim > 2 else True

    def mask(self, view: str) -> torch.Tensor:
        """Which places of a view are real: (batch, time), 1 inside and 0 in the padding."""
        values, lengths = self.views[view]
        places = torch.arange(values.shape[-2], device=values.device)
        return (places[None] < lengths[:, None]).to(values.dtype)


def collate(arrays: Sequence[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad arrays of differing length with zeros.

    Args:
        arrays: each (..., time, dimension) or (dimension,), equal but for time.

    Returns:
        Values (batch, ..., time, dimension) float32, and lengths (batch,) int64.

    Example:
        >>> values, lengths = collate([np.ones((2, 3)), np.ones((4, 3))])
        >>> tuple(values.shape), lengths.tolist()
        ((2, 4, 3), [2, 4])
    """
    if arrays[0].ndim == 1:
        return torch.from_numpy(np.stack(arrays).astype(np.float32)), torch.ones(
            len(arrays), dtype=torch.int64
        )
    lengths = [array.shape[-2] for array in arrays]
    *outer, _, dimension = arrays[0].shape
    make = np.empty if min(lengths) == max(lengths) else np.zeros
    values = make((len(arrays), *outer, max(lengths), dimension), np.float32)
    for row, array in enumerate(arrays):
        values[row, ..., : array.shape[-2], :] = array
    return torch.from_numpy(values), torch.tensor(lengths)


class Examples(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a corpus as a system sees them; reading is lazy.

    Args:
        ids: (n) unique names.
        readers: view -> reader.
        targets: name -> (n,) numbers.
        group: (n,) group of each row; rows of one group never lie on both sides of a split.
        changes: view -> what is done to its arrays in a batch (augmentation, copies, length).
        frames: target -> the stretches from which the frames of a view are labelled.

    Raises:
        BadInput: when lengths differ or an id comes twice.
    """

    ids: tuple[str, ...]
    readers: Mapping[str, Reader]
    targets: Mapping[str, np.ndarray]
    group: np.ndarray
    changes: Mapping[str, Changing] = msgspec.field(default_factory=dict)
    frames: Mapping[str, FrameTruth] = msgspec.field(default_factory=dict)
    _numbers: Any = None  # the groups as numbers, found once

    def __post_init__(self) -> None:
        if len(set(self.ids)) != len(self.ids):
            raise BadInput("an id comes twice", where="examples")
        if any(len(column) != len(self.ids) for column in (*self.targets.values(), self.group)):
            raise BadInput("targets and groups must have one entry a row", where="examples")
        msgspec.structs.force_setattr(self, "_numbers", np.unique(self.group, return_inverse=True)[1])

    def batch(self, rows: np.ndarray, moment: Moment | None = None) -> Batch:
        """Read some rows.

        Args:
            rows: (n,) row numbers.
            moment: in a training; `None` when validating or scoring: then nothing is augmented.

        Raises:
            BadInput: when a value is NaN or infinite, naming the row.
        """
        targets = {name: column[rows] for name, column in self.targets.items()}
        views: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
        copied: dict[str, dict[str, torch.Tensor]] = {}
        framed: dict[str, torch.Tensor] = {}
        for name, read in self.readers.items():
            arrays = [read(int(row)) for row in rows]
            counts = [array.shape[-2] if array.ndim > 1 else 1 for array in arrays]
            change = self.changes.get(name)
            if change is not None:
                truths: list[list[Mapping[str, float]]] = []
                for place, row in enumerate(rows):
                    truth = {target: column[place] for target, column in targets.items()}
                    arrays[place], found = change(arrays[place], self.ids[row], truth, moment)
                    truths.append(found)
                copies = {
                    target: np.array([[one[target] for one in row] for row in truths], column.dtype)
                    for target, column in targets.items()
                }
                if change.view.copies:
                    copied[name] = {target: torch.from_numpy(value) for target, value in copies.items()}
                elif moment is not None:
                    targets = {target: value[:, 0] for target, value in copies.items()}
            views[name] = collate(arrays)
            for target, known in self.frames.items():
                if known.view == name:
                    framed[target] = self._labels(known, rows, counts, views[name][1], moment)
            if not torch.isfinite(views[name][0].sum()):
                self._refuse_infinite(name, views[name][0], rows)
        return Batch(
            ids=tuple(self.ids[row] for row in rows),
            views=views,
            targets={name: torch.from_numpy(column) for name, column in targets.items()} | framed,
            group=torch.from_numpy(self._numbers[rows]),
            copied=copied,
        )

    def _labels(
        self,
        known: FrameTruth,
        rows: np.ndarray,
        counts: Sequence[int],
        lengths: torch.Tensor,
        moment: Moment | None,
    ) -> torch.Tensor:
        """(batch, time) class numbers, cut where the view was cut."""
        change = self.changes.get(known.view)
        found = torch.full((len(rows), int(lengths.max())), UNKNOWN)
        for place, (row, count) in enumerate(zip(rows, counts, strict=True)):
            labels = known.labels(int(row), count)[:, None]
            if change is not None:
                labels = change.cut(labels, self.ids[row], moment)
            if len(labels) != int(lengths[place]):
                raise BadInput(
                    "an augmentation changed the length, so frames no longer have their labels",
                    where=self.ids[row],
                )
            found[place, : len(labels)] = torch.from_numpy(np.ascontiguousarray(labels[:, 0]))
        return found

    def _refuse_infinite(self, view: str, values: torch.Tensor, rows: np.ndarray) -> None:
        bad = ~torch.isfinite(values).flatten(1).all(1)
        for row, wrong in zip(rows, bad.tolist(), strict=True):
            if wrong:  # else only the sum overflowed
                raise BadInput(f"holds NaN or infinite values in view {view!r}", where=self.ids[row])

    def hash(self, rows: np.ndarray) -> str:
        """SHA-256 over ids, targets and groups of some rows: what was trained on (hexadecimal)."""
        digest = hashlib.sha256()
        for row in sorted(int(row) for row in rows):
            truth = ";".join(f"{name}={self.targets[name][row]}" for name in sorted(self.targets))
            truth += "".join(f";{name}={self.frames[name].told(row)}" for name in sorted(self.frames))
            digest.update(f"{self.ids[row]}|{self.group[row]}|{truth}\n".encode())
        return digest.hexdigest()


def target_numbers(values: Sequence[str | float | None], target: Target) -> np.ndarray:
    """A corpus column as numbers.

    Args:
        values: labels or numbers.
        target: how to read them.

    Returns:
        (n,) int64 class numbers (binary: 1 = the positive class; -1 missing), or float32 (NaN missing).

    Raises:
        BadInput: when a label is unknown, or missing while the target refuses that.

    Example:
        >>> from earwitness.task import DETECTION
        >>> target_numbers(["bona fide", "spoof"], DETECTION.targets[0]).tolist()
        [1, 0]
    """
    if target.missing == "refuse" and any(value is None for value in values):
        raise BadInput("has rows without a label", where=target.column)
    if target.kind == "real":
        return np.array([np.nan if value is None else float(value) for value in values], np.float32)
    order = target.classes[::-1] if target.kind == "binary" else target.classes
    unknown = {value for value in values if value is not None} - set(order)
    if unknown:
        raise BadInput(f"unknown label {sorted(map(str, unknown))[0]!r}", where=target.column)
    return np.array([-1 if value is None else order.index(str(value)) for value in values], np.int64)


def hold_back(
    rows: np.ndarray, group: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows into training and inner validation, whole groups at a time.

    Args:
        rows: (n,) row numbers.
        group: group of every row of the corpus.
        share: of the groups to hold back, 0 to 1.
        rng: source of the choice.

    Returns:
        Rows to train on, rows to validate on.

    Example:
        >>> train, held = hold_back(np.arange(4), np.array([0, 0, 1, 1]), 0.5, np.random.default_rng(0))
        >>> len(train), len(held)
        (2, 2)
    """
    names = rng.permutation(np.unique(group[rows]))
    held = np.isin(group[rows], names[: round(share * len(names))])
    return rows[~held], rows[held]
