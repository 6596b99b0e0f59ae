"""Origin: a detector that learns how speech was made, and from that whether it is real.

Frames of a few early layers of a frozen speech encoder are pooled over the speech of a window; one
linear (or small attentive) head says bona fide or which engine. The score is the log odds of bona fide
against all engines together. Telling engines apart keeps the head from learning one border between
"clean" and "processed", which does not hold for an engine it has never heard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.nested_res2net import Nes2Net
from earwitness.layers.one_class import OneClassHead, oc_softmax
from earwitness.layers.pooling import (
    AttentiveStatistics,
    masked_change_deviation,
    masked_group_means,
    masked_mean_and_deviation,
)
from earwitness.systems.origin_experts import Expert, ExpertHeads, Standardise, fit_experts
from earwitness.task import DETECTION, Target, Task
from earwitness.training.data import Batch, Examples
from earwitness.training.recipe import Optimiser, Recipe, View
from earwitness.training.stage import Stage

Statistic = Literal["mean", "deviation", "change-1", "change-4"]
BONA_FIDE = "bona fide"


class OriginRecipe(Recipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of the shipped detector; ours, chosen by held-back engines (`ledger/detector-search.json`).

    Args:
        normalise: `rms` brings every chunk to one level before the encoder, `none` leaves it.
        classes: `engine` (bona fide and every engine), `family`, or `binary`.
        pooling: `statistics` (no weights before the linear head), `attentive` or `nes2net`.
        statistics: what is pooled; `change-k` is the deviation of the change over k frames.
        objective: `experts` (closed-form, statistics pooling only), `origin` (cross-entropy over the
            classes) or `one-class` (OC-Softmax).
        experts: speech is real only as far as all of them agree.
        sharpness: of the smooth minimum over the experts.
        unit: what the head is trained on: each `window`, or each `clip`'s mean over its windows
            (statistics pooling only).
        balance: `stratum` (every source of real speech and every family counts alike) or `source`
            (both classes also count alike inside every source).
        ridge: weight of the squared norm of the head's weights.
        narrow: channels after the attentive pooling's input map.
        dropout: before the last layer of the learned poolings.
        coarsen: frames that become one, by their mean over speech, before a learned pooling.
    """

    normalise: Literal["none", "rms"] = "rms"
    classes: Literal["engine", "family", "binary"] = "engine"
    pooling: Literal["statistics", "attentive", "nes2net"] = "statistics"
    statistics: tuple[Statistic, ...] = ("mean", "deviation", "change-1", "change-4")
    objective: Literal["experts", "origin", "one-class"] = "experts"
    experts: tuple[Expert, ...] = (
        Expert(against="all", classes="engine", ridge=100.0, statistics=("mean",)),
        Expert(against="copied", classes="binary", ridge=3.0),
    )
    sharpness: float = 3.0
    unit: Literal["window", "clip"] = "clip"
    balance: Literal["stratum", "source"] = "source"
    ridge: float = 1e-3
    narrow: int = 128
    dropout: float = 0.2
    coarsen: int = 1


RECIPE = OriginRecipe(
    system="origin",
    views=(View(encoder="whisper-base", layers=(1, 2, 3)),),
    batch=1_000_000,  # all rows at once: a convex problem, solved by L-BFGS
    epochs=1,  # 25 steps: stopping early is a better ridge than a ridge
    patience=None,
    validation=0.0,
    optimiser=Optimiser(name="lbfgs", weight_decay=0.0, learning_rate=1.0),
)


