"""MHFA: attention heads pool over time, with layer sums of their own for keys and values."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from earwitness.layers.aggregation import WeightedSum
from earwitness.layers.frame_convolution import FrameConvolution
from earwitness.systems.frame_detector import FrameDetector, FrameRecipe
from earwitness.training.recipe import Optimiser, View


class MhfaRecipe(FrameRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of MHFA.

    Args:
        heads: of the attention.
        compression: channels of keys and values.
        embedding: width of what the heads give together.
    """

    heads: int = 32
    compression: int = 128
    embedding: int = 256


class Mhfa(nn.Module):
    """The network.

    Args:
        dimension: of the frames.
        layers: hidden layers.
        outputs: numbers a clip.
        heads: of the attention.
        compression: channels of keys and values.
        embedding: width of what the heads give together.

    Reference: Peng et al., "An attention-based backend allowing efficient fine-tuning of transformer
    models for speaker verification", SLT 2022.

    Example:
        >>> tuple(Mhfa(8, 3, heads=2, compression=4, embedding=5)(torch.randn(2, 3, 7, 8)).shape)
        (2, 1)
    """

    def __init__(
        self,
        dimension: int,
        layers: int,
        outputs: int = 1,
        *,
        heads: int = 32,
        compression: int = 128,
        embedding: int = 256,
    ) -> None:
        super().__init__()
        self.key_sum, self.value_sum = WeightedSum(layers), WeightedSum(layers)
        self.key = FrameConvolution(dimension, compression)
        self.value = FrameConvolution(dimension, compression)
        self.attention = nn.Linear(compression, heads)
        self.embedding = nn.Linear(heads * compression, embedding)
        self.head = nn.Linear(embedding, outputs)

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (batch, outputs) of (batch, layers, time, dimension)."""
        keys, values = self.key(self.key_sum(frames)), self.value(self.value_sum(frames))
        scores = self.attention(keys)
        if mask is not None:
            scores = scores - 1e4 * (1 - mask.unsqueeze(-1))
        pooled = torch.einsum("bth,btc->bhc", torch.softmax(scores, dim=1), values)
        logits: torch.Tensor = self.head(self.embedding(pooled.flatten(1)))
        return logits


class MhfaSystem(FrameDetector):
    """Multi-head factorised attentive pooling on the layers of an encoder."""

    RECIPE: FrameRecipe = MhfaRecipe(
        system="mhfa",
        views=(View(encoder="whisper-base", layers=(1, 2, 3), length=200, cut="random"),),
        sum="every",
        batch=32,
        epochs=30,
        patience=6,
        optimiser=Optimiser(learning_rate=5e-4, weight_decay=1e-4),
    )
    CLAIMS: Mapping[str, object] = {"PartialSpoof, utterance, frozen WavLM-Large": {"eer_percent": 1.38}}
    SOURCES: Mapping[str, str] = dict.fromkeys(("compression", "embedding"), "repository")
    PAPER = "Peng et al.: An attention-based backend for speaker verification, SLT 2022"

    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The network."""
        assert isinstance(recipe, MhfaRecipe)
        return Mhfa(
            shape[-1], shape[0], recipe.outputs, heads=recipe.heads, compression=recipe.compression,
            embedding=recipe.embedding,
        )  # fmt: skip
