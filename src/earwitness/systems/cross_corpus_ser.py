"""Emotion across corpora: a small head on one encoder's vector, trained on one corpus, tested on another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.systems.single_vector import SideBySide
from earwitness.systems.vector_fusion import (
    PAIR,
    FusionBody,
    FusionNetwork,
    FusionRecipe,
    VectorFusion,
    class_loss,
    class_target,
    scores_of,
    vectors_of,
    views_of,
)
from earwitness.task import Task
from earwitness.training.data import Batch, Examples
from earwitness.training.recipe import Recipe
from earwitness.training.stage import Stage


class CrossCorpusRecipe(FusionRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of the benchmark. The paper says FCN and CNN and no sizes: these are the house's.

    Args:
        adaptation: `mean-shift` centres the vectors of the tested corpus, `coral` gives them the covariance
            of the one that was trained on, too. Both look at the vectors of test rows (not at their labels),
            so their figures stand in rows of their own. Sun et al. bend the trained side instead, which takes
            a training for each corpus.
        ridge: of `coral`, added to both covariances of standardised vectors.
        domain: column that names the corpora, for `adaptation`.
    """

    adaptation: Literal["none", "mean-shift", "coral"] = "none"
    ridge: float = 1.0
    domain: str = "corpus"
    filters: tuple[int, ...] = ()
    hidden: tuple[int, ...] = (256, 128, 64)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.ridge > 0:
            raise BadInput("must be above 0", where="recipe.ridge")


RECIPE = CrossCorpusRecipe(system="cross-corpus-ser", views=PAIR[:1])


class AdaptingNetwork(FusionNetwork):
    """A network that may bend the vectors of another corpus before it reads them."""

    def __init__(self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task) -> None:
        super().__init__(body, recipe, dimensions, msgspec.structs.replace(task, targets=task.targets[:1]))
        assert isinstance(recipe, CrossCorpusRecipe)
        self.settings = recipe
        self.register_buffer("home", torch.tensor(-1))
        if recipe.adaptation != "none":
            for at, dimension in enumerate(dimensions):
                self.register_buffer(f"middle{at}", torch.zeros(dimension))
                if recipe.adaptation == "coral":
                    self.register_buffer(f"bend{at}", torch.eye(dimension))

    def read(self, views: Sequence[torch.Tensor], foreign: torch.Tensor | None) -> torch.Tensor:
        """(batch, classes) outputs.

        Args:
            views: (batch, dimension) each.
            foreign: (batch,) rows of another corpus; all, when `None`.
        """
        scaled = [standardise(view) for standardise, view in zip(self.standardise, views, strict=True)]
        if self.settings.adaptation != "none":
            for at, view in enumerate(scaled):
                moved = view - self.get_buffer(f"middle{at}")
                if self.settings.adaptation == "coral":
                    moved = moved @ self.get_buffer(f"bend{at}")
                scaled[at] = moved if foreign is None else torch.where(foreign[:, None], moved, view)
        fused, _ = self.body.fuse(self.body.embed(scaled), None)
        found: torch.Tensor = self.heads[0](self.dense(fused))
        return found


