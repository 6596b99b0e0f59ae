"""Conformer-TCM: a narrow Conformer with a class token, whose attention has a token for each head."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.conformer import ConformerBlock
from earwitness.layers.frame_convolution import FrameConvolution
from earwitness.systems.frame_detector import FrameDetector, FrameRecipe
from earwitness.training.recipe import Optimiser, View


class ConformerRecipe(FrameRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of Conformer-TCM.

    Args:
        width: of the sequence, to which frames are narrowed.
        blocks: Conformer blocks.
        heads: of the attention.
        taps: of the depthwise convolution.
    """

    width: int = 144
    blocks: int = 4
    heads: int = 4
    taps: int = 31


class ConformerTcm(nn.Module):
    """The network.

    Args:
        dimension: of the frames.
        outputs: numbers a clip.
        width: of the sequence.
        blocks: Conformer blocks.
        heads: of the attention.
        taps: of the depthwise convolution.

    Raises:
        BadInput: when heads do not divide the width.

    Reference: Truong et al., Interspeech 2024.

    Example:
        >>> tuple(ConformerTcm(16, 2, width=8, heads=2).eval()(torch.randn(3, 5, 16)).shape)
        (3, 2)
    """

    def __init__(
        self,
        dimension: int = 1024,
        outputs: int = 2,
        *,
        width: int = 144,
        blocks: int = 4,
        heads: int = 4,
        taps: int = 31,
    ) -> None:
        super().__init__()
        if width % heads or width % 2:
            raise BadInput(f"{heads} heads do not divide an even width of {width}", where="Conformer-TCM")
        self.narrow = FrameConvolution(dimension, width)
        self.norm = nn.BatchNorm2d(1)
        self.token = nn.Parameter(torch.rand(1, 1, width))
        self.blocks = nn.ModuleList(ConformerBlock(width, heads, taps) for _ in range(blocks))
        self.head = nn.Linear(width, outputs)

    def embed(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """The class token after the last block, (batch, width)."""
        narrow = self._normed(self.narrow(frames), mask)
        sequence = nn.functional.selu(narrow) + positions(frames.shape[1], narrow.shape[-1]).to(narrow)
        sequence = torch.cat([self.token.expand(len(frames), -1, -1), sequence], dim=1)
        seen = None if mask is None else torch.cat([mask.new_ones(len(mask), 1), mask], dim=1)
        for block in self.blocks:
            sequence = block(sequence, seen)
        return sequence[:, 0]

    def _normed(self, narrow: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """One scale and shift for all channels; padding counts in no statistic."""
        if mask is None:
            return self.norm(narrow.unsqueeze(1)).squeeze(1)
        real = mask > 0
        normed = torch.zeros_like(narrow)
        normed[real] = self.norm(narrow[real][None, None])[0, 0]
        return normed

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (batch, outputs) of (batch, time, dimension) under a (batch, time) mask."""
        logits: torch.Tensor = self.head(self.embed(frames, mask))
        return logits


def positions(count: int, width: int) -> torch.Tensor:
    """Sines and cosines of falling frequency, (count, width).

    Example:
        >>> positions(2, 4)[0].tolist()
        [0.0, 1.0, 0.0, 1.0]
    """
    rate = 10_000.0 ** (-2 * torch.div(torch.arange(width), 2, rounding_mode="floor") / width)
    angle = torch.arange(count)[:, None] * rate
    return torch.where(torch.arange(width) % 2 == 0, torch.sin(angle), torch.cos(angle))


class ConformerTcmSystem(FrameDetector):
    """Conformer-TCM on the frames of an encoder."""

    RECIPE: FrameRecipe = ConformerRecipe(
        system="conformer-tcm",
        views=(View(encoder="whisper-base", layers=(3,), length=200, cut="random"),),
        outputs=2,
        loss="cross-entropy",
        batch=32,
        epochs=30,
        patience=6,
        optimiser=Optimiser(learning_rate=3e-4, weight_decay=1e-4),
    )
    CLAIMS: Mapping[str, object] = {
        "ASVspoof 2021 LA, DF; In-the-Wild": {"eer_percent": (1.03, 2.06, 7.79)},
        "back-end parameters": 2_383_000,
    }
    SOURCES: Mapping[str, str] = dict.fromkeys(
        ("width", "blocks", "heads", "taps", "outputs", "loss", "optimiser.weight_decay"), "published"
    )
    PAPER = "Truong et al.: Temporal-channel modeling in multi-head self-attention, Interspeech 2024"

    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The network."""
        assert isinstance(recipe, ConformerRecipe)
        return ConformerTcm(
            shape[-1], recipe.outputs, width=recipe.width, blocks=recipe.blocks, heads=recipe.heads,
            taps=recipe.taps,
        )  # fmt: skip
