"""QAMO: bona fide speech has a centre for each class of listening quality; and its rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.am_softmax import am_softmax
from earwitness.layers.attractors import Attractors
from earwitness.layers.many_centres import Centres, centre_score, many_centre_loss
from earwitness.systems.frame_detector import FrameDetector, FrameNetwork, FrameRecipe
from earwitness.systems.qamo_recipes import (
    BY_QUALITY,
    PUBLISHED,
    QUALITY,
    RECIPE,
    RECIPES,
    REPOSITORY,
    QamoRecipe,
    lowers_quality,
)
from earwitness.systems.tuned_detector import TunedDetector, TunedNetwork, learning_rates
from earwitness.task import DETECTION, Target, Task
from earwitness.training.data import Batch, Examples
from earwitness.training.recipe import Recipe
from earwitness.training.stage import ParameterGroup, Stage

__all__ = ["PUBLISHED", "RECIPE", "REPOSITORY", "Qamo", "QamoRecipe"]


_METHOD = dict.fromkeys(
    (
        "objective", "centres", "scale", "real", "fake", "margin", "quality_weight", "quality_scale",
        "quality_margin", "scoring", "centre_learning_rate", "optimiser.weight_decay",
    ),
    "published",
)  # fmt: skip
_TRAINING = dict.fromkeys(
    (
        "encoder", "layers", "trains", "back_end", "back_end_settings", "batch", "patience", "average",
        "seeds", "optimiser.name", "optimiser.learning_rate",
    ),
    "published",
)  # fmt: skip


class Embedding(nn.Module):
    """A detector's network without its head.

    Args:
        network: with a linear `head`, which is taken off.
        name: of the detector, for refusals.

    Raises:
        BadInput: when it has no linear head.
    """

    def __init__(self, network: nn.Module, name: str) -> None:
        super().__init__()
        head = getattr(network, "head", None)
        if not isinstance(head, nn.Linear):
            raise BadInput("has no linear head in whose place centres could stand", where=name)
        self.width = head.in_features
        network.head = nn.Identity()
        self.network = network

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """(batch, width) of (batch, time, dimension)."""
        embedding: torch.Tensor = self.network(frames, mask)
        return embedding


class LogitsAndCentres(nn.Module):
    """Two logits, and cosines with quality centres that only the loss looks at.

    Args:
        width: of the embedding.
        centres: quality classes.
    """

    def __init__(self, width: int, centres: int) -> None:
        super().__init__()
        self.logits, self.centres = nn.Linear(width, 2), Centres(width, centres)

    def forward(self, embedding: torch.Tensor) -> torch.Tensor:
        """(batch, 2 + centres) of (batch, width): logits of spoof and bona fide, then cosines."""
        return torch.cat([self.logits(embedding), self.centres(embedding)], dim=1)


class Qamo(TunedDetector):
    """Quality-aware one-class learning with several centres; OC-Softmax, AM-Softmax and SAMO beside it."""

    RECIPE: FrameRecipe = RECIPE
    RECIPES: Mapping[str, FrameRecipe] = RECIPES
    CLAIMS: Mapping[str, object] = {
        "ASVspoof 2021 LA, DF; In-the-Wild; FoR": {
            "eer_percent Conformer-TCM": (2.53, 1.63, 5.21, 3.45),
            "eer_percent Conformer-TCM, OC-Softmax": (1.75, 1.89, 6.72, 5.65),
            "eer_percent Conformer-TCM, cross-entropy": (1.37, 2.39, 7.13, 5.70),
            "eer_percent Nes2Net-X": (2.29, 1.60, 8.83, 4.90),
            "eer_percent Nes2Net-X, OC-Softmax": (3.36, 2.29, 8.23, 3.97),
            "eer_percent Nes2Net-X, cross-entropy": (3.90, 2.76, 9.76, 10.12),
        }
    }
    SOURCES: Mapping[str, Any] = _METHOD | {
        "published": _METHOD | _TRAINING,
        "published-nes2net": _METHOD | _TRAINING,
        "repository": _METHOD | _TRAINING | dict.fromkeys(("quality_scale", "scoring"), "repository"),
    }
    PAPER = "Truong et al.: QAMO, quality-aware multi-centroid one-class learning, 2025"

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """Bona fide or spoof; beside it the quality class or the speaker, which may be missing."""
        assert isinstance(recipe, QamoRecipe)
        beside: dict[str, tuple[str, ...]] = {}
        if recipe.objective in BY_QUALITY or lowers_quality(msgspec.to_builtins(recipe.views[0].augment)):
            if QUALITY not in table.columns:
                raise BadInput(
                    f"has no column {QUALITY!r}; `earwitness corpora quality` measures it", where="corpus"
                )
            beside[QUALITY] = tuple(str(number) for number in range(recipe.centres))
        if recipe.objective == "samo":
            beside["speaker"] = tuple(sorted(table["speaker"].drop_nulls().unique().to_list()))
        others = (
            Target(column=name, kind="class", classes=classes, missing="mask")
            for name, classes in beside.items()
        )
        return Task(targets=(*DETECTION.targets, *others))

    def build(
        self, recipe: Recipe, dimensions: Mapping[str, tuple[int, ...]], task: Task = DETECTION
    ) -> FrameNetwork:
        """The network without its head, and the centres."""
        assert isinstance(recipe, QamoRecipe)
        whole = TunedDetector if recipe.views[0].input == "waveform" else FrameDetector
        network = whole.build(self, recipe, dimensions, task)
        assert isinstance(network.body, Embedding)
        network.centres = _centres(recipe, network.body.width, task)
        return network

    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The back end's network without its head."""
        assert isinstance(recipe, QamoRecipe)
        return Embedding(super().body(recipe, shape), recipe.back_end)

    def stages(self, recipe: Recipe, rows: np.ndarray, examples: Examples) -> Sequence[Stage]:
        """One stage over all rows; centres and encoder have learning rates of their own."""
        del examples
        assert isinstance(recipe, QamoRecipe)
        groups: list[ParameterGroup] = []
        if recipe.objective != "samo":  # attractors follow, they are not trained
            groups.append(ParameterGroup(pattern=r"^centres\.", learning_rate=recipe.centre_learning_rate))
        if recipe.views[0].input == "waveform":
            groups.extend(learning_rates(recipe))
        return [Stage(name="all", rows=rows, epochs=recipe.epochs, parameter_groups=tuple(groups))]

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Which speakers have attractors (SAMO).

        Raises:
            BadInput: when no bona fide training row is, or can become by augmentation, of some quality class.
        """
        recipe = _recipe(module)
        real = rows[examples.targets["label"][rows] == 1]
        if recipe.objective == "samo":
            assert isinstance(module.centres, Attractors)
            speakers = examples.targets["speaker"][real]
            module.centres.present[:] = False
            module.centres.present[np.unique(speakers[speakers >= 0])] = True
        if recipe.objective in BY_QUALITY:
            here = set(examples.targets[QUALITY][real].tolist())
            lowered = lowers_quality(msgspec.to_builtins(recipe.views[0].augment))
            for number in range(recipe.centres):
                if number not in here and not (lowered and number + 1 in here):
                    raise BadInput(
                        f"no bona fide training row is of quality {number}, so its centre would stand for "
                        "nothing; measure with quantiles, or let an augmentation lower the quality",
                        where=QUALITY,
                    )
        return super().fit(module, examples, rows)

    def logits(self, module: FrameNetwork, batch: Batch) -> torch.Tensor:
        """Cosines with the centres, (batch, centres); of cross-entropy two logits first."""
        return _cosines(module, self.embedding(module, batch))

    def embedding(self, module: FrameNetwork, batch: Batch) -> torch.Tensor:
        """(batch, width), of any length."""
        whole = TunedDetector if isinstance(module, TunedNetwork) else FrameDetector
        return whole.logits(self, module, batch)

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """One-class and quality loss; in validation the first alone, by the nearest centre, as published."""
        del stage
        recipe, label = _recipe(module), batch.targets["label"]
        assert isinstance(module, FrameNetwork)
        embedding = self.embedding(module, batch)
        cosine = _cosines(module, embedding)
        if recipe.objective == "am-softmax":
            return {
                "clean": {"am-softmax": am_softmax(cosine, label, scale=recipe.scale, margin=recipe.margin)}
            }
        own = None
        if module.training and recipe.objective in (*BY_QUALITY, "samo"):
            truth = batch.targets["speaker" if recipe.objective == "samo" else QUALITY]
            own = torch.where(label == 1, truth, -1)
        if recipe.objective.startswith("cross-entropy"):
            weighted = nn.functional.cross_entropy(cosine[:, :2], label, weight=module.class_weights)
            named, cosine = {"cross-entropy": weighted}, cosine[:, 2:]
        else:
            named = {
                "one-class": many_centre_loss(
                    cosine, label, own, scale=recipe.scale, real=recipe.real, fake=recipe.fake
                )
            }
        if own is not None and recipe.objective == "samo":
            assert isinstance(module.centres, Attractors)
            module.centres.follow(embedding, own)
        elif own is not None and recipe.quality_weight:
            named["quality"] = recipe.quality_weight * am_softmax(
                cosine, own, scale=recipe.quality_scale, margin=recipe.quality_margin
            )
        return {"clean": named}

    def score(
        self, module: nn.Module, batch: Batch, fitted: Mapping[str, object] | None = None
    ) -> Mapping[str, np.ndarray]:
        """Score of each row, (batch,); higher = more bona fide. No quality class is needed.

        It lies between -1 and 1, but for cross-entropy, and is no likelihood ratio before it is calibrated.
        """
        del fitted
        recipe = _recipe(module)
        assert isinstance(module, FrameNetwork)
        cosine = self.logits(module, batch)
        if recipe.objective == "am-softmax" or recipe.objective.startswith("cross-entropy"):
            score = cosine[:, 1]
        else:
            score = centre_score(cosine, recipe.scoring if recipe.objective == "qamo" else "max")
        return {"label": score.float().cpu().numpy()}


def _recipe(module: nn.Module) -> QamoRecipe:
    assert isinstance(module, FrameNetwork)
    assert isinstance(module.recipe, QamoRecipe)
    return module.recipe


def _cosines(module: FrameNetwork, embedding: torch.Tensor) -> torch.Tensor:
    cosine: torch.Tensor = module.get_submodule("centres")(embedding)
    return cosine


def _centres(recipe: QamoRecipe, width: int, task: Task) -> nn.Module:
    if recipe.objective == "samo":
        speakers = next(len(one.classes) for one in task.targets if one.column == "speaker")
        return Attractors(width, speakers, recipe.momentum)
    if recipe.objective == "cross-entropy":
        return nn.Linear(width, 2)
    if recipe.objective == "cross-entropy-quality":
        return LogitsAndCentres(width, recipe.centres)
    return Centres(width, {"qamo": recipe.centres, "oc-softmax": 1, "am-softmax": 2}[recipe.objective])