class CrossCorpusSer(VectorFusion):
    """Emotion from one encoder's vector, trained on one corpus and tested on another."""

    RECIPE: FusionRecipe = RECIPE
    RECIPES: Mapping[str, FusionRecipe] = {
        "cnn": msgspec.structs.replace(RECIPE, filters=(64, 128), hidden=(128,)),
        "mean-shift": msgspec.structs.replace(RECIPE, adaptation="mean-shift"),
        "coral": msgspec.structs.replace(RECIPE, adaptation="coral"),
        "cnn-coral": msgspec.structs.replace(RECIPE, filters=(64, 128), hidden=(128,), adaptation="coral"),
    }
    SOURCES: Mapping[str, str] = {"adaptation": "published"}
    PAPER = "Cross-corpus speech emotion recognition with paralinguistic pre-trained representations"
    CLAIMS: Mapping[str, object] = {
        "every pair of corpora": "TRILLsson above monolingual, multilingual and speaker representations; "
        "x-vector mixed (no figures established)"
    }
    VIEWS = None

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """The emotions that the table holds ; where vectors are bent, the corpora, too."""
        assert isinstance(recipe, CrossCorpusRecipe)
        targets = [class_target(table, recipe.target)]
        targets[0] = msgspec.structs.replace(
            targets[0], classes=tuple(one for one in targets[0].classes if one), missing="mask"
        )
        if recipe.adaptation != "none":
            targets.append(class_target(table, recipe.domain))
        return Task(targets=tuple(targets), primary=recipe.primary)

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """A CNN for each view, or the vectors as they are."""
        return SideBySide(dimensions, recipe.filters)

    def network(
        self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task
    ) -> FusionNetwork:
        """The network that may bend vectors."""
        return AdaptingNetwork(body, recipe, dimensions, task)

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Centre and scale of the rows that are trained on, which are all of one corpus."""
        assert isinstance(module, AdaptingNetwork)
        if module.settings.adaptation != "none":
            homes = np.unique(examples.targets[module.settings.domain][rows])
            if len(homes) > 1:
                raise BadInput("bends towards one corpus; train on one", where="adaptation")
            module.get_buffer("home").fill_(int(homes[0]))
        return super().fit(module, examples, rows)

    def see_unlabelled(
        self, module: nn.Module, examples: Examples, rows: np.ndarray, test: np.ndarray
    ) -> Mapping[str, object]:
        """Centre (and covariance) of the vectors of the tested corpus; the hash of its rows is kept."""
        assert isinstance(module, AdaptingNetwork)
        settings = module.settings
        if settings.adaptation == "none":
            return {}
        foreign = test[examples.targets[settings.domain][test] != int(module.get_buffer("home"))]
        if not len(foreign):  # folds inside one corpus: nothing to bend
            return {}
        sides = [vectors_of(module, examples, part) for part in (rows, foreign)]
        with torch.no_grad():
            for at, (own, other) in enumerate(zip(*sides, strict=True)):
                own, other = (module.standardise[at](torch.from_numpy(one).float()).double().numpy()
                              for one in (own, other))  # fmt: skip
                module.get_buffer(f"middle{at}").copy_(torch.from_numpy(other.mean(0)))
                if settings.adaptation == "coral":
                    module.get_buffer(f"bend{at}").copy_(torch.from_numpy(coral(other, own, settings.ridge)))
        return {"unlabelled_test_rows": examples.hash(foreign)}

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """Cross-entropy of the emotion."""
        del stage
        assert isinstance(module, AdaptingNetwork)
        outputs = module.read(views_of(module, batch), self._foreign(module, batch))
        return {"clean": {"cross-entropy": class_loss(outputs, batch.targets[module.settings.target])}}

    def score(
        self, module: nn.Module, batch: Batch, fitted: Mapping[str, object] | None = None
    ) -> Mapping[str, np.ndarray]:
        """Softmax of each emotion, (batch, classes)."""
        del fitted
        assert isinstance(module, AdaptingNetwork)
        outputs = module.read(views_of(module, batch), self._foreign(module, batch))
        (target,) = module.task.targets
        return {target.column: scores_of(target, outputs)}

    @staticmethod
    def _foreign(module: AdaptingNetwork, batch: Batch) -> torch.Tensor | None:
        """Rows of another corpus than was trained on; of a batch without that column, all are."""
        domain = batch.targets.get(module.settings.domain)
        return None if domain is None else domain != module.get_buffer("home")


def coral(source: np.ndarray, target: np.ndarray, ridge: float) -> np.ndarray:
    """The matrix that gives centred rows of one set the covariance of another.

    Args:
        source: (rows, dimension) that are bent.
        target: (rows, dimension) whose covariance they get.
        ridge: added to both diagonals, above 0.

    Returns:
        (dimension, dimension), to be multiplied from the right.

    Reference: Sun, Feng and Saenko, Return of frustratingly easy domain adaptation, AAAI 2016.

    Example:
        >>> one = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
        >>> coral(one, one, 1.0).round(6).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """

    def power(values: np.ndarray, exponent: float) -> np.ndarray:
        sizes, axes = np.linalg.eigh(np.cov(values, rowvar=False) + ridge * np.eye(values.shape[1]))
        return np.asarray((axes * sizes**exponent) @ axes.T)

    return power(source, -0.5) @ power(target, 0.5)
