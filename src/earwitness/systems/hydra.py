"""HYDRA: the settings of the codec behind a recording, from several hyperbolic subspaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.embedding_cnn import EmbeddingCnn
from earwitness.layers.subspaces import Attention, CurvedSubspaces
from earwitness.systems.number_targets import keep_scale, number_loss, weighed
from earwitness.systems.vector_fusion import (
    PAIR,
    Embedded,
    Fused,
    FusionBody,
    FusionNetwork,
    FusionRecipe,
    VectorFusion,
    views_of,
)
from earwitness.task import Target, Task
from earwitness.training.data import Batch, Examples
from earwitness.training.recipe import Recipe
from earwitness.training.stage import Stage

UNITS = {"bit_rate": "bit/s", "quantizers": "codebooks", "codec_rate": "Hz"}
"""Columns that open-voices and the neural-codec corpora have, and the unit of each."""


class HydraRecipe(FusionRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of HYDRA. The paper names the parts; their sizes are ours throughout.

    Args:
        targets: columns of numbers above 0, learnt in log2; the first must be known of every row that takes
            part, and is what runs are judged by. The paper's "bandwidth" may be a bit rate or an audio
            bandwidth; the bit rate is our choice, as in EnCodec's interface.
        units: of the targets.
        geometry: `hyperbolic`, or `euclidean`: maps become identities and distances straight lines.
        subspaces: how many.
        space: dimension of each.
        curvatures: at the beginning, in turn.
        learn_curvature: with the rest; else they stay.
        attention: `task`: each target weighs the subspaces by a query of its own; `shared`: one query for
            all; `none`: their mean.
        weights: of a target's loss, 1 for those not named.
        uncertainty: each loss is weighed by a learned variance instead.
    """

    targets: tuple[str, ...] = ("bit_rate", "quantizers", "codec_rate")
    units: dict[str, str] = msgspec.field(default_factory=lambda: dict(UNITS))
    geometry: Literal["hyperbolic", "euclidean"] = "hyperbolic"
    subspaces: int = 4
    space: int = 64
    curvatures: tuple[float, ...] = (0.1, 0.5, 1.0, 2.0)
    learn_curvature: bool = True
    attention: Attention = "task"
    weights: dict[str, float] = msgspec.field(default_factory=dict)
    uncertainty: bool = False
    primary: str = "octaves"
    filters: tuple[int, ...] = (64, 128)
    width: int = 256
    hidden: tuple[int, ...] = (32,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.targets or set(self.targets) - set(self.units):
            raise BadInput("needs targets, each with its unit in `units`", where="recipe.targets")
        if self.subspaces < 1 or self.space < 1:
            raise BadInput("needs one subspace or more, of one dimension or more", where="recipe.subspaces")
        if not self.curvatures or min(self.curvatures) <= 0:
            raise BadInput("needs curvatures above 0", where="recipe.curvatures")
        strange = sorted(set(self.weights) - set(self.targets))
        if strange or any(weight < 0 for weight in self.weights.values()):
            raise BadInput(f"weights are 0 or above, of: {', '.join(self.targets)}", where="recipe.weights")


RECIPE = HydraRecipe(system="hydra", views=PAIR[:1])


class HydraBody(FusionBody):
    """Views through a network each, onto several balls, and mixed anew for each target.

    Args:
        recipe: its settings.
        dimensions: width of each view, one or more.

    Example:
        >>> body = HydraBody(RECIPE, (512,))
        >>> fused, _ = body.fuse(body.embed([torch.randn(4, 512)]), None)
        >>> tuple(fused.shape)
        (4, 192)
    """

    def __init__(self, recipe: HydraRecipe, dimensions: Sequence[int]) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(
            EmbeddingCnn(d, recipe.filters, recipe.width) if recipe.filters else nn.Linear(d, recipe.width)
            for d in dimensions
        )
        self.subspaces = CurvedSubspaces(
            recipe.width * len(dimensions), recipe.space, len(recipe.targets), recipe.attention,
            [recipe.curvatures[at % len(recipe.curvatures)] for at in range(recipe.subspaces)],
            curved=recipe.geometry == "hyperbolic", learned=recipe.learn_curvature,
        )  # fmt: skip
        self.outputs = recipe.space * len(recipe.targets)

    def embed(self, views: Sequence[torch.Tensor]) -> Embedded:
        """(batch, width) of each view."""
        return tuple(encoder(view).relu() for encoder, view in zip(self.encoders, views, strict=True))

    def fuse(self, embedded: Embedded, bank: Embedded | None) -> Fused:
        """(batch, targets * space): the mixture of each target after one another."""
        del bank
        return self.subspaces(torch.cat(embedded, 1)).flatten(1), {}


class HydraNetwork(FusionNetwork):
    """A network whose every target has a head of its own, on its own mixture, in log2."""

    def __init__(self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task) -> None:
        super().__init__(body, recipe, dimensions, task)
        assert isinstance(recipe, HydraRecipe)
        count, (hidden, *_) = len(task.targets), recipe.hidden
        self.dense = None  # type: ignore[assignment]
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Linear(recipe.space, hidden), nn.ReLU(), nn.Dropout(recipe.dropout), nn.Linear(hidden, 1)
            )
            for _ in task.targets
        )
        self.register_buffer("middle", torch.zeros(count))
        self.register_buffer("spread", torch.ones(count))
        self.log_variance = nn.Parameter(torch.zeros(count)) if recipe.uncertainty else None

    def forward(self, views: Sequence[torch.Tensor]) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]]:
        """Log2 of each target, (batch, 1)."""
        fused, own = self.fuse(self.embed(views))
        parts = fused.chunk(len(self.heads), 1)
        middle, spread = self.get_buffer("middle"), self.get_buffer("spread")
        return [
            head(part) * spread[at] + middle[at]
            for at, (head, part) in enumerate(zip(self.heads, parts, strict=True))
        ], own


