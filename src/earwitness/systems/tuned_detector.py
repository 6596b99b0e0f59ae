"""Detectors from the waveform: an encoder, frozen or trained with it, before any detector over frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import msgspec
import numpy as np
import torch
from torch import nn

from earwitness.audio.augmentation import RawBoost
from earwitness.encoders.fine_tuning import LowRank, Tuning
from earwitness.encoders.trainable import trainable
from earwitness.errors import BadInput
from earwitness.layers.folded_nes2net import FoldedNes2Net
from earwitness.layers.nested_res2net import Nes2Net
from earwitness.systems.frame_detector import FrameDetector, FrameNetwork, FrameRecipe
from earwitness.task import DETECTION, Task
from earwitness.training.data import Batch, Examples
from earwitness.training.recipe import Optimiser, Recipe, View
from earwitness.training.stage import ParameterGroup, Stage


class TunedRecipe(FrameRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a detector from the waveform.

    Args:
        encoder: name in the catalogue.
        weights: where the encoder's are; looked for in the usual places when `None`.
        layers: hidden states that the back end reads; the encoder ends at the highest.
        trains: what of the encoder: `nothing`, `all`, `blocks` (all but the convolutions at its front) or
            `adapters` (LoRA).
        rank: of the adapters.
        checkpointing: compute states inside blocks again while gradients flow back, for less memory.
        encoder_learning_rate: of the encoder; the optimiser's when `None`.
        layer_decay: factor of the learning rate for each block below the highest, 1 = none.
        back_end: name of a detector over frames, whose network reads the encoder's.
        back_end_settings: `key=value` each, of the back end's own recipe.
    """

    INPUTS: ClassVar[tuple[str, ...]] = ("waveform",)

    encoder: str = "whisper-base"
    weights: str | None = None
    layers: tuple[int, ...] = (2,)
    trains: Literal["nothing", "all", "blocks", "adapters"] = "all"
    rank: int = 8
    checkpointing: bool = False
    encoder_learning_rate: float | None = None
    layer_decay: float = 1.0
    back_end: str = "nes2net"
    back_end_settings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.layers:
            raise BadInput("needs the hidden states that the back end reads", where="recipe.layers")
        if not 0 < self.layer_decay <= 1:
            raise BadInput("must be above 0 and at most 1", where="recipe.layer_decay")
        if len(self.views) != 1 or self.views[0].input not in self.INPUTS:
            raise BadInput(f"needs one view, of {' or '.join(self.INPUTS)}", where="recipe.views")


RECIPE = TunedRecipe(
    system="fine-tuned",
    views=(View(name="waveform", input="waveform", length=64_600, short="repeat"),),
    batch=12,
    epochs=30,
    patience=7,
    average=5,
    encoder_learning_rate=1e-5,
    optimiser=Optimiser(name="adam", learning_rate=3e-4, weight_decay=1e-4),
)


def _nes2net(length: int, **changes: Any) -> TunedRecipe:
    """Nes2Net with its encoder trained at the same learning rate, as published."""
    settings: dict[str, Any] = {
        "views": (View(name="waveform", input="waveform", length=length, short="repeat", cut="random"),),
        "encoder": "wavlm-large", "layers": (24,), "epochs": 100, "patience": None, "average": 1,
        "select": "primary", "encoder_learning_rate": None,
    }  # fmt: skip
    return msgspec.structs.replace(RECIPE, **(settings | changes))


_LA = _nes2net(
    64_600,
    views=(
        View(name="waveform", input="waveform", length=64_600, short="repeat", augment=RawBoost(algorithm=4)),
    ),
    encoder="xls-r-300m", back_end_settings=("variant=x", "dilation=2"), outputs=2, loss="cross-entropy",
    class_weights=(0.1, 0.9), batch=12, seeds=(1234, 12345),
    optimiser=Optimiser(name="adam", learning_rate=2.5e-7, weight_decay=1e-4),
)  # fmt: skip

RECIPES: Mapping[str, TunedRecipe] = {
    "nes2net-asvspoof-2019": _LA,
    "nes2net-asvspoof-5": _nes2net(
        64_600, back_end_settings=("variant=x",), outputs=2, loss="cross-entropy", class_weights=(1.0, 1.0),
        batch=64, patience=5,
        optimiser=Optimiser(
            name="adam", learning_rate=1e-6, weight_decay=1e-4, schedule="cosine", period=100, lowest=1e-7
        ),
    ),
    "nes2net-ctrsvdd": _nes2net(
        64_000,
        views=(
            View(
                name="waveform", input="waveform", length=64_000, short="repeat", cut="random",
                augment=RawBoost(algorithm=8),
            ),
        ),
        layers=tuple(range(25)), sum="sea", loss="focal", batch=34, epochs=75, seeds=(4, 42, 420),
        optimiser=Optimiser(
            name="adamw", learning_rate=1e-6, weight_decay=1e-4, schedule="cosine", period=5, lowest=1e-9
        ),
    ),
    "nes2net-partial-spoof": _LA,
}  # fmt: skip
"""Nes2Net as published, encoder and all; docs/recipes.md has the commands. ASVspoof 5 was trained with noise
and reverberation from MUSAN and RIR folders, which `--set views.0.augment=...` names. The settings for
PartialSpoof were not established: those of ASVspoof 2019 LA, whose utterances it is made of."""


