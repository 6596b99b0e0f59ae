"""MATA: two encoders exchange what they hear by optimal transport, then attend to all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.cross_attention import CrossAttention
from earwitness.layers.embedding_cnn import EmbeddingCnn
from earwitness.systems.transport_fusion import TransportBody, TransportFusion, TransportRecipe
from earwitness.systems.vector_fusion import PAIR, Embedded, Fused, FusionBody, FusionRecipe


class MataRecipe(TransportRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of MATA; those of the paper, where it says them.

    Args:
        attention: over the exchanged and own vectors; without it the paper's "fusion with OT".
        heads: of the attention; divides `width`.
    """

    attention: bool = True
    heads: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.attention and (self.heads < 1 or self.width % self.heads):
            raise BadInput(f"must divide the width of {self.width}", where="recipe.heads")


RECIPE = MataRecipe(system="mata", views=PAIR)


class MataBody(TransportBody):
    """Six tokens of two views: what was carried over, what is the view's own, and the other view.

    Args:
        recipe: its settings.
        dimensions: width of both views.

    Example:
        >>> body = MataBody(RECIPE, (512, 256))
        >>> fused, _ = body.fuse(body.embed([torch.randn(4, 512), torch.randn(4, 256)]), None)
        >>> tuple(fused.shape)
        (4, 720)
    """

    def __init__(self, recipe: MataRecipe, dimensions: Sequence[int]) -> None:
        super().__init__(recipe)
        self.encoders = nn.ModuleList(EmbeddingCnn(d, recipe.filters, recipe.width) for d in dimensions)
        self.attention = CrossAttention(recipe.width, recipe.heads) if recipe.attention else None
        self.outputs = recipe.width * (6 if recipe.fusion == "ot" else 2)

    def embed(self, views: Sequence[torch.Tensor]) -> Embedded:
        """(batch, width) of each view."""
        return tuple(encoder(view) for encoder, view in zip(self.encoders, views, strict=True))

    def fuse(self, embedded: Embedded, bank: Embedded | None) -> Fused:
        """(batch, 6 width), or (batch, 2 width) without transport."""
        first, second = embedded
        tokens: Sequence[torch.Tensor] = embedded
        if self.recipe.fusion == "ot":
            to_first, to_second = self.exchanged(embedded, bank)
            tokens = (to_first, first, second, to_second, second, first)
        stacked = torch.stack(list(tokens), 1)
        if self.attention is not None:
            # the tokens are a choice of the public re-implementation; the paper says "multi-head attention"
            stacked = self.attention(stacked, stacked)
        return stacked.flatten(1), {}


class Mata(TransportFusion):
    """Emotion from two encoders, exchanged by optimal transport and attended to."""

    RECIPE: FusionRecipe = RECIPE
    RECIPES: Mapping[str, FusionRecipe] = {
        "no-attention": msgspec.structs.replace(RECIPE, attention=False),
        "concat": msgspec.structs.replace(RECIPE, attention=False, fusion="concat"),
        "batch": msgspec.structs.replace(RECIPE, inference="batch"),
    }
    SOURCES: Mapping[str, str] = {
        **dict.fromkeys(("filters", "width", "heads", "attention", "fusion"), "published"),
        **dict.fromkeys(("batch", "epochs", "optimiser.name", "optimiser.learning_rate"), "published"),
        **dict.fromkeys(("epsilon", "iterations", "hidden"), "repository"),
        **dict.fromkeys(("dropout", "patience", "validation"), "repository"),
    }
    PAPER = "MATA, of multimodal foundation models on emotion in non-verbal vocalisations"
    CLAIMS: Mapping[str, object] = {
        "LanguageBind + ImageBind, 5 folds": {
            "ASVP-ESD": {"accuracy_percent": 76.47, "macro_f1_percent": 70.35},
            "JNV": {"accuracy_percent": 77.40, "macro_f1_percent": 76.19},
            "VIVAE": {"accuracy_percent": 75.12, "macro_f1_percent": 74.63},
            "CREMA-D": {"accuracy_percent": 72.64, "macro_f1_percent": 72.62},
        },
        "without attention": {
            "ASVP-ESD": {"accuracy_percent": 76.41, "macro_f1_percent": 68.79},
            "JNV": {"accuracy_percent": 77.03, "macro_f1_percent": 76.14},
            "VIVAE": {"accuracy_percent": 70.05, "macro_f1_percent": 69.80},
            "CREMA-D": {"accuracy_percent": 62.12, "macro_f1_percent": 62.05},
        },
        "concat": {
            "ASVP-ESD": {"accuracy_percent": 76.34, "macro_f1_percent": 64.58},
            "JNV": {"accuracy_percent": 72.62, "macro_f1_percent": 72.26},
            "VIVAE": {"accuracy_percent": 67.48, "macro_f1_percent": 67.28},
            "CREMA-D": {"accuracy_percent": 71.46, "macro_f1_percent": 71.71},
        },
    }

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """The six tokens and their attention."""
        assert isinstance(recipe, MataRecipe)
        return MataBody(recipe, dimensions)
