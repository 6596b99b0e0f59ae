"""TANGO: speaker, emotion, gender and age at once, from two encoders by gated optimal transport."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.cross_attention import BlendingGate
from earwitness.layers.embedding_cnn import EmbeddingCnn
from earwitness.systems.number_targets import keep_scale, number_loss, weighed
from earwitness.systems.transport_fusion import (
    TransportBody,
    TransportFusion,
    TransportNetwork,
    TransportRecipe,
)
from earwitness.systems.vector_fusion import (
    PAIR,
    Embedded,
    Fused,
    FusionBody,
    FusionNetwork,
    FusionRecipe,
    class_loss,
    class_target,
    views_of,
)
from earwitness.task import Target, Task
from earwitness.training.aligning import AlignGradients
from earwitness.training.data import Batch, Examples
from earwitness.training.recipe import Recipe
from earwitness.training.stage import Stage


class TangoRecipe(TransportRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of TANGO. The paper says "inter-view gated optimal transport" and no sizes: these are ours.

    Args:
        targets: columns of classes; the first one is what runs are compared by.
        numbers: columns of numbers and their units; errors are taken over the deviation of the training rows.
        gate: a learned mixture of a view and what was carried over to it; without it their sum.
        own: each view's own vector beside the gated ones.
        weights: of a target's loss, 1 for those not named.
        uncertainty: each loss is weighed by a learned variance instead.
        select: by the primary metric, which is the first target's: the losses of the others say nothing on
            validation rows whose speaker was never trained on.
    """

    targets: tuple[str, ...] = ("emotion", "speaker", "gender")
    numbers: dict[str, str] = msgspec.field(default_factory=lambda: {"age": "years"})
    gate: bool = True
    own: bool = False
    weights: dict[str, float] = msgspec.field(default_factory=dict)
    uncertainty: bool = False
    select: Literal["loss", "primary"] = "primary"
    filters: tuple[int, ...] = (64, 128)
    hidden: tuple[int, ...] = (256,)

    def __post_init__(self) -> None:
        super().__post_init__()
        columns = (*self.targets, *self.numbers)
        if not columns:
            raise BadInput("needs at least one target", where="recipe.targets")
        strange = sorted(set(self.weights) - set(columns))
        if strange or any(weight < 0 for weight in self.weights.values()):
            raise BadInput(f"weights are 0 or above, of: {', '.join(columns)}", where="recipe.weights")


RECIPE = TangoRecipe(system="tango", views=PAIR)


class TangoBody(TransportBody):
    """Two views, each mixed with what was carried over from the other; one view goes through alone.

    Args:
        recipe: its settings.
        dimensions: width of one or two views.

    Example:
        >>> body = TangoBody(RECIPE, (512, 256))
        >>> fused, _ = body.fuse(body.embed([torch.randn(4, 512), torch.randn(4, 256)]), None)
        >>> tuple(fused.shape)
        (4, 240)
    """

    def __init__(self, recipe: TangoRecipe, dimensions: Sequence[int]) -> None:
        super().__init__(recipe)
        self.settings = recipe
        self.encoders = nn.ModuleList(EmbeddingCnn(d, recipe.filters, recipe.width) for d in dimensions)
        gated = recipe.gate and len(dimensions) == 2
        self.gates = nn.ModuleList(BlendingGate(recipe.width) for _ in dimensions) if gated else None
        self.outputs = recipe.width * len(dimensions) * (2 if recipe.own else 1)

    def embed(self, views: Sequence[torch.Tensor]) -> Embedded:
        """(batch, width) of each view."""
        return tuple(encoder(view) for encoder, view in zip(self.encoders, views, strict=True))

    def fuse(self, embedded: Embedded, bank: Embedded | None) -> Fused:
        """(batch, outputs)."""
        mixed = list(embedded)
        if len(embedded) == 2:
            transport = self.settings.fusion == "ot"
            # without transport a gate mixes the views as they are
            carried = self.exchanged(embedded, bank) if transport else embedded[::-1]
            if self.gates is not None:
                mixed = [
                    gate(one, other) for gate, one, other in zip(self.gates, embedded, carried, strict=True)
                ]
            elif transport:
                mixed = [one + other for one, other in zip(embedded, carried, strict=True)]
        return torch.cat([*mixed, *(embedded if self.settings.own else ())], 1), {}


