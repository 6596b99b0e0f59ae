"""DPDA: each clip on several paths, clean and augmented, with gradients that agree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from earwitness.audio.augmentation import RawBoost
from earwitness.errors import BadInput
from earwitness.layers.gradient_alignment import align, coefficients
from earwitness.systems.frame_detector import FrameRecipe
from earwitness.systems.path_pictures import path_pictures
from earwitness.systems.tuned_detector import TunedDetector, TunedNetwork, TunedRecipe
from earwitness.training.aligning import AlignGradients
from earwitness.training.data import Batch
from earwitness.training.recipe import Optimiser, View
from earwitness.training.stage import Stage

__all__ = ["PUBLISHED", "RECIPE", "Dpda", "DpdaRecipe", "align", "coefficients"]


class DpdaRecipe(TunedRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of dual-path training; the view's `copies` are the augmented paths.

    Args:
        joint: all paths in one forward pass, so that BatchNorm sees them together, as published; then each
            path's backward pass goes through all of it. Else a pass a path, at the cost of plain training.
    """

    joint: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.views[0].copies:
            raise BadInput("needs at least one augmented copy", where="recipe.views.copies")


PUBLISHED = DpdaRecipe(
    system="dpda",
    views=(
        View(
            name="waveform", input="waveform", length=66_800, short="repeat",
            augment=RawBoost(algorithm=4), copies=1,
        ),
    ),
    encoder="xls-r-300m",
    layers=(24,),
    back_end="conformer-tcm",
    outputs=2,
    loss="cross-entropy",
    class_weights=(0.1, 0.9),
    batch=5,
    epochs=100,
    patience=7,
    average=5,
    seeds=(1234,),
    optimiser=Optimiser(name="adam", learning_rate=1e-6, weight_decay=1e-4),
    step=AlignGradients(method="pcgrad"),
)  # fmt: skip
"""XLS-R 300M and Conformer-TCM as in the paper; early stopping on the clean development loss."""

RECIPE = DpdaRecipe(
    system="dpda",
    views=(
        View(
            name="waveform", input="waveform", length=48_000, short="repeat",
            augment=RawBoost(algorithm=4), copies=1,
        ),
    ),
    encoder="whisper-base",
    layers=(2,),
    back_end="nes2net",
    batch=8,
    epochs=20,
    patience=5,
    encoder_learning_rate=3e-5,
    optimiser=Optimiser(name="adam", learning_rate=3e-4, weight_decay=1e-4),
    step=AlignGradients(method="pcgrad", groups={"encoder": r"^front\.", "back end": r"^(body|layers)\."}),
)  # fmt: skip
"""A size that two processors train: Whisper base up to its second block."""


class Dpda(TunedDetector):
    """Dual-path data augmentation with gradient alignment, on any encoder, back end and number of paths.

    There is no BatchNorm over processes on CPU: where the back end has one, training in several processes
    normalises each process's rows by themselves, and differs from one process.
    """

    RECIPE: FrameRecipe = RECIPE
    RECIPES: Mapping[str, FrameRecipe] = {"published": PUBLISHED}
    SOURCES: Mapping[str, str] = dict.fromkeys(
        ("optimiser.weight_decay", "views.augment", "views.copies", "step.method", "joint"), "published"
    ) | dict.fromkeys(("step.decay", "step.update", "step.radius"), "repository")
    PAPER = "Truong et al.: Dual-path data augmentation with gradient alignment, 2025"

    def supplement(self, folder: Path) -> list[str]:
        """Draw conflict rate, losses and norms of the paths by epoch into the folder of a run."""
        return path_pictures(folder)

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """The recipe's objective on each path; on rows without copies (validation) on the clean one alone."""
        assert isinstance(module, TunedNetwork)
        assert isinstance(module.recipe, DpdaRecipe)
        view = module.recipe.views[0]
        values, lengths = batch.views[view.name]
        paths = values.squeeze(-1).unbind(1)
        if len(paths) == 1:
            return super().losses(module, batch, stage)
        truth = batch.copied[view.name]["label"].unbind(1)
        if module.recipe.joint:
            logits = module.hear(torch.cat(paths), lengths.repeat(len(paths))).chunk(len(paths))
        else:
            logits = tuple(module.hear(path, lengths) for path in paths)
        names = (
            "clean",
            *(f"augmented {k}" if len(paths) > 2 else "augmented" for k in range(1, len(paths))),
        )
        return {
            name: {module.recipe.loss: self.objective(module, logit, target)}
            for name, logit, target in zip(names, logits, truth, strict=True)
        }
