"""Where in a recording: a score for every frame of 20 ms, and for frames of up to 640 ms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.encoders.fine_tuning import LowRank, Tuning
from earwitness.encoders.trainable import trainable
from earwitness.errors import BadInput
from earwitness.layers.frame_trunk import FrameHeads, FrameTrunk
from earwitness.layers.nested_res2net import Nes2Net
from earwitness.systems.frame_detector import Layers, LayerSum
from earwitness.task import Target, Task
from earwitness.training.data import Batch, Examples
from earwitness.training.frame_truth import UNKNOWN, coarser
from earwitness.training.recipe import Optimiser, Recipe, View
from earwitness.training.stage import ParameterGroup, Stage

TARGET = Target(column="segments", kind="frames", classes=("spoof", "bona fide"))
LOCALISATION = Task(targets=(TARGET,), unit="frame", primary="frame_eer")
"""A score for every frame, higher = more bona fide."""
HOP = 0.02
"""Shortest frame, in seconds."""


class LocaliserRecipe(Recipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a localiser.

    Args:
        sum: how the layers of a view become one, as for detectors; `beside` puts them beside each other.
        trunk: what looks at the frames: `convolution` (residual, ever longer spans), `nes2net` (before
            its pooling), or `none` (each frame by itself).
        width: channels after the frames were narrowed; Nes2Net reads them as wide.
        taps: frames that a convolution sees.
        dilations: of the convolutions, in order.
        nest: ratios of Nes2Net, whose product divides the width.
        dropout: 0 to 1.
        resolutions: lengths of a frame that are learnt and scored, in seconds, rising, from 0.02 by doubling
            or any whole multiple.
        pooling: of the features in a longer frame, `max` or `mean`.
        class_weights: of (spoof, bona fide) frames in the loss; `None` weighs both by how rare they are
            among the training frames.
        encoder: of a waveform view: what hears it, name in the catalogue.
        weights: where the encoder's are; looked for in the usual places when `None`.
        layers: of that encoder.
        trains: what of that encoder is trained: `nothing`, `all`, `blocks` or `adapters` (LoRA).
        rank: of the adapters.
        encoder_learning_rate: of that encoder; the optimiser's when `None`.
    """

    sum: Layers | Literal["beside"] = "beside"
    trunk: Literal["convolution", "nes2net", "none"] = "convolution"
    width: int = 128
    taps: int = 3
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    nest: tuple[int, int] = (4, 4)
    dropout: float = 0.2
    resolutions: tuple[float, ...] = (0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
    pooling: Literal["max", "mean"] = "max"
    class_weights: tuple[float, float] | None = None
    encoder: str | None = None
    weights: str | None = None
    layers: tuple[int, ...] = ()
    trains: Literal["nothing", "all", "blocks", "adapters"] = "all"
    rank: int = 8
    encoder_learning_rate: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.views) != 1 or self.views[0].input == "vector" or self.views[0].copies:
            raise BadInput("needs one view, of frames or of a waveform without copies", where="recipe.views")
        if (self.views[0].input == "waveform") != (self.encoder is not None and bool(self.layers)):
            raise BadInput(
                "a waveform view needs encoder and layers, frames need none", where="recipe.encoder"
            )
        groups = [length / HOP for length in self.resolutions]
        whole = all(abs(group - round(group)) < 1e-6 for group in groups)
        if not groups or groups[0] != 1 or not whole or sorted(set(groups)) != groups:
            raise BadInput(
                "must rise from 0.02 in whole multiples of it: a longer frame is made of the shortest",
                where="recipe.resolutions",
            )

    @property
    def groups(self) -> tuple[int, ...]:
        """How many of the shortest frames make one of each length."""
        return tuple(round(length / HOP) for length in self.resolutions)


RECIPE = LocaliserRecipe(
    system="frame-localiser",
    views=(View(encoder="whisper-base", layers=(1, 2, 3), normalise="rms", length=200, cut="random"),),
    batch=16,
    epochs=20,
    patience=5,
    optimiser=Optimiser(learning_rate=1e-3, weight_decay=1e-2),
)


