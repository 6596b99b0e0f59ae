"""SCAR: whether an emotion is a converted one, from two encoders that attend to each other twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.cross_attention import NestedCrossAttention, SelfAttentionRefinement
from earwitness.layers.embedding_cnn import EmbeddingCnn
from earwitness.layers.few_rows import few_rows
from earwitness.systems.vector_fusion import (
    PAIR,
    Embedded,
    Fused,
    FusionBody,
    FusionRecipe,
    VectorFusion,
)


class ScarRecipe(FusionRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of SCAR. The paper gives the order of its parts in words, and no sizes: these are ours.

    Args:
        fusion: `cross` attends across the views, `concat` leaves each as it is.
        stages: of the cross-attention; 2 is the nested one, of which the second stage reads what the first
            made of both views, 1 the plain one.
        refinement: self-attention over the tokens of both views after it.
        tokens: that each view is pooled to, evenly over its positions.
        heads: of each attention; divides the last of `filters`.
        attention_dropout: on attention weights, 0 to 1.
        pooling: of the refined tokens: `flatten`, or `attentive`, a learned weighted mean.
    """

    fusion: Literal["cross", "concat"] = "cross"
    stages: Literal[1, 2] = 2
    refinement: bool = True
    tokens: int = 32
    heads: int = 4
    attention_dropout: float = 0.3
    pooling: Literal["flatten", "attentive"] = "flatten"
    target: str = "label"
    primary: str = "eer"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.filters or self.heads < 1 or self.filters[-1] % self.heads:
            raise BadInput(f"must divide the last of the filters, {self.filters}", where="recipe.heads")
        if self.tokens < 1 or not 0 <= self.attention_dropout < 1:
            raise BadInput("needs a token or more, and an attention dropout in [0, 1)", where="recipe")


RECIPE = ScarRecipe(system="scar", views=PAIR)


class ScarBody(FusionBody):
    """Tokens of two views, crossed, refined and pooled.

    Args:
        recipe: its settings; `width` is without use here.
        dimensions: width of both views.

    Example:
        >>> body = ScarBody(RECIPE, (512, 256))
        >>> fused, _ = body.fuse(body.embed([torch.randn(4, 512), torch.randn(4, 256)]), None)
        >>> tuple(fused.shape)  # 2 views of 32 tokens of 64
        (4, 4096)
    """

    def __init__(self, recipe: ScarRecipe, dimensions: Sequence[int]) -> None:
        super().__init__()
        channels, drop = recipe.filters[-1], recipe.attention_dropout
        self.encoders = nn.ModuleList(EmbeddingCnn(dimension, recipe.filters) for dimension in dimensions)
        self.pool = nn.AdaptiveAvgPool1d(recipe.tokens)
        self.cross = (
            NestedCrossAttention(channels, recipe.heads, recipe.stages, drop)
            if recipe.fusion == "cross"
            else None
        )
        self.refine = SelfAttentionRefinement(channels, recipe.heads, drop) if recipe.refinement else None
        self.weigh = nn.Linear(channels, 1) if recipe.pooling == "attentive" else None
        self.outputs = channels * (1 if self.weigh is not None else 2 * recipe.tokens)

    def embed(self, views: Sequence[torch.Tensor]) -> Embedded:
        """(batch, tokens, channels) of each view."""
        found = []
        for encoder, view in zip(self.encoders, views, strict=True):
            assert isinstance(encoder, EmbeddingCnn)
            found.append(self.pool(encoder.maps(view)).transpose(1, 2))
        return tuple(found)

    def fuse(self, embedded: Embedded, bank: Embedded | None) -> Fused:
        """(batch, outputs); a row sees no other row."""
        del bank
        (fused,) = few_rows(self._fused, embedded)
        return fused, {}

    def _fused(self, embedded: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        left, right = embedded
        if self.cross is not None:
            left, right = self.cross(left, right)
        tokens = torch.cat([left, right], 1)
        if self.refine is not None:
            tokens = self.refine(tokens)
        if self.weigh is not None:
            return ((self.weigh(tokens).softmax(1) * tokens).sum(1),)
        return (tokens.flatten(1),)


class Scar(VectorFusion):
    """Genuine or converted emotion from two encoders by nested cross-attention."""

    RECIPE: FusionRecipe = RECIPE
    RECIPES: Mapping[str, FusionRecipe] = {
        "one-stage": msgspec.structs.replace(RECIPE, stages=1),
        "no-refinement": msgspec.structs.replace(RECIPE, refinement=False),
        "plain": msgspec.structs.replace(RECIPE, stages=1, refinement=False),
        "concat": msgspec.structs.replace(RECIPE, fusion="concat", refinement=False),
    }
    SOURCES: Mapping[str, str] = dict.fromkeys(("fusion", "stages", "refinement", "primary"), "published")
    PAPER = "SCAR, of nested cross-attention between foundation models on EmoFake"
    CLAIMS: Mapping[str, object] = {
        "EmoFake": "LanguageBind + ImageBind best, above concat; multimodal above audio-only encoders"
    }

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """The crossed tokens."""
        assert isinstance(recipe, ScarRecipe)
        return ScarBody(recipe, dimensions)
