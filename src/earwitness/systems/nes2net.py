"""Nes2Net: a nested Res2Net that reads an encoder's frames without narrowing them first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
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
        compile: let torch compile the network for training (`torch.compile`; it needs a C++ compiler, and a
            minute before the first step). Scoring has its own, folded form.
    """

    variant: Variant = "plain"
    nest: tuple[int, int] = (8, 8)
    dilation: int = 1
    reduction: int = 1
    pooling: Literal["mean", "attentive"] = "mean"
    pooling_width: int = 128
    compile: bool = False


RECIPE = Nes2NetRecipe(
    system="nes2net",
    views=(View(encoder="whisper-base", layers=(3,), length=200, cut="random"),),
    batch=32,
    epochs=30,
    patience=6,
    optimiser=Optimiser(learning_rate=5e-4, weight_decay=1e-4),
)


def _published(**changes: Any) -> Nes2NetRecipe:
    """A benchmark recipe; the published ones fine-tune the encoder, these read it frozen."""
    defaults: dict[str, Any] = {
        "batch": 12, "epochs": 100, "patience": None, "select": "primary", "dilation": 1,
    }  # fmt: skip
    return msgspec.structs.replace(RECIPE, **(defaults | changes))


def _frames(encoder: str, layers: tuple[int, ...], samples: int, cut: Literal["first", "random"]) -> View:
    # A window of 400 samples every 320: so many frames has a clip of that length.
    return View(encoder=encoder, layers=layers, length=(samples - 400) // 320 + 1, short="repeat", cut=cut)


RECIPES = {
    "ctrsvdd": _published(
        views=(_frames("wavlm-large", tuple(range(25)), 64_000, "random"),),
        sum="sea", loss="focal", batch=34, epochs=75, seeds=(4, 42, 420),
        optimiser=Optimiser(
            name="adamw", learning_rate=1e-6, weight_decay=1e-4, schedule="cosine", period=5, lowest=1e-9
        ),
    ),
    "asvspoof-2019": _published(
        views=(_frames("xls-r-300m", (24,), 64_600, "first"),),
        variant="x", dilation=2, outputs=2, loss="cross-entropy", class_weights=(0.1, 0.9),
        seeds=(1234, 12345),
        optimiser=Optimiser(name="adam", learning_rate=2.5e-7, weight_decay=1e-4),
    ),
    "asvspoof-5": _published(
        views=(_frames("wavlm-large", (24,), 64_600, "random"),),
        variant="x", outputs=2, loss="cross-entropy", class_weights=(1.0, 1.0), batch=64, patience=5,
        optimiser=Optimiser(
            name="adam", learning_rate=1e-6, weight_decay=1e-4, schedule="cosine", period=100, lowest=1e-7
        ),
    ),
}  # fmt: skip
"""Published settings by benchmark: CtrSVDD; ASVspoof 2019 LA (to be tested on 2021 LA and DF and
In-the-Wild, too, by `earwitness score`); ASVspoof 5. Their learning rates are for fine-tuning the encoder
with the network; with frozen frames a larger one is needed (`--set optimiser.learning_rate=5e-4`)."""


class Nes2NetSystem(FrameDetector):
    """Nes2Net on the frames of an encoder."""

    RECIPE: FrameRecipe = RECIPE
    RECIPES: Mapping[str, FrameRecipe] = RECIPES
    CLAIMS: Mapping[str, object] = {
        "against the best baseline on CtrSVDD": {"eer_relative": -0.22, "compute_relative": -0.87},
        "CtrSVDD without ACE, plain, best (mean)": {"eer_percent": "2.53 (2.55)"},
        "ASVspoof 2021 LA, DF, X, best (mean)": {"eer_percent": ("1.73 (1.95)", "1.65 (1.91)")},
        "In-the-Wild, X, best (mean)": {"eer_percent": "5.15 (6.31)"},
        "back-end parameters, 1 logit": 510_769,
    }
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
        network = Nes2Net(
            shape[-1],
            recipe.outputs,
            variant=recipe.variant,
            nest=recipe.nest,
            dilation=recipe.dilation,
            reduction=recipe.reduction,
            pooling=recipe.pooling,
            pooling_width=recipe.pooling_width,
        )
        if recipe.compile:
            network.compile()  # in place: its weights keep their names
        return network