def _tuned(encoder: str, layer: int, **changes: Any) -> LocaliserRecipe:
    return msgspec.structs.replace(
        RECIPE, views=(View(name="waveform", input="waveform", length=64_000, cut="random"),),
        encoder=encoder, layers=(layer,), sum="last", batch=8, epochs=50, patience=10,
        encoder_learning_rate=1e-5, optimiser=Optimiser(name="adamw", learning_rate=5e-4, weight_decay=1e-2),
        **changes,
    )  # fmt: skip


RECIPES = {
    "partial-spoof": _tuned("xls-r-300m", 24, trunk="nes2net", nest=(8, 8), width=1024),
    "partial-spoof-frozen": msgspec.structs.replace(
        RECIPE, views=(View(encoder="xls-r-300m", layers=(24,), length=200, cut="random"),), sum="last"
    ),
}
"""For PartialSpoof (`corpora scan partial-spoof`): XLS-R 300M trained with Nes2Net, or read frozen. The
authors of the corpus train wav2vec 2.0 with gated perceptrons; figures of Nes2Net by segment were not
found."""


class LocaliserNetwork(nn.Module):
    """Layer sum, trunk and heads; an encoder before them where the view is a waveform.

    Args:
        shape: (dimension,) or (layers, dimension) of the frames.
        recipe: of the system.
        front: `(batch, samples), lengths -> (batch, layers, frames, dimension), frame lengths`.
    """

    def __init__(
        self, shape: tuple[int, ...], recipe: LocaliserRecipe, front: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.recipe, self.front = recipe, front
        beside = recipe.sum == "beside"
        self.layers = LayerSum("every" if recipe.sum == "beside" else recipe.sum, shape)
        dimension = shape[-1] * (shape[0] if beside and len(shape) == 2 else 1)
        spans = recipe.dilations if recipe.trunk == "convolution" else ()
        self.nested: nn.Module | None = None
        if recipe.trunk == "nes2net":
            self.nested = Nes2Net(recipe.width, 1, nest=recipe.nest)
            del self.nested.head  # nothing is pooled over time here
        self.trunk = FrameTrunk(
            dimension, recipe.width, taps=recipe.taps, dilations=spans, dropout=recipe.dropout
        )
        self.heads = FrameHeads(recipe.width, recipe.groups, recipe.pooling)
        self.class_weights: torch.Tensor
        self.register_buffer("class_weights", torch.tensor(recipe.class_weights or (1.0, 1.0)))

    def train(self, mode: bool = True) -> LocaliserNetwork:
        """As of any module; a frozen encoder stays as it is when it scores, without dropout."""
        super().train(mode)
        if self.front is not None and self.recipe.trains == "nothing":
            self.front.eval()
        return self

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> list[torch.Tensor]:
        """Logits for each length of a frame, (batch, frames), of (batch, [layers,] time, dimension)."""
        summed = self.layers(frames, mask)
        if summed.ndim == 4:
            summed = summed.transpose(1, 2).flatten(2)
        found = self.trunk(summed, mask)
        if self.nested is not None:
            found = self.nested.over_frames(found, mask)  # type: ignore[operator]
        return self.heads(found, mask)

    def hear(self, values: torch.Tensor, lengths: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Logits for each length of a frame, and how many of the shortest each row has."""
        if self.front is not None:
            with torch.set_grad_enabled(torch.is_grad_enabled() and self.recipe.trains != "nothing"):
                values, lengths = self.front(values.squeeze(-1), lengths)
        places = torch.arange(values.shape[-2], device=values.device)
        mask = (places[None] < lengths[:, None].to(values.device)).to(values.dtype)
        return self(values, None if bool(mask.all()) else mask), lengths


class FrameLocaliser:
    """A localiser: which frames are bona fide, at 20 ms to 640 ms, learnt from labelled stretches."""

    RECIPE = RECIPE
    RECIPES: Mapping[str, LocaliserRecipe] = RECIPES
    CLAIMS: Mapping[str, object] = {}
    SOURCES: Mapping[str, str] = {"resolutions": "published"}
    PAPER = (
        "Zhang et al.: The PartialSpoof Database and Countermeasures, IEEE/ACM TASLP 31, 2023 (labels, "
        "training and scoring at several resolutions); the network is ours"
    )

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """Which frames are bona fide."""
        del recipe
        if "segments" not in table.columns:
            raise BadInput(
                "needs a column of stretches: PartialSpoof, `corpora splices` and the part `partial` of "
                "open-voices have one",
                where="segments",
            )
        return LOCALISATION

    def build(
        self, recipe: Recipe, dimensions: Mapping[str, tuple[int, ...]], task: Task = LOCALISATION
    ) -> LocaliserNetwork:
        """The network; the encoder with its weights, the rest freshly initialised."""
        del task
        if not isinstance(recipe, LocaliserRecipe):
            raise BadInput("is not a recipe of frame-localiser", where=recipe.system)
        if recipe.encoder is None:
            return LocaliserNetwork(dimensions[recipe.views[0].name], recipe)
        tuning = Tuning(trains=recipe.trains, adapters=LowRank(rank=recipe.rank))
        front = trainable(recipe.encoder, recipe.layers, tuning, weights=recipe.weights)
        with torch.no_grad():
            dimension = front.eval()(torch.zeros(1, front.front.sample_rate))[0].shape[-1]
        return LocaliserNetwork((len(recipe.layers), dimension), recipe, front)

    def stages(self, recipe: Recipe, rows: np.ndarray, examples: Examples) -> Sequence[Stage]:
        """One stage over all rows, an encoder at its own learning rate."""
        del examples
        assert isinstance(recipe, LocaliserRecipe)
        groups: tuple[ParameterGroup, ...] = ()
        if recipe.encoder is not None and recipe.trains != "nothing" and recipe.encoder_learning_rate:
            groups = (ParameterGroup(pattern=r"^front\.", learning_rate=recipe.encoder_learning_rate),)
        return [Stage(name="all", rows=rows, epochs=recipe.epochs, parameter_groups=groups)]

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Class weights by the seconds of each class, where the recipe leaves them to the training rows."""
        assert isinstance(module, LocaliserNetwork)
        if module.recipe.class_weights is None:
            seconds = np.zeros(2)
            for row in rows:
                known = examples.frames[TARGET.column].stretches[row]
                if known is not None:
                    np.add.at(seconds, known[:, 2].astype(int), known[:, 1] - known[:, 0])
            weights = seconds.sum() / (2.0 * np.maximum(seconds, 1e-9))
            module.class_weights.copy_(torch.from_numpy(weights.astype(np.float32)))
        return {"rows": examples.hash(rows)}

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """Weighted binary cross-entropy at each length of a frame; together their mean."""
        del stage
        assert isinstance(module, LocaliserNetwork)
        recipe = module.recipe
        logits, lengths = module.hear(*batch.views[recipe.views[0].name])
        labels = batch.targets[TARGET.column].cpu().numpy()
        if recipe.encoder is not None:  # of samples; a frame of the encoder begins every 20 ms
            labels = coarser(labels, round(HOP * 16_000))
        count = logits[0].shape[1]
        labels = np.pad(labels, ((0, 0), (0, max(0, count - labels.shape[1]))), constant_values=UNKNOWN)
        labels = labels[:, :count].copy()
        labels[np.arange(count)[None] >= lengths.cpu().numpy()[:, None]] = UNKNOWN
        found = {}
        for length, group, one in zip(recipe.resolutions, recipe.groups, logits, strict=True):
            truth = torch.from_numpy(coarser(labels, group)).to(one.device)
            known = (truth != UNKNOWN).to(one.dtype)
            weight = module.class_weights[truth.clamp(min=0)] * known
            each = nn.functional.binary_cross_entropy_with_logits(
                one, truth.clamp(min=0).to(one.dtype), reduction="none"
            )
            found[f"{length:g} s"] = (
                (each * weight).sum() / weight.sum().clamp(min=1e-9) / len(recipe.resolutions)
            )
        return {"clean": found}

    def score(
        self, module: nn.Module, batch: Batch, fitted: Mapping[str, object] | None = None
    ) -> Mapping[float, list[np.ndarray]]:
        """Length of a frame -> scores of each row's frames; higher = more bona fide."""
        del fitted
        assert isinstance(module, LocaliserNetwork)
        logits, lengths = module.hear(*batch.views[module.recipe.views[0].name])
        counts = lengths.tolist()
        return {
            length: [
                row[: -(-count // group)]
                for row, count in zip(one.float().cpu().numpy(), counts, strict=True)
            ]
            for length, group, one in zip(
                module.recipe.resolutions, module.recipe.groups, logits, strict=True
            )
        }

    def pool(self, scores: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Nothing to pool: a score is about one frame."""
        del group
        return scores