class TangoNetwork(TransportNetwork):
    """A transport network whose numbers are learnt over the deviation of the training rows."""

    def __init__(self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task) -> None:
        super().__init__(body, recipe, dimensions, task)
        count = len(task.targets)
        self.register_buffer("middle", torch.zeros(count))
        self.register_buffer("spread", torch.ones(count))
        assert isinstance(recipe, TangoRecipe)
        self.log_variance = nn.Parameter(torch.zeros(count)) if recipe.uncertainty else None

    def forward(self, views: Sequence[torch.Tensor]) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]]:
        """Outputs of each target, numbers in their unit."""
        outputs, own = super().forward(views)
        middle, spread = self.get_buffer("middle"), self.get_buffer("spread")
        return [one * spread[at] + middle[at] for at, one in enumerate(outputs)], own


class Tango(TransportFusion):
    """Speaker, emotion, gender and age at once, from two encoders by gated optimal transport."""

    RECIPE: FusionRecipe = RECIPE
    RECIPES: Mapping[str, FusionRecipe] = {
        "no-gate": msgspec.structs.replace(RECIPE, gate=False),
        "no-transport": msgspec.structs.replace(RECIPE, fusion="concat"),
        "concat": msgspec.structs.replace(RECIPE, fusion="concat", gate=False),
        "uncertainty": msgspec.structs.replace(RECIPE, uncertainty=True),
        "aligned": msgspec.structs.replace(RECIPE, step=AlignGradients(method="pcgrad")),
        "single-view": msgspec.structs.replace(RECIPE, views=PAIR[:1], fusion="concat", gate=False),
        "single-view-single-task": msgspec.structs.replace(
            RECIPE, views=PAIR[:1], fusion="concat", gate=False, targets=("emotion",), numbers={}
        ),
    }
    SOURCES: Mapping[str, str] = dict.fromkeys(("fusion", "gate", "targets"), "published")
    PAPER = "TANGO, task alignment with inter-view gated optimal transport"
    CLAIMS: Mapping[str, object] = {
        "CREMA-D, Emo-DB, BAVED": "several tasks on one view lose against one task; TANGO above other fusions"
    }
    VIEWS = None

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """The columns of the recipe; rows that lack one teach the others."""
        assert isinstance(recipe, TangoRecipe)
        targets = [class_target(table, column) for column in recipe.targets]
        targets += [Target(column=name, kind="real", unit=unit) for name, unit in recipe.numbers.items()]
        # the first must be known, as runs are judged by it
        targets[1:] = [msgspec.structs.replace(target, missing="mask") for target in targets[1:]]
        return Task(targets=tuple(targets), primary=recipe.primary)

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """The gated exchange."""
        assert isinstance(recipe, TangoRecipe)
        if len(dimensions) > 2 or (len(dimensions) == 1 and recipe.fusion == "ot"):
            raise BadInput(
                "transport is between two views; one view needs fusion=concat", where=recipe.system
            )
        return TangoBody(recipe, dimensions)

    def network(
        self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task
    ) -> FusionNetwork:
        """The network with its bank and scales."""
        return TangoNetwork(body, recipe, dimensions, task)

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Centre, scale and bank of the views; mean and deviation of the numbers that are known."""
        fitted = super().fit(module, examples, rows)
        assert isinstance(module, TangoNetwork)
        for at, target in enumerate(module.task.targets):
            if target.kind == "real":
                keep_scale(
                    module, at, examples.targets[target.column][rows].astype(np.float64), target.column
                )
        return fitted

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """A path for each target, so that a step may align their gradients."""
        del stage
        assert isinstance(module, TangoNetwork)
        recipe = module.recipe
        assert isinstance(recipe, TangoRecipe)
        outputs, _ = module(views_of(module, batch))
        paths: dict[str, dict[str, torch.Tensor]] = {}
        for at, (target, found) in enumerate(zip(module.task.targets, outputs, strict=True)):
            truth = batch.targets[target.column]
            if target.kind == "class":
                loss = class_loss(found, truth)
            else:
                loss = number_loss(found[:, 0], truth, module.get_buffer("spread")[at])
            loss = recipe.weights.get(target.column, 1.0) * loss
            variance = None if module.log_variance is None else module.log_variance[at]
            paths[target.column] = {target.column: weighed(loss, variance)}
        return paths
