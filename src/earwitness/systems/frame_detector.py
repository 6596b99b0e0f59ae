"""What all detectors over an encoder's frames share: layer sums, objectives, scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.aggregation import AttentiveMerge, SqueezeExcitationSum, WeightedSum
from earwitness.layers.focal import focal_loss
from earwitness.task import DETECTION, Task
from earwitness.training.data import Batch, Examples
from earwitness.training.recipe import Recipe
from earwitness.training.stage import Stage

Layers = Literal["last", "mean", "weighted", "sea", "attm", "every"]


class FrameRecipe(Recipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a detector over frames.

    Args:
        sum: how the layers of a view become one: the `last`, their `mean`, a `weighted` sum, `sea`
            (squeeze and excitation), `attm` (attentive merge); `every` hands all to the network.
        outputs: 1 logit, or 2 (spoof, bona fide).
        loss: `bce`, `focal` (1 output), or `cross-entropy` (2 outputs).
        class_weights: of (spoof, bona fide) in the loss; `None` weighs both by how rare they are among
            the training rows. The published (0.1, 0.9) are the shares of ASVspoof 2019 LA turned round.
        focal_gamma: focusing exponent.
        focal_alpha: factor of the focal loss.
        focal_by_class: bona fide has that factor and spoofs 1 minus it (the paper of the loss), or both have
            it (the code of the CtrSVDD baseline, the default).
        smoothing: labels of the focal loss are so far from 0 and 1.
        score: of 2 outputs: the bona fide `logit` (as published), or its `odds` against the other.
    """

    sum: Layers = "last"
    outputs: Literal[1, 2] = 1
    loss: Literal["bce", "focal", "cross-entropy"] = "bce"
    class_weights: tuple[float, float] | None = None
    focal_gamma: float = 2.0
    focal_alpha: float = 0.25
    focal_by_class: bool = False
    smoothing: float = 0.05
    score: Literal["logit", "odds"] = "logit"

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.loss == "cross-entropy") != (self.outputs == 2):
            raise BadInput("cross-entropy goes with 2 outputs, bce and focal with 1", where="recipe.loss")
        if self.class_weights is not None and min(self.class_weights) <= 0:
            raise BadInput("class weights must be above 0", where="recipe.class_weights")


