"""LFCC-GMM as a system: two mixtures are fitted to training rows, nothing is trained by gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.gaussian_mixture import Mixture
from earwitness.systems import lfcc_gmm
from earwitness.task import DETECTION, Task
from earwitness.training.data import Batch, Examples
from earwitness.training.recipe import Recipe, View
from earwitness.training.stage import Stage
from earwitness.training.views import SAMPLE_RATE

SIDES = ("bona_fide", "spoof")


class LfccGmmRecipe(Recipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of LFCC-GMM.

    Args:
        mixtures: components, rounds and frames of both mixtures; the seed of the run takes the place of
            its own, and strata are not known here.
    """

    mixtures: lfcc_gmm.Recipe = lfcc_gmm.RECIPE


class LfccGmmSystem:
    """Two Gaussian mixtures on cepstral frames of the waveform."""

    RECIPE = LfccGmmRecipe(
        system="lfcc-gmm",
        views=(View(name="waveform", input="waveform"),),
        patience=None,
        validation=0.0,
    )
    CLAIMS: Mapping[str, object] = {}
    SOURCES: Mapping[str, str] = {
        "mixtures.components": "published",
        "mixtures.rounds": "published",
        "mixtures": "our choice",
    }
    PAPER = "Yamagishi et al.: ASVspoof 2021, baseline B02"

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """Bona fide or spoof."""
        del recipe, table
        return DETECTION

    def build(self, recipe: Recipe, dimensions: Mapping[str, tuple[int, ...]], task: Task) -> nn.Module:
        """Nothing to train; the module only carries the recipe and a seed drawn from torch's."""
        del dimensions, task
        if not isinstance(recipe, LfccGmmRecipe):
            raise BadInput("is not a recipe of lfcc-gmm", where=recipe.system)
        return _Mixtures(recipe)

    def stages(self, recipe: Recipe, rows: np.ndarray, examples: Examples) -> Sequence[Stage]:
        """None."""
        del recipe, rows, examples
        return []

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Both mixtures, by expectation maximisation on frames of training rows."""
        assert isinstance(module, _Mixtures)
        truth = examples.targets["label"]
        frames: dict[int, list[np.ndarray]] = {0: [], 1: []}
        for row in rows:
            samples = examples.readers["waveform"](int(row))[:, 0]
            frames[int(truth[row])].append(lfcc_gmm.frames_of(samples, SAMPLE_RATE))
        model = lfcc_gmm.train(frames[1], frames[0], module.recipe)
        fitted: dict[str, object] = {"rows": examples.hash(rows)}
        for side in SIDES:
            for name, value in getattr(model, side)._asdict().items():
                fitted[f"{side}.{name}"] = np.asarray(value)
        return fitted

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """Never asked for: there is no stage."""
        raise NotImplementedError

    def score(
        self, module: nn.Module, batch: Batch, fitted: Mapping[str, object]
    ) -> Mapping[str, np.ndarray]:
        """Mean log-likelihood ratio of each row's frames, (batch,); higher = more bona fide."""
        del module
        sides = {
            side: Mixture(*(np.asarray(fitted[f"{side}.{field}"]) for field in Mixture._fields))
            for side in SIDES
        }
        model = lfcc_gmm.Model(**sides)
        values, lengths = batch.views["waveform"]
        scores = [
            lfcc_gmm.score(model, lfcc_gmm.frames_of(wave[:length, 0], SAMPLE_RATE))
            for wave, length in zip(values.numpy(), lengths.tolist(), strict=True)
        ]
        return {"label": np.array(scores)}

    def pool(self, scores: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Mean over the rows of each group, groups in sorted order."""
        _, member = np.unique(group, return_inverse=True)
        return np.bincount(member, weights=scores) / np.bincount(member)


class _Mixtures(nn.Module):
    def __init__(self, recipe: LfccGmmRecipe) -> None:
        super().__init__()
        settings = recipe.mixtures
        self.recipe = lfcc_gmm.Recipe(
            components=settings.components,
            rounds=settings.rounds,
            frames_per_class=settings.frames_per_class,
            even_strata=False,
            seed=torch.initial_seed() % 2**31,
        )
