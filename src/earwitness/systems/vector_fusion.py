"""What all fusions of pooled vectors share: standardised views in, one head a target out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.embedding_cnn import DenseStack
from earwitness.layers.few_rows import few_rows
from earwitness.systems.origin_experts import Standardise
from earwitness.task import DETECTION, Target, Task
from earwitness.training.data import Batch, Examples
from earwitness.training.recipe import Optimiser, Recipe, View
from earwitness.training.stage import Stage, full_batches

Embedded = tuple[torch.Tensor, ...]
"""One (batch, ...) a view, each row made from its own clip alone."""
Fused = tuple[torch.Tensor, dict[str, torch.Tensor]]
"""(batch, outputs), and losses of the fusion's own by name."""

PAIR = (
    View(name="first", input="vector", encoder="whisper-base", layers=(6,)),
    View(name="second", input="vector", encoder="ge2e"),
)
"""Two encoders whose weights install from the package index; published pairs stand in the claims."""


class FusionRecipe(Recipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings that the fusions share; the training is that of the papers.

    Args:
        target: column of the classes; `label` is detection (bona fide or spoof).
        primary: metric by which epochs and runs are compared; `eer` where the target is `label`.
        filters: channels of the convolutional blocks of each view.
        width: of the dense layer after them.
        hidden: widths of the dense layers before the heads.
        dropout: after each of those, 0 to 1.
        standardise: each view is centred and scaled by its training rows. The papers do not say; without it
            the encoder with the larger numbers rules.
    """

    target: str = "emotion"
    primary: str = "accuracy"
    filters: tuple[int, ...] = (32, 64)
    width: int = 120
    hidden: tuple[int, ...] = (128,)
    dropout: float = 0.3
    standardise: bool = True
    batch: int = 32
    epochs: int = 50
    patience: int | None = 10
    validation: float = 0.1
    optimiser: Optimiser = Optimiser(name="adam", learning_rate=1e-3, weight_decay=0.0)
    READS: ClassVar[str] = "vector"

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(view.input != self.READS for view in self.views):
            raise BadInput(f"a fusion reads views of {self.READS}s", where="recipe.views")
        if not 0 <= self.dropout < 1:
            raise BadInput("must be in [0, 1)", where="recipe.dropout")


class FusionBody(nn.Module, ABC):
    """The part that is a system's own; made for the width of each view.

    Attributes:
        outputs: width of what `fuse` gives.
    """

    outputs: int

    @abstractmethod
    def embed(self, views: Sequence[torch.Tensor]) -> Embedded:
        """What is made of each view by itself, row by row."""

    @abstractmethod
    def fuse(self, embedded: Embedded, bank: Embedded | None) -> Fused:
        """One vector a row.

        Args:
            embedded: from `embed`.
            bank: the same of the bank's training rows, where rows must not see each other.
        """


class FusionNetwork(nn.Module):
    """Standardised vectors through a body and dense layers to one head a target.

    Args:
        body: of the system.
        recipe: its settings.
        dimensions: width of each view, in the recipe's order.
        task: what is to be said.
    """

    def __init__(self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task) -> None:
        super().__init__()
        self.recipe, self.task = recipe, task
        self.standardise = nn.ModuleList(Standardise(dimension) for dimension in dimensions)
        self.body = body
        self.dense = DenseStack(body.outputs, recipe.hidden, recipe.dropout)
        # two numbers for a binary target, as in the papers
        counts = [2 if target.kind == "binary" else target.outputs for target in task.targets]
        self.heads = nn.ModuleList(nn.Linear(self.dense.outputs, count) for count in counts)

    def embed(self, views: Sequence[torch.Tensor]) -> Embedded:
        """Standardise and embed (batch, dimension) of each view."""
        found = [standardise(view) for standardise, view in zip(self.standardise, views, strict=True)]
        return few_rows(self.body.embed, found)

    def fuse(self, embedded: Embedded) -> Fused:
        """Bring the views together; what sees other rows is in `transport_fusion`."""
        return self.body.fuse(embedded, None)

    def forward(self, views: Sequence[torch.Tensor]) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]]:
        """Map (batch, dimension) of each view to outputs of each target and the fusion's own losses."""
        fused, own = self.fuse(self.embed(views))
        shared = self.dense(fused)
        return [head(shared) for head in self.heads], own


class VectorFusion(ABC):
    """A system over vectors of one or more encoders, but for `RECIPE` and the body."""

    RECIPE: FusionRecipe
    RECIPES: Mapping[str, FusionRecipe] = {}
    CLAIMS: Mapping[str, object] = {}
    SOURCES: Mapping[str, str] = {}
    PAPER = ""
    VIEWS: int | None = 2
    """How many views it reads; `None` = any number."""

    @abstractmethod
    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """The system's own network for views of these widths."""

    def network(
        self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task
    ) -> FusionNetwork:
        """The whole network around a body."""
        return FusionNetwork(body, recipe, dimensions, task)

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """The classes of the recipe's column, or detection."""
        assert isinstance(recipe, FusionRecipe)
        if recipe.target == "label":
            return DETECTION
        return Task(targets=(class_target(table, recipe.target),), primary=recipe.primary)

    def build(
        self, recipe: Recipe, dimensions: Mapping[str, tuple[int, ...]], task: Task = DETECTION
    ) -> FusionNetwork:
        """The network, freshly initialised."""
        if not isinstance(recipe, type(self.RECIPE)):
            raise BadInput(f"is not a recipe of {self.RECIPE.system}", where=recipe.system)
        if self.VIEWS is not None and len(recipe.views) != self.VIEWS:
            raise BadInput(
                f"brings {self.VIEWS} views together, not {len(recipe.views)}", where=recipe.system
            )
        widths = [dimensions[view.name][-1] for view in recipe.views]
        return self.network(self.body(recipe, widths), recipe, widths, task)

    def stages(self, recipe: Recipe, rows: np.ndarray, examples: Examples) -> Sequence[Stage]:
        """One stage over all rows; the last, smaller batch of an epoch is left out."""
        del examples
        return [Stage(name="all", rows=rows, epochs=recipe.epochs, sampler=full_batches)]

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Centre and scale of each view; the hash of the rows that were seen is kept."""
        assert isinstance(module, FusionNetwork)
        if module.recipe.standardise:
            for layer, vectors in zip(module.standardise, vectors_of(module, examples, rows), strict=True):
                assert isinstance(layer, Standardise)
                layer.centre.copy_(torch.from_numpy(vectors.mean(0)))
                # a channel that never moves says nothing and must not be blown up on other rows
                spread = vectors.std(0)
                scale = np.where(spread > 1e-6, 1 / np.maximum(spread, 1e-6), 1.0)
                layer.scale.copy_(torch.from_numpy(scale))
        return {"rows": examples.hash(rows)}

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """Cross-entropy of the target, and the fusion's own losses."""
        del stage
        assert isinstance(module, FusionNetwork)
        outputs, own = module(views_of(module, batch))
        (target,) = module.task.targets
        return {"clean": {"cross-entropy": class_loss(outputs[0], batch.targets[target.column]), **own}}

    def score(
        self, module: nn.Module, batch: Batch, fitted: Mapping[str, object] | None = None
    ) -> Mapping[str, np.ndarray]:
        """Softmax of each class (batch, classes); of a binary target the log odds of the positive one."""
        del fitted
        assert isinstance(module, FusionNetwork)
        outputs, _ = module(views_of(module, batch))
        return {
            target.column: scores_of(target, values)
            for target, values in zip(module.task.targets, outputs, strict=True)
        }

    def pool(self, scores: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Mean over the rows of each group, groups in sorted order."""
        names, member = np.unique(group, return_inverse=True)
        return np.stack([scores[member == at].mean(0) for at in range(len(names))])


def class_target(table: pl.DataFrame, column: str) -> Target:
    """A class target whose classes are those that a column holds.

    Raises:
        BadInput: when there is no such column, or it holds fewer than two classes.

    Example:
        >>> class_target(pl.DataFrame({"emotion": ["sad", "angry", "sad"]}), "emotion").classes
        ('angry', 'sad')
    """
    if column not in table.columns:
        raise BadInput(f"has no column {column!r}; set target to one that it has", where="corpus")
    names = table[column].drop_nulls().cast(pl.String).unique().sort().to_list()
    return Target(column=column, kind="class", classes=tuple(names))


def class_loss(outputs: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over the rows whose class is known; 0 where none is.

    Args:
        outputs: (batch, classes).
        truth: (batch,) class numbers, -1 where unknown.

    Example:
        >>> float(class_loss(torch.zeros(2, 3), torch.tensor([-1, -1])))
        0.0
    """
    known = truth >= 0
    if not known.any():
        return outputs.sum() * 0
    return nn.functional.cross_entropy(outputs[known], truth[known])


def scores_of(target: Target, outputs: torch.Tensor) -> np.ndarray:
    """Outputs of a head as scores: see `VectorFusion.score`.

    Args:
        target: of the head.
        outputs: (batch, numbers).
    """
    if target.kind == "class":
        scores = outputs.double().softmax(1)
    else:
        scores = outputs[:, 1] - outputs[:, 0] if target.kind == "binary" else outputs[:, 0]
    return scores.cpu().numpy()


def views_of(module: FusionNetwork, batch: Batch) -> list[torch.Tensor]:
    """The vectors of a batch, (batch, dimension) a view, in the recipe's order."""
    return [batch.views[view.name][0] for view in module.recipe.views]


def vectors_of(module: FusionNetwork, examples: Examples, rows: np.ndarray) -> list[np.ndarray]:
    """The vectors of some rows, (rows, dimension) float64 a view, in the recipe's order."""
    return [
        np.stack([examples.readers[view.name](int(row)) for row in rows]).astype(np.float64)
        for view in module.recipe.views
    ]
