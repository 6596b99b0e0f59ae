"""Stages: a training is one or more of them, in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from earwitness.errors import BadInput

if TYPE_CHECKING:
    import torch

Sampler = Callable[[np.ndarray, np.ndarray, int, np.random.Generator], list[np.ndarray]]
"""(rows, group of each row, batch size, rng) -> batches of rows."""


class ParameterGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters with a learning rate of their own.

    Args:
        pattern: regular expression, searched in the parameter's name.
        learning_rate: of these parameters.
        weight_decay: of these parameters; the recipe's when `None`.
    """

    pattern: str
    learning_rate: float
    weight_decay: float | None = None


def shuffled(rows: np.ndarray, groups: np.ndarray, batch: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Every row once, in random order.

    Example:
        >>> [len(b) for b in shuffled(np.arange(5), np.zeros(5), 2, np.random.default_rng(0))]
        [2, 2, 1]
    """
    del groups
    order = rng.permutation(rows)
    return [order[start : start + batch] for start in range(0, len(order), batch)]


def full_batches(
    rows: np.ndarray, groups: np.ndarray, batch: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Rows in random order, without the rest that fills no batch; another epoch leaves out others.

    Where rows see each other (transport), a small batch is another problem. Fewer rows than a batch are
    one batch.

    Example:
        >>> [len(b) for b in full_batches(np.arange(5), np.zeros(5), 2, np.random.default_rng(0))]
        [2, 2]
    """
    batches = shuffled(rows, groups, batch, rng)
    return batches[:-1] if len(batches) > 1 and len(batches[-1]) < batch else batches


def whole_groups(
    rows: np.ndarray, groups: np.ndarray, batch: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Batches that hold whole groups (sessions): a group is never torn apart.

    Args:
        rows: (n,) row numbers.
        groups: (n,) group of each row.
        batch: rows in a batch at most, unless one group alone is larger.
        rng: source of the order.
    """
    names, member = np.unique(groups, return_inverse=True)
    batches: list[np.ndarray] = []
    current: list[np.ndarray] = []
    for name in rng.permutation(len(names)):
        inside = rows[member == name]
        if current and sum(map(len, current)) + len(inside) > batch:
            batches.append(np.concatenate(current))
            current = []
        current.append(inside)
    return [*batches, np.concatenate(current)] if current else batches


def parts_of(rows: np.ndarray, groups: np.ndarray | None, batch: int) -> list[np.ndarray]:
    """Rows in their order in parts of a batch; with groups, no group is torn apart.

    Args:
        rows: (n,) row numbers.
        groups: (n,) group of each row, or `None`.
        batch: rows in a part at most, unless one group alone is larger.

    Returns:
        Parts that hold every row once; with groups, the groups follow each other in sorted order.

    Example:
        >>> [part.tolist() for part in parts_of(np.arange(4), np.array([1, 0, 0, 1]), 3)]
        [[1, 2], [0, 3]]
    """
    if groups is None:
        return [rows[start : start + batch] for start in range(0, len(rows), batch)]
    names, member = np.unique(groups, return_inverse=True)
    parts: list[np.ndarray] = []
    for at in range(len(names)):
        inside = rows[member == at]
        if parts and len(parts[-1]) + len(inside) <= batch:
            parts[-1] = np.concatenate([parts[-1], inside])
        else:
            parts.append(inside)
    return parts


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a training in which rows, weights and learning rates stay the same.

    Args:
        name: for curves and checkpoints; unique in its training.
        rows: (n,) row numbers that are trained on.
        epochs: at most so many.
        sampler: makes the batches of an epoch.
        whole: whether validation rows, too, are read by whole groups.
        trainable: regular expression, searched in parameter names; the others are frozen.
        parameter_groups: parameters with learning rates of their own; first match wins.
        before: called with (module, examples) before the first epoch (initial centroids).
        after: called with (module, examples) after the last (a centroid pass).

    Example:
        >>> Stage(name="all", rows=np.arange(3), epochs=1).trainable
        ''
    """

    name: str
    rows: np.ndarray
    epochs: int
    sampler: Sampler = shuffled
    whole: bool = False
    trainable: str = ""
    parameter_groups: tuple[ParameterGroup, ...] = ()
    before: Callable[[Any, Any], None] | None = None
    after: Callable[[Any, Any], None] | None = None

    def optimiser_groups(
        self, named: Sequence[tuple[str, torch.nn.Parameter]], learning_rate: float, weight_decay: float
    ) -> list[dict[str, Any]]:
        """The trainable parameters as torch optimisers take them.

        Args:
            named: names and parameters of the module.
            learning_rate: of parameters that no group names.
            weight_decay: likewise.

        Raises:
            BadInput: when a group matches nothing or nothing is trainable.
        """
        groups: list[list[torch.nn.Parameter]] = [[] for _ in self.parameter_groups]
        rest: list[torch.nn.Parameter] = []
        for name, parameter in named:
            if not re.search(self.trainable, name):
                continue
            home = next((i for i, g in enumerate(self.parameter_groups) if re.search(g.pattern, name)), None)
            (rest if home is None else groups[home]).append(parameter)
        settings: list[dict[str, Any]] = []
        for group, parameters in zip(self.parameter_groups, groups, strict=True):
            if not parameters:
                raise BadInput(f"parameter group {group.pattern!r} matches no parameter", where=self.name)
            decay = weight_decay if group.weight_decay is None else group.weight_decay
            settings.append({"params": parameters, "lr": group.learning_rate, "weight_decay": decay})
        if rest:
            settings.append({"params": rest, "lr": learning_rate, "weight_decay": weight_decay})
        if not settings:
            raise BadInput(f"nothing is trainable: {self.trainable!r} matches no parameter", where=self.name)
        return settings