class Hydra(VectorFusion):
    """Quantizers, bit rate and sampling rate of the codec that a recording went through."""

    RECIPE: FusionRecipe = RECIPE
    RECIPES: Mapping[str, FusionRecipe] = {
        "euclidean": msgspec.structs.replace(RECIPE, geometry="euclidean"),
        "single-subspace": msgspec.structs.replace(RECIPE, subspaces=1, curvatures=(1.0,)),
        "fixed-curvature": msgspec.structs.replace(RECIPE, learn_curvature=False),
        "shared-attention": msgspec.structs.replace(RECIPE, attention="shared"),
        "no-attention": msgspec.structs.replace(RECIPE, attention="none"),
        "uncertainty": msgspec.structs.replace(RECIPE, uncertainty=True),
        "two-encoders": msgspec.structs.replace(RECIPE, views=PAIR),
        "cnn": msgspec.structs.replace(RECIPE, geometry="euclidean", subspaces=1, attention="none"),
        "fcn": msgspec.structs.replace(
            RECIPE, geometry="euclidean", subspaces=1, attention="none", filters=()
        ),
        **{
            f"only-{name}": msgspec.structs.replace(RECIPE, targets=(name,))
            for name in UNITS
        },
    }  # fmt: skip
    SOURCES: Mapping[str, str] = dict.fromkeys(("geometry", "targets", "attention"), "published")
    PAPER = "HYDRA, neural audio codec source parsing in hyperbolic subspaces"
    CLAIMS: Mapping[str, object] = {"benchmark of codec fakes": "HYDRA errs less than Euclidean baselines"}
    VIEWS = None

    def rows(self, recipe: Recipe, table: pl.DataFrame) -> np.ndarray:
        """Which rows name the first target: what went through no codec has nothing to be parsed."""
        assert isinstance(recipe, HydraRecipe)
        first = recipe.targets[0]
        if first not in table.columns:
            return np.ones(len(table), bool)  # refused with its name where the task is made
        return table[first].is_not_null().to_numpy()

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """The numbers of the recipe; rows that lack one teach the others."""
        assert isinstance(recipe, HydraRecipe)
        for column in recipe.targets:
            if column not in table.columns:
                raise BadInput(f"has no column {column!r}; set targets to those that it has", where="corpus")
            known = table[column].drop_nulls()
            if not len(known) or float(known.cast(pl.Float64).min() or 0.0) <= 0:  # type: ignore[arg-type]
                raise BadInput("needs numbers above 0, as they are learnt in log2", where=column)
        targets = [Target(column=name, kind="real", unit=recipe.units[name]) for name in recipe.targets]
        targets[1:] = [msgspec.structs.replace(target, missing="mask") for target in targets[1:]]
        return Task(targets=tuple(targets), primary=recipe.primary)

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """The subspaces and their attention."""
        assert isinstance(recipe, HydraRecipe)
        return HydraBody(recipe, dimensions)

    def network(
        self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task
    ) -> FusionNetwork:
        """The network with a head for each target."""
        return HydraNetwork(body, recipe, dimensions, task)

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Centre and scale of the views; mean and deviation of log2 of each target, where it is known."""
        fitted = super().fit(module, examples, rows)
        assert isinstance(module, HydraNetwork)
        for at, target in enumerate(module.task.targets):
            numbers = np.log2(examples.targets[target.column][rows].astype(np.float64))
            keep_scale(module, at, numbers, target.column)
        return fitted

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """Smooth L1 of standardised log2, a path for each target, so that a step may align gradients."""
        del stage
        assert isinstance(module, HydraNetwork)
        recipe = module.recipe
        assert isinstance(recipe, HydraRecipe)
        outputs, _ = module(views_of(module, batch))
        paths: dict[str, dict[str, torch.Tensor]] = {}
        for at, (target, found) in enumerate(zip(module.task.targets, outputs, strict=True)):
            truth = batch.targets[target.column].to(found.dtype).log2()
            loss = number_loss(found[:, 0], truth, module.get_buffer("spread")[at])
            loss = recipe.weights.get(target.column, 1.0) * loss
            variance = None if module.log_variance is None else module.log_variance[at]
            paths[target.column] = {target.column: weighed(loss, variance)}
        return paths

    def score(
        self, module: nn.Module, batch: Batch, fitted: Mapping[str, object] | None = None
    ) -> Mapping[str, np.ndarray]:
        """Each target in its own unit, (batch,)."""
        del fitted
        assert isinstance(module, HydraNetwork)
        outputs, _ = module(views_of(module, batch))
        return {
            target.column: np.exp2(values[:, 0].double().cpu().numpy())
            for target, values in zip(module.task.targets, outputs, strict=True)
        }