class OriginNetwork(nn.Module):
    """Frames and a speech mask in, log odds of each class out.

    Args:
        shape: (layers, dimension) of the frames.
        outputs: classes, bona fide first.
        recipe: pooling and objective.
    """

    def __init__(self, shape: tuple[int, int], outputs: int, recipe: OriginRecipe) -> None:
        super().__init__()
        layers, dimension = shape
        self.kind, self.statistics = recipe.pooling, recipe.statistics
        self.ridge, self.coarsen = recipe.ridge, recipe.coarsen
        self.one_class = recipe.objective == "one-class"
        wide = layers * dimension
        if recipe.pooling == "statistics":
            pooled = wide * len(recipe.statistics)
            self.standardise = Standardise(pooled)
            self.dropout: nn.Module = nn.Identity()
        else:
            self.standardise = Standardise(wide)
            self.into = nn.Linear(wide, recipe.narrow)
            self.dropout = nn.Dropout(recipe.dropout)
            if recipe.pooling == "attentive":
                self.pool: nn.Module = AttentiveStatistics(recipe.narrow)
                pooled = 2 * recipe.narrow
            else:
                self.pool = Nes2Net(recipe.narrow, 1, nest=(4, 4))
                pooled = recipe.narrow
        self.experts = recipe.experts if recipe.objective == "experts" else ()
        self.head: nn.Module
        if self.experts:
            if recipe.pooling != "statistics":
                raise BadInput("experts need statistics pooling", where="recipe.objective")
            widths = [outputs if expert.classes == "engine" else 1 for expert in recipe.experts]
            self.head = ExpertHeads(pooled, widths, recipe.sharpness)
        else:
            self.head = OneClassHead(pooled) if self.one_class else nn.Linear(pooled, outputs)
        if isinstance(self.head, nn.Linear) and recipe.pooling == "statistics":
            nn.init.zeros_(self.head.weight)  # a convex problem: start where no class is preferred
            nn.init.zeros_(self.head.bias)

    def embed(self, frames: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Pool (batch, layers, time, dimension) under (batch, time) to (batch, pooled)."""
        if self.kind == "statistics":
            return torch.cat([part.flatten(1) for part in self._statistics(frames, mask)], dim=1)
        narrow = torch.relu(self.into(self.standardise(frames.transpose(1, 2).flatten(2))))
        if isinstance(self.pool, Nes2Net):
            return self.pool.embed(narrow, mask)
        return self.pool(narrow, mask)

    def _statistics(self, frames: torch.Tensor, mask: torch.Tensor) -> list[torch.Tensor]:
        mean, deviation = masked_mean_and_deviation(frames, mask)
        made = {"mean": mean, "deviation": deviation}
        for name in self.statistics:
            if name.startswith("change-"):
                made[name] = masked_change_deviation(frames, mask, int(name[7:]))
        return [made[name] for name in self.statistics]

    def logits(self, embedding: torch.Tensor) -> torch.Tensor:
        """Class log odds (batch, outputs) of an embedding; (batch,) cosines for one-class."""
        if self.kind == "statistics":
            embedding = self.standardise(embedding)
        return self.head(self.dropout(embedding))

    def forward(self, frames: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Score (batch,), higher = more bona fide, and log probabilities of the classes (batch, outputs)."""
        if self.kind != "statistics" and self.coarsen > 1:
            frames, mask = masked_group_means(frames, mask, self.coarsen)
        logits = self.logits(self.embed(frames, mask))
        single = self.one_class or bool(self.experts)
        return self.odds(logits), logits if single else torch.log_softmax(logits, dim=-1)

    def odds(self, logits: torch.Tensor) -> torch.Tensor:
        """Log odds of bona fide against all other classes together."""
        if self.one_class or self.experts:
            return logits
        return logits[:, 0] - torch.logsumexp(logits[:, 1:], dim=-1)


class Origin:
    """The head of the shipped detector: real speech against every engine, and against copies of itself."""

    RECIPE = RECIPE
    CLAIMS: Mapping[str, float] = {}  # ours: nothing published to hold it to
    PAPER = "none: this project's own"

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """Bona fide or spoof, and which way of making it was."""
        assert isinstance(recipe, OriginRecipe)
        made = sorted(set(table["family" if recipe.classes == "family" else "engine"].drop_nulls()) - {""})
        classes = (BONA_FIDE, *(["spoof"] if recipe.classes == "binary" else made))
        return Task(targets=(DETECTION.targets[0], Target(column="origin", kind="class", classes=classes)))

    def build(
        self, recipe: Recipe, dimensions: Mapping[str, tuple[int, ...]], task: Task = DETECTION
    ) -> OriginNetwork:
        """The network; the task's classes are bona fide and the ways of making a spoof."""
        if not isinstance(recipe, OriginRecipe):
            raise BadInput("is not a recipe of origin", where=recipe.system)
        shape = dimensions["frames"]
        return OriginNetwork((shape[0], shape[1]), len(task.targets[-1].classes), recipe)

    def stages(self, recipe: Recipe, rows: np.ndarray, examples: Examples) -> Sequence[Stage]:
        """One stage over all rows; none for experts, which `fit` solves."""
        del examples
        if isinstance(recipe, OriginRecipe) and recipe.objective == "experts":
            return []
        return [Stage(name="origin", rows=rows, epochs=recipe.epochs)]

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Standardisation of the pooled statistics, or of the frames, from training rows only, weighted."""
        assert isinstance(module, OriginNetwork)
        if module.kind != "statistics":
            _standardise_frames(module, examples, rows)
        else:
            weight = examples.targets["weight"][rows].astype(np.float64)[:, None]
            values = np.stack([examples.readers["pooled"](int(row)) for row in rows])
            mean = (values * weight).sum(0) / weight.sum()
            variance = ((values - mean) ** 2 * weight).sum(0) / weight.sum()
            module.standardise.centre.copy_(torch.from_numpy(mean.astype(np.float32)))
            module.standardise.scale.copy_(
                torch.from_numpy((1 / (np.sqrt(variance) + 1e-4)).astype(np.float32))
            )
            if module.experts:
                targets = {name: column[rows] for name, column in examples.targets.items()}
                assert isinstance(module.head, ExpertHeads)
                fit_experts(
                    module.head, module.experts, module.statistics, module.standardise, values, targets
                )
        return {"rows": examples.hash(rows)}

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """Weighted cross-entropy over the origins, or OC-Softmax, and a ridge."""
        del stage
        assert isinstance(module, OriginNetwork)
        logits = self._logits(module, batch)
        weight = batch.targets["weight"].to(logits.dtype)
        target = batch.targets["origin"]
        if module.one_class:
            return {"clean": {"one-class": oc_softmax(logits, (target == 0).long(), weight=weight)}}
        each = nn.functional.cross_entropy(logits, target, reduction="none")
        fit = (each * weight).sum() / weight.sum()
        return {"clean": {"origin": fit, "ridge": module.ridge * _squared(module.head)}}

    def score(
        self, module: nn.Module, batch: Batch, fitted: Mapping[str, object] | None = None
    ) -> Mapping[str, np.ndarray]:
        """Raw score of each row, (batch,); higher = more bona fide."""
        del fitted
        assert isinstance(module, OriginNetwork)
        with torch.no_grad():
            return {"label": module.odds(self._logits(module, batch)).numpy()}

    def pool(self, scores: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Mean over the rows of each group, groups in sorted order."""
        _, member = np.unique(group, return_inverse=True)
        return np.bincount(member, weights=scores) / np.bincount(member)

    def _logits(self, module: OriginNetwork, batch: Batch) -> torch.Tensor:
        if "pooled" in batch.views:  # statistics computed once, before training
            return module.logits(batch.views["pooled"][0])
        frames, _ = batch.views["frames"]
        speech, _ = batch.views["speech"]
        return module.logits(module.embed(frames, speech.squeeze(-1) * batch.mask("frames")))


def _standardise_frames(module: OriginNetwork, examples: Examples, rows: np.ndarray) -> None:
    """Centre and scale of the speech frames; each row counts by its weight, however long it is."""
    wide = len(module.standardise.centre)
    total, first, second = 0.0, np.zeros(wide), np.zeros(wide)
    for row in map(int, rows):
        frames = examples.readers["frames"](row).astype(np.float32)
        kept = examples.readers["speech"](row)[:, 0] > 0
        if kept.any():
            here = frames[:, kept].transpose(1, 0, 2).reshape(int(kept.sum()), wide)
            weight = float(examples.targets["weight"][row])
            total += weight
            first += weight * here.mean(0)
            second += weight * (here**2).mean(0)
    mean = first / max(total, 1e-12)
    scale = 1 / (np.sqrt(np.maximum(second / max(total, 1e-12) - mean**2, 0)) + 1e-4)
    module.standardise.centre.copy_(torch.from_numpy(mean.astype(np.float32)))
    module.standardise.scale.copy_(torch.from_numpy(scale.astype(np.float32)))


def _squared(head: nn.Module) -> torch.Tensor:
    return sum(((p**2).sum() for n, p in head.named_parameters() if n == "weight"), start=torch.zeros(()))
