"""FINDER: which generator made a recording, from two encoders whose spaces are drawn together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.divergence import renyi, renyi_floor
from earwitness.layers.embedding_cnn import EmbeddingCnn
from earwitness.systems.vector_fusion import (
    PAIR,
    Embedded,
    Fused,
    FusionBody,
    FusionNetwork,
    FusionRecipe,
    VectorFusion,
    class_loss,
    views_of,
)
from earwitness.training.data import Batch
from earwitness.training.recipe import Recipe
from earwitness.training.stage import Stage


class FinderRecipe(FusionRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of FINDER. What the paper leaves open is taken from RENO, a later system of its authors.

    Args:
        alignment: `renyi` draws the views together; `none` is the concat baseline.
        form: how the losses are joined: `added`, cross-entropy + weight * divergence, or `weighted`, as in
            RENO, weight * cross-entropy + (1 - weight) * divergence.
        weight: lambda; 0.1 for `added` (0.05 and 0.3 are the others to try), 0.4 for `weighted`.
        beta: order of the divergence; at 1 it is that of Kullback and Leibler.
        delta: by which both distributions are raised.
        symmetric: the mean of both directions; else from the first view to the second, as published.
    """

    alignment: Literal["renyi", "none"] = "renyi"
    form: Literal["added", "weighted"] = "added"
    weight: float = 0.1
    beta: float = 2.0
    delta: float = 0.2
    symmetric: bool = False
    width: int = 256
    hidden: tuple[int, ...] = (128, 64)
    target: str = "engine"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.beta > 0 or self.delta < 0:
            raise BadInput("needs beta above 0 and delta at 0 or above", where="recipe")
        if self.weight < 0 or (self.form == "weighted" and self.weight > 1):
            raise BadInput("must be 0 or above, and at most 1 in the weighted form", where="recipe.weight")


RECIPE = FinderRecipe(system="finder", views=PAIR)


class FinderBody(FusionBody):
    """Views of a common width, side by side, and how far their distributions lie apart.

    Args:
        recipe: its settings.
        dimensions: width of each view, two or more.

    Example:
        >>> body = FinderBody(RECIPE, (512, 256))
        >>> fused, own = body.fuse(body.embed([torch.randn(4, 512), torch.randn(4, 256)]), None)
        >>> tuple(fused.shape), list(own)
        ((4, 512), ['divergence'])
    """

    def __init__(self, recipe: FinderRecipe, dimensions: Sequence[int]) -> None:
        super().__init__()
        self.recipe = recipe
        self.encoders = nn.ModuleList(EmbeddingCnn(d, recipe.filters, recipe.width) for d in dimensions)
        self.outputs = recipe.width * len(dimensions)

    def embed(self, views: Sequence[torch.Tensor]) -> Embedded:
        """(batch, width) of each view."""
        return tuple(encoder(view) for encoder, view in zip(self.encoders, views, strict=True))

    def fuse(self, embedded: Embedded, bank: Embedded | None) -> Fused:
        """(batch, views * width), and the divergence in the mean over the batch, above its floor."""
        del bank
        own = {} if self.recipe.alignment == "none" else {"divergence": divergence(embedded, self.recipe)}
        return torch.cat(embedded, 1), own


def divergence(embedded: Embedded, recipe: FinderRecipe) -> torch.Tensor:
    """Renyi divergence of the views' softmax, the mean over rows and pairs of views.

    What equal views would give (`layers.divergence.renyi_floor`) is taken off: it moves no weight, and
    without it the curves of different widths lie at one height.

    Args:
        embedded: (batch, width) a view, two or more.
        recipe: its beta, delta and symmetry.

    Returns:
        A scalar in nats, 0 for equal views; 0 or above.

    Reference: FINDER; constants of RENO.

    Example:
        >>> view = torch.randn(4, 8)
        >>> abs(float(divergence((view, view), RECIPE))) < 1e-6
        True
    """
    shares = [one.softmax(1) for one in embedded]
    pairs = [(p, q) for at, p in enumerate(shares) for q in shares[at + 1 :]]
    if recipe.symmetric:
        pairs += [(q, p) for p, q in pairs]
    found = torch.stack([renyi(p, q, beta=recipe.beta, delta=recipe.delta).mean() for p, q in pairs])
    return found.mean() - renyi_floor(shares[0].shape[1], beta=recipe.beta, delta=recipe.delta)


class Finder(VectorFusion):
    """Which generator made a recording: two encoders aligned by their Renyi divergence."""

    RECIPE: FusionRecipe = RECIPE
    RECIPES: Mapping[str, FusionRecipe] = {
        "weighted": msgspec.structs.replace(RECIPE, form="weighted", weight=0.4),
        "symmetric": msgspec.structs.replace(RECIPE, symmetric=True),
        "concat": msgspec.structs.replace(RECIPE, alignment="none"),
    }
    SOURCES: Mapping[str, str] = {"alignment": "published"}
    PAPER = "FINDER, of Renyi divergence between encoders for source attribution"
    CLAIMS: Mapping[str, object] = {
        "Whisper + x-vector, ASVspoof 2019 LA, 19 generators": {
            "accuracy_percent": 98.91,
            "eer_percent": 0.26,
        },
        "Whisper + x-vector, CFAD": {"accuracy_percent": 99.01, "eer_percent": 1.07},
    }
    VIEWS = None

    def rows(self, recipe: Recipe, table: pl.DataFrame) -> np.ndarray:
        """Which rows name a generator: real speech has none and takes no part."""
        assert isinstance(recipe, FinderRecipe)
        if recipe.target not in table.columns:
            return np.ones(len(table), bool)  # refused with its name where the task is made
        named = table[recipe.target].cast(pl.String).fill_null("") != ""
        return named.to_numpy()

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """The views and their divergence."""
        assert isinstance(recipe, FinderRecipe)
        if len(dimensions) < 2:
            raise BadInput("aligns two views or more", where=recipe.system)
        return FinderBody(recipe, dimensions)

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """Cross-entropy and divergence, each with its weight."""
        del stage
        assert isinstance(module, FusionNetwork)
        recipe = module.recipe
        assert isinstance(recipe, FinderRecipe)
        outputs, own = module(views_of(module, batch))
        entropy = class_loss(outputs[0], batch.targets[module.task.targets[0].column])
        if not own:
            return {"clean": {"cross-entropy": entropy}}
        share = recipe.weight if recipe.form == "weighted" else 1.0
        factor = 1 - recipe.weight if recipe.form == "weighted" else recipe.weight
        return {"clean": {"cross-entropy": share * entropy, "divergence": factor * own["divergence"]}}
