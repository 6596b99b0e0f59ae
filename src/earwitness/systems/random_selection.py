"""Random selection: real or resynthesised environmental sound from a random half of an encoder's vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.reduction import Reduce, Reducer
from earwitness.systems.origin_experts import Standardise
from earwitness.systems.single_vector import SideBySide
from earwitness.systems.vector_fusion import (
    PAIR,
    Embedded,
    Fused,
    FusionBody,
    FusionNetwork,
    FusionRecipe,
    VectorFusion,
    vectors_of,
)
from earwitness.training.data import Examples


class SelectionRecipe(FusionRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of random selection. The paper names the kept share; the sizes of its heads are ours.

    Args:
        reducer: `random` draws the numbers that are kept once a training (its seed); the paper's rivals are
            `pca`, `svd`, `kernel-pca` (radial basis, gamma = 1 / dimension) and `gaussian`; further controls
            `variance` and `anova` (the numbers that move most, or tell the classes best), `block` (a random
            stretch), `mean-pool`; `none` keeps all.
        share: of the numbers that are kept, above 0 to 1.
        rows: that kernel PCA is fitted on at most.
        standardise_after: what the reducer leaves is centred and scaled again. Whether PCA loses by turning
            the axes or by their scales shows only with it.
    """

    reducer: Reducer = "random"
    share: float = 0.5
    rows: int = 1000
    standardise_after: bool = False
    target: str = "label"
    primary: str = "eer"
    filters: tuple[int, ...] = (64, 128)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.share <= 1:
            raise BadInput("must be above 0 and at most 1", where="recipe.share")
        if self.rows < 2:
            raise BadInput("must be 2 or more", where="recipe.rows")

    def kept(self, dimension: int) -> int:
        """Numbers that are left of a vector."""
        return max(round(self.share * dimension), 1)


RECIPE = SelectionRecipe(system="random-selection", views=PAIR[:1])


class SelectionBody(FusionBody):
    """Each view reduced, then read by a CNN, or as it is.

    Args:
        recipe: its settings.
        dimensions: width of each view.

    Example:
        >>> full = SelectionBody(msgspec.structs.replace(RECIPE, reducer="none"), (512,))
        >>> half = SelectionBody(RECIPE, (512,))
        >>> full.outputs, half.outputs  # 128 channels times a quarter of the numbers
        (16384, 8192)
    """

    def __init__(self, recipe: SelectionRecipe, dimensions: Sequence[int]) -> None:
        super().__init__()
        reducers = [
            Reduce(dimension, recipe.kept(dimension), recipe.reducer, recipe.rows) for dimension in dimensions
        ]
        self.reducers = nn.ModuleList(reducers)
        left = [reducer.outputs for reducer in reducers]
        self.rescaled = recipe.standardise_after
        self.again = nn.ModuleList(Standardise(width) for width in left)
        self.read = SideBySide(left, recipe.filters)
        self.outputs = self.read.outputs

    def reduced(self, views: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """(batch, kept) of each view."""
        return [reducer(view) for reducer, view in zip(self.reducers, views, strict=True)]

    def embed(self, views: Sequence[torch.Tensor]) -> Embedded:
        """(batch, ...) of each view."""
        left = self.reduced(views)
        if self.rescaled:
            left = [again(view) for again, view in zip(self.again, left, strict=True)]
        return self.read.embed(left)

    def fuse(self, embedded: Embedded, bank: Embedded | None) -> Fused:
        """All of them, side by side."""
        return self.read.fuse(embedded, bank)


def _changed(**changes: object) -> SelectionRecipe:
    return msgspec.structs.replace(RECIPE, **changes)


class RandomSelection(VectorFusion):
    """Real or fake sound from a random part of a vector, beside every other way of making it shorter."""

    RECIPE: FusionRecipe = RECIPE
    RECIPES: Mapping[str, FusionRecipe] = {
        "all": _changed(reducer="none"),
        "forty-percent": _changed(share=0.4),
        **{name: _changed(reducer=name) for name in ("pca", "svd", "kernel-pca", "gaussian")},
        "pca-standardised": _changed(reducer="pca", standardise_after=True),
        **{name: _changed(reducer=name) for name in ("variance", "anova", "block", "mean-pool")},
        "fcn": _changed(filters=(), hidden=(90, 45)),
        "fcn-all": _changed(reducer="none", filters=(), hidden=(90, 45)),
    }
    SOURCES: Mapping[str, str] = dict.fromkeys(("reducer", "share", "primary", "target"), "published")
    PAPER = "Environmental audio deepfake detection by random selection of foundation-model features, 2024"
    CLAIMS: Mapping[str, object] = {
        "random 40 to 50 % of the values": "as good as all or better; above PCA, SVD, kernel PCA and "
        "Gaussian projection; parameters and inference time about halved"
    }
    VIEWS = None

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """The reducers and what reads them."""
        assert isinstance(recipe, SelectionRecipe)
        return SelectionBody(recipe, dimensions)

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Centre and scale of the views, then the reducers on what these leave, all of training rows."""
        fitted = super().fit(module, examples, rows)
        assert isinstance(module, FusionNetwork)
        body, recipe = module.body, module.recipe
        assert isinstance(body, SelectionBody)
        assert isinstance(recipe, SelectionRecipe)
        truth = examples.targets[module.task.targets[0].column][rows]
        # the Gaussian draw follows the training's seed, as the index set does
        seed = int(torch.randint(2**31, ()))
        for at, raw in enumerate(vectors_of(module, examples, rows)):
            with torch.no_grad():
                scaled = module.standardise[at](torch.from_numpy(raw).float())
            reducer, again = body.reducers[at], body.again[at]
            assert isinstance(reducer, Reduce)
            assert isinstance(again, Standardise)
            reducer.fit(scaled.numpy(), truth, raw, seed)
            if recipe.standardise_after:
                with torch.no_grad():
                    left = reducer(scaled)
                    again.centre.copy_(left.mean(0))
                    spread = left.std(0, correction=0)
                    again.scale.copy_(torch.where(spread > 1e-6, 1 / spread.clamp(min=1e-6), 1.0))
        return fitted
