"""Nes2Net: a nested Res2Net that reads an encoder's frames without narrowing them first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from torch import nn

from earwitness.layers.folded_nes2net import FoldedNes2Net
from earwitness.layers.nested_res2net import Nes2Net, Variant
from earwitness.systems.frame_detector import FrameDetector, FrameRecipe
from earwitness.training.recipe import Optimiser, View

__all__ = ["RECIPE", "Nes2Net", "Nes2NetRecipe", "Nes2NetSystem"]


class Nes2NetRecipe(FrameRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of Nes2Net.

    Args:
        variant: `plain`, `x` (every step keeps all earlier ones beside it) or `x-selu`.
        nest: outer and inner ratio: into how many chunks the channels are split.
        dilation: of the convolutions over time.
        reduction: of the squeeze-and-excitation bottleneck.
        pooling: over time: `mean` or `attentive` statistics.
        pooling_width: of the attention's bottleneck.
    """

    variant: Variant = "plain"
    nest: tuple[int, int] = (8, 8)
    dilation: int = 1
    reduction: int = 1
    pooling: Literal["mean", "attentive"] = "mean"
    pooling_width: int = 128


RECIPE = Nes2NetRecipe(
    system="nes2net",
    views=(View(encoder="whisper-base", layers=(3,), length=200, cut="random"),),
    batch=32,
    epochs=30,
    patience=6,
    optimiser=Optimiser(learning_rate=5e-4, weight_decay=1e-4),
)


class Nes2NetSystem(FrameDetector):
    """Nes2Net on the frames of an encoder."""

    RECIPE: FrameRecipe = RECIPE
    SOURCES: Mapping[str, str] = dict.fromkeys(
        ("variant", "nest", "dilation", "reduction", "pooling", "optimiser.weight_decay"), "published"
    ) | {"pooling_width": "repository", "optimiser.betas": "repository"}
    PAPER = (
        "Liu et al.: Nes2Net, a lightweight nested architecture for foundation model driven speech "
        "anti-spoofing, 2025"
    )

    def fold(self, body: Nes2Net) -> FoldedNes2Net:
        """The same network with its norms folded, for scoring."""
        return FoldedNes2Net(body)

    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The nested network."""
        assert isinstance(recipe, Nes2NetRecipe)
        return Nes2Net(
            shape[-1],
            recipe.outputs,
            variant=recipe.variant,
            nest=recipe.nest,
            dilation=recipe.dilation,
            reduction=recipe.reduction,
            pooling=recipe.pooling,
            pooling_width=recipe.pooling_width,
        )
