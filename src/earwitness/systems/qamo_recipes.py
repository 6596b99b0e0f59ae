"""Settings of QAMO: as published, as in the authors' code, and at a size that two processors train."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import msgspec

from earwitness.audio.augmentation import RawBoost, Sometimes
from earwitness.errors import BadInput
from earwitness.layers.many_centres import Scoring
from earwitness.systems.tuned_detector import TunedRecipe
from earwitness.training.recipe import Optimiser, View

QUALITY = "quality"
"""Column of the quality class: "0" is the lowest (see `earwitness corpora quality`)."""
BY_QUALITY = ("qamo", "cross-entropy-quality")
"""Objectives that look at the quality class."""

RULE = Sometimes(augment=RawBoost(algorithm=4), chance=0.4, lowers=QUALITY)
"""The published augmentation: what it roughens falls by one class."""


class QamoRecipe(TunedRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of QAMO and of the one-class losses beside it.

    The view is a waveform, before an encoder of this recipe, or the frames of an encoder from the store; then
    the recipe's encoder and what is said of its training are not looked at. Of what detectors with logits
    have, only the class weights count, for cross-entropy.

    Args:
        objective: `qamo`; `oc-softmax` (one centre); `am-softmax` (a direction for each of spoof and
            bona fide, the score is the cosine with the second); `samo` (a centre for each training speaker,
            scored by the nearest); `cross-entropy` (two logits and no centres, scored by that of bona fide);
            `cross-entropy-quality` (the same with the quality loss of centres beside it: an ablation).
        centres: quality classes, 2 or more.
        scale: of the one-class loss (alpha), and of AM-Softmax.
        real: cosine above which bona fide costs little.
        fake: cosine below which a spoof costs little.
        margin: of AM-Softmax.
        quality_weight: of the quality loss beside the one-class loss.
        quality_scale: of the quality loss: 20 in the paper, 32 in the authors' code.
        quality_margin: of the quality loss.
        scoring: of several quality centres: `softmax` (the paper), `mean` (the authors' code) or `max`.
        centre_learning_rate: of the centres; the optimiser's is that of the rest.
        momentum: of SAMO's attractors.
    """

    INPUTS: ClassVar[tuple[str, ...]] = ("waveform", "frames")

    objective: Literal[
        "qamo", "oc-softmax", "am-softmax", "samo", "cross-entropy", "cross-entropy-quality"
    ] = "qamo"
    centres: int = 2
    scale: float = 20.0
    real: float = 0.9
    fake: float = 0.2
    margin: float = 0.9
    quality_weight: float = 0.1
    quality_scale: float = 20.0
    quality_margin: float = 0.4
    scoring: Scoring = "softmax"
    centre_learning_rate: float = 1e-3
    momentum: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.centres < 2:
            raise BadInput("QAMO has 2 centres or more; oc-softmax has one", where="recipe.centres")
        if min(self.scale, self.quality_scale) <= 0 or self.quality_weight < 0:
            raise BadInput("scales must be above 0, quality_weight 0 or more", where="recipe")
        if not 0 <= self.momentum < 1:
            raise BadInput("must be in [0, 1)", where="recipe.momentum")
        if self.views[0].copies:
            raise BadInput(
                "changes the one waveform there is; copies are DPDA's", where="recipe.views.copies"
            )


def _waveform(length: int, augment: Sometimes) -> tuple[View, ...]:
    return (View(name="waveform", input="waveform", length=length, short="repeat", augment=augment),)


PUBLISHED = QamoRecipe(
    system="qamo",
    views=_waveform(66_800, RULE),
    encoder="xls-r-300m",
    layers=(24,),
    back_end="conformer-tcm",
    batch=20,
    epochs=100,
    patience=7,
    average=5,
    seeds=(1234,),
    optimiser=Optimiser(name="adam", learning_rate=1e-6, weight_decay=1e-4),
)
"""XLS-R 300M and Conformer-TCM as in the paper; 100 epochs at most is our choice."""

REPOSITORY = msgspec.structs.replace(PUBLISHED, quality_scale=32.0, scoring="mean")
"""Where the authors' code differs from their paper."""

RECIPE = QamoRecipe(
    system="qamo",
    views=_waveform(48_000, RULE),
    encoder="whisper-base",
    layers=(2,),
    back_end="nes2net",
    back_end_settings=("variant=x",),
    batch=8,
    epochs=20,
    patience=5,
    encoder_learning_rate=3e-5,
    optimiser=Optimiser(name="adam", learning_rate=3e-4, weight_decay=1e-4),
)
"""A size that two processors train: Whisper base up to its second block, Nes2Net-X."""

_PLAIN = msgspec.structs.replace(RECIPE, views=_waveform(48_000, Sometimes(augment=RULE.augment, chance=0.4)))

RECIPES: Mapping[str, QamoRecipe] = {
    "published": PUBLISHED,
    "published-nes2net": msgspec.structs.replace(
        PUBLISHED, back_end="nes2net", back_end_settings=("variant=x",)
    ),
    "repository": REPOSITORY,
    "frames": msgspec.structs.replace(
        RECIPE,
        views=(View(encoder="whisper-base", layers=(3,), length=200, cut="random"),),
        batch=32,
        epochs=30,
        patience=6,
    ),
    "oc-softmax": msgspec.structs.replace(_PLAIN, objective="oc-softmax"),
    "am-softmax": msgspec.structs.replace(_PLAIN, objective="am-softmax"),
    "cross-entropy": msgspec.structs.replace(_PLAIN, objective="cross-entropy"),
    "cross-entropy-quality": msgspec.structs.replace(RECIPE, objective="cross-entropy-quality"),
    "samo": msgspec.structs.replace(_PLAIN, objective="samo", real=0.7, fake=0.0),
}
"""By name, beside the default."""


def lowers_quality(augment: Any) -> bool:
    """Whether something in an augmentation, as plain values, lowers the quality class."""
    if isinstance(augment, dict):
        return augment.get("lowers") == QUALITY or any(map(lowers_quality, augment.values()))
    return isinstance(augment, list | tuple) and any(map(lowers_quality, augment))