class LayerSum(nn.Module):
    """Frames of one or more layers -> frames of one.

    Args:
        kind: see `FrameRecipe.sum`.
        shape: (dimension,) or (layers, dimension) of the view.
    """

    def __init__(self, kind: Layers, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.kind, self.layered = kind, len(shape) == 2
        layers = shape[0] if self.layered else 1
        self.sum: nn.Module | None = None
        if kind == "weighted":
            self.sum = WeightedSum(layers)
        elif kind == "sea":
            self.sum = SqueezeExcitationSum(layers)
        elif kind == "attm":
            self.sum = AttentiveMerge(layers, shape[-1])

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Map (batch, [layers,] time, dimension) to (batch, time, dimension).

        `every` gives (batch, layers, time, dimension).
        """
        if frames.ndim == 2:  # vectors have neither layers nor time
            return frames
        if not self.layered:
            frames = frames.unsqueeze(1)
        if self.kind == "every":
            return frames
        if self.kind == "last":
            return frames[:, -1]
        if self.kind == "mean":
            return frames.mean(1)
        assert self.sum is not None
        if self.kind == "weighted":
            return self.sum(frames)
        if mask is None:
            mask = frames.new_ones(frames.shape[0], frames.shape[2])
        return self.sum(frames, mask)


class FrameNetwork(nn.Module):
    """A layer sum before a detector's own network.

    Args:
        body: (frames (batch, time, dimension), mask (batch, time) or `None`) -> (batch, outputs).
        shape: of the view, without batch and time.
        recipe: of the system.
        fold: makes a faster equal of a trained body, for frames without padding; `None` where there is none.
    """

    def __init__(
        self,
        body: nn.Module,
        shape: tuple[int, ...],
        recipe: FrameRecipe,
        fold: Callable[[Any], Callable[[torch.Tensor], torch.Tensor]] | None = None,
    ) -> None:
        super().__init__()
        self.fold = fold
        self._folded: Callable[[torch.Tensor], torch.Tensor] | None = None
        self.register_load_state_dict_post_hook(_unfold)
        self.layers = LayerSum(recipe.sum, shape)
        self.body = body
        self.recipe = recipe
        self.class_weights: torch.Tensor
        self.register_buffer("class_weights", torch.tensor(recipe.class_weights or (1.0, 1.0)))

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (batch, outputs); `mask` is `None` where nothing is padding."""
        summed = self.layers(frames, mask)
        if self.fold is not None and mask is None and not self.training and torch.is_inference_mode_enabled():
            if self._folded is None:
                # wrapped: a module would become a part of this one, and of what is saved
                self._folded = partial(_called, self.fold(self.body))
            return self._folded(summed)
        return self.body(summed, mask)

    def train(self, mode: bool = True) -> FrameNetwork:
        """Training or eval mode; what was folded of the weights before is forgotten."""
        self._folded = None
        return super().train(mode)


def _called(body: Callable[[torch.Tensor], torch.Tensor], frames: torch.Tensor) -> torch.Tensor:
    return body(frames)


def _unfold(network: nn.Module, _: Any) -> None:
    assert isinstance(network, FrameNetwork)
    network._folded = None


class FrameDetector(ABC):
    """A detector over frames, but for `RECIPE` and its network, which a subclass gives in `body`."""

    RECIPE: FrameRecipe
    RECIPES: Mapping[str, FrameRecipe] = {}
    CLAIMS: Mapping[str, object] = {}
    SOURCES: Mapping[str, str] = {}
    PAPER = ""

    @abstractmethod
    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The system's own network.

        Args:
            recipe: its settings.
            shape: (dimension,), or (layers, dimension) where the recipe's sum is `every`.
        """

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """Bona fide or spoof."""
        del recipe, table
        return DETECTION

    def build(
        self, recipe: Recipe, dimensions: Mapping[str, tuple[int, ...]], task: Task = DETECTION
    ) -> FrameNetwork:
        """The network, freshly initialised."""
        del task
        if not isinstance(recipe, type(self.RECIPE)):
            raise BadInput(f"is not a recipe of {self.RECIPE.system}", where=recipe.system)
        shape = dimensions[recipe.views[0].name]
        inner = ((1, *shape)[-2:]) if recipe.sum == "every" else shape[-1:]
        return FrameNetwork(self.body(recipe, inner), shape, recipe, getattr(self, "fold", None))

    def stages(self, recipe: Recipe, rows: np.ndarray, examples: Examples) -> Sequence[Stage]:
        """One stage over all rows."""
        del examples
        return [Stage(name="all", rows=rows, epochs=recipe.epochs)]

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Class weights, where the recipe leaves them to the training rows."""
        assert isinstance(module, FrameNetwork)
        if module.recipe.class_weights is None:
            counts = np.bincount(examples.targets["label"][rows], minlength=2)
            weights = len(rows) / (2.0 * np.maximum(counts, 1))
            module.class_weights.copy_(torch.from_numpy(weights.astype(np.float32)))
        return {"rows": examples.hash(rows)}

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """The recipe's objective under the name of its loss."""
        del stage
        assert isinstance(module, FrameNetwork)
        loss = self.objective(module, self.logits(module, batch), batch.targets["label"])
        return {"clean": {module.recipe.loss: loss}}

    def objective(self, module: FrameNetwork, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The recipe's loss, a scalar.

        Args:
            module: whose class weights count.
            logits: (batch, outputs).
            target: (batch,) 1 = bona fide, 0 = spoof.
        """
        recipe, weights = module.recipe, module.class_weights
        if recipe.loss == "cross-entropy":
            return nn.functional.cross_entropy(logits, target, weight=weights)
        if recipe.loss == "focal":
            return focal_loss(
                logits[:, 0], target, gamma=recipe.focal_gamma, alpha=recipe.focal_alpha,
                smoothing=recipe.smoothing, by_class=recipe.focal_by_class,
            )  # fmt: skip
        each = nn.functional.binary_cross_entropy_with_logits(
            logits[:, 0], target.to(logits.dtype), reduction="none"
        )
        weight = weights[target]
        return (each * weight).sum() / weight.sum()

    def score(
        self, module: nn.Module, batch: Batch, fitted: Mapping[str, object] | None = None
    ) -> Mapping[str, np.ndarray]:
        """Score of each row, (batch,); higher = more bona fide."""
        del fitted
        assert isinstance(module, FrameNetwork)
        logits = self.logits(module, batch)
        if logits.shape[1] == 1:
            score = logits[:, 0]
        else:
            score = logits[:, 1] - logits[:, 0] if module.recipe.score == "odds" else logits[:, 1]
        return {"label": score.float().cpu().numpy()}

    def pool(self, scores: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Mean over the rows of each group, groups in sorted order."""
        _, member = np.unique(group, return_inverse=True)
        return np.bincount(member, weights=scores) / np.bincount(member)

    def logits(self, module: FrameNetwork, batch: Batch) -> torch.Tensor:
        """(batch, outputs)."""
        name = module.recipe.views[0].name
        values, _ = batch.views[name]
        logits: torch.Tensor = module(values, None if batch.full(name) else batch.mask(name))
        return logits