class TunedNetwork(FrameNetwork):
    """An encoder before a detector over frames.

    Args:
        front: `(batch, samples), lengths -> (batch, layers, frames, dimension), frame lengths`.
        body: the back end's network.
        shape: (layers, dimension) of the front.
        recipe: of the system.
        fold: see `FrameNetwork`.
    """

    def __init__(
        self,
        front: nn.Module,
        body: nn.Module,
        shape: tuple[int, ...],
        recipe: TunedRecipe,
        fold: Callable[[Any], Callable[[torch.Tensor], torch.Tensor]] | None = None,
    ) -> None:
        super().__init__(body, shape, recipe, fold)
        self.front = front
        self.frozen = recipe.trains == "nothing"

    def train(self, mode: bool = True) -> TunedNetwork:
        """As of any module; a frozen encoder stays as it is when it scores, without dropout."""
        super().train(mode)
        if self.frozen:
            self.front.eval()
        return self

    def hear(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Outputs of the back end, (batch, outputs), of waveforms (batch, samples) with true lengths."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            frames, frame_lengths = self.front(waveforms, lengths)
        places = torch.arange(frames.shape[2], device=frames.device)
        mask = (places[None] < frame_lengths[:, None].to(frames.device)).to(frames.dtype)
        found: torch.Tensor = self(frames, None if bool(mask.all()) else mask)
        return found


class TunedDetector(FrameDetector):
    """A detector from the waveform, trained end to end or on a frozen encoder."""

    RECIPE: FrameRecipe = RECIPE
    RECIPES: Mapping[str, FrameRecipe] = RECIPES
    PAPER = "none: any back end of this collection on an encoder that is trained with it"

    def build(
        self, recipe: Recipe, dimensions: Mapping[str, tuple[int, ...]], task: Task = DETECTION
    ) -> FrameNetwork:
        """The network: the encoder with its weights, the back end freshly initialised."""
        del dimensions, task
        if not isinstance(recipe, TunedRecipe):
            raise BadInput(f"is not a recipe of {self.RECIPE.system}", where=recipe.system)
        adapters = LowRank(rank=recipe.rank)
        tuning = Tuning(trains=recipe.trains, adapters=adapters, checkpointing=recipe.checkpointing)
        front = trainable(recipe.encoder, recipe.layers, tuning, weights=recipe.weights)
        with torch.no_grad():
            second = torch.zeros(1, front.front.sample_rate)
            dimension = front.eval()(second)[0].shape[-1]
        shape = (len(recipe.layers), dimension)
        return TunedNetwork(front, self.body(recipe, shape), shape, recipe, self.fold)

    def fold(self, body: nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
        """The same back end for scoring, its norms folded where it is Nes2Net, with or without its head."""
        network = getattr(body, "network", body)
        return FoldedNes2Net(network) if isinstance(network, Nes2Net) else body

    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The back end's network."""
        assert isinstance(recipe, TunedRecipe)
        detector, settings = back_end(recipe)
        inner = shape if settings.sum == "every" else shape[-1:]
        return detector.body(settings, inner)

    def stages(self, recipe: Recipe, rows: np.ndarray, examples: Examples) -> Sequence[Stage]:
        """One stage over all rows, the encoder at learning rates of its own."""
        del examples
        assert isinstance(recipe, TunedRecipe)
        return [Stage(name="all", rows=rows, epochs=recipe.epochs, parameter_groups=learning_rates(recipe))]

    def logits(self, module: FrameNetwork, batch: Batch) -> torch.Tensor:
        """(batch, outputs), of the clean copy where there are several."""
        assert isinstance(module, TunedNetwork)
        values, lengths = batch.views[module.recipe.views[0].name]
        clean = values[:, 0] if values.ndim == 4 else values
        return module.hear(clean.squeeze(-1), lengths)


def back_end(recipe: TunedRecipe) -> tuple[FrameDetector, FrameRecipe]:
    """The detector over frames that a recipe names, and its recipe with as many outputs as ours.

    Raises:
        BadInput: when there is no such system, it does not read frames or not so many layers, or a setting is
            not its own.
    """
    from earwitness.systems.registry import system
    from earwitness.training.recipe import with_settings

    named: Any = system(recipe.back_end)
    if not isinstance(named, FrameDetector) or isinstance(named, TunedDetector):
        raise BadInput("is no detector over frames", where=recipe.back_end)
    if (named.RECIPE.sum == "every") != (recipe.sum == "every"):
        wants = "every layer: set sum=every" if recipe.sum != "every" else "one layer: set sum to another"
        raise BadInput(f"reads {wants}", where=recipe.back_end)
    settings = with_settings(named.RECIPE, recipe.back_end_settings, where="recipe.back_end_settings")
    shared = {"outputs": recipe.outputs, "loss": recipe.loss, "sum": recipe.sum}
    return named, msgspec.structs.replace(settings, **shared)


def learning_rates(recipe: TunedRecipe) -> tuple[ParameterGroup, ...]:
    """Parameter groups of the encoder: one, or one for each block where learning rates fall with depth."""
    if recipe.trains == "nothing":
        return ()
    highest = recipe.encoder_learning_rate or recipe.optimiser.learning_rate
    if recipe.layer_decay == 1.0:
        return (ParameterGroup(pattern=r"^front\.", learning_rate=highest),)
    top = max(recipe.layers)
    blocks = tuple(
        ParameterGroup(
            pattern=rf"^front\..*(layers?|blocks)\.{block}\.",
            learning_rate=highest * recipe.layer_decay ** (top - 1 - block),
        )
        for block in range(top)
    )
    bottom = ParameterGroup(pattern=r"^front\.", learning_rate=highest * recipe.layer_decay**top)
    return (*blocks, bottom)
