"""Closed-form experts: each tells real speech from one kind of spoof, and all must agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np
import torch
from torch import nn

from earwitness.layers.ridge import SoftMinimum, ridge_weights


class Expert(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One closed-form classifier of real speech.

    Args:
        against: which spoofs it learns from: `spoken` (text-to-speech), `copied` (resynthesised real
            speech) or `all`.
        classes: `engine` (real speech against the engine that fits best) or `binary`.
        statistics: which of the recipe's it reads; all when empty.
        ridge: see `layers.ridge`; large trusts the classes' means alone.
    """

    against: Literal["all", "spoken", "copied"]
    classes: Literal["engine", "binary"]
    ridge: float
    statistics: tuple[str, ...] = ()


class Standardise(nn.Module):
    """Centre and scale vectors by what was fitted on training rows.

    Args:
        dimension: of the vectors.
    """

    centre: torch.Tensor
    scale: torch.Tensor

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(dimension))
        self.register_buffer("scale", torch.ones(dimension))

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Standardise (batch, dimension)."""
        return (vectors - self.centre) * self.scale


class ExpertHeads(nn.Module):
    """Linear experts, each brought to about 1 for real speech and -1 for its spoofs, and their minimum.

    Args:
        dimension: of the vectors.
        widths: outputs of each expert; with more than one, the first is real speech.
        sharpness: of the smooth minimum.
    """

    middle: torch.Tensor
    spread: torch.Tensor

    def __init__(self, dimension: int, widths: Sequence[int], sharpness: float) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear(dimension, width) for width in widths)
        self.minimum = SoftMinimum(sharpness)
        self.register_buffer("middle", torch.zeros(len(widths)))
        self.register_buffer("spread", torch.ones(len(widths)))

    def each(self, vectors: torch.Tensor) -> torch.Tensor:
        """Scores (batch, experts), not yet brought to one scale."""
        scores = []
        for linear in self.maps:
            fit = linear(vectors)
            scores.append(fit[:, 0] - fit[:, 1:].amax(-1) if fit.shape[1] > 1 else fit[:, 0])
        return torch.stack(scores, dim=-1)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Score (batch,), higher = more bona fide."""
        return self.minimum((self.each(vectors) - self.middle) / self.spread)


def fit_experts(
    heads: ExpertHeads,
    experts: Sequence[Expert],
    statistics: Sequence[str],
    standardise: Standardise,
    pooled: np.ndarray,
    targets: Mapping[str, np.ndarray],
) -> None:
    """Solve the experts in closed form.

    Args:
        heads: that are filled.
        experts: what each is to be.
        statistics: of the pooled vectors, in order, all equally wide.
        standardise: fitted already.
        pooled: (n, dimension) statistics of the training rows.
        targets: `origin`, `weight` and `copied` (1 = resynthesised real speech) of those rows.
    """
    with torch.no_grad():
        vectors = standardise(torch.from_numpy(pooled.astype(np.float32))).numpy()
        real = targets["origin"] == 0
        for place, (expert, linear) in enumerate(zip(experts, heads.maps, strict=True)):
            assert isinstance(linear, nn.Linear)
            kept = {"all": ~real, "copied": targets["copied"] == 1, "spoken": targets["copied"] == 0}
            fake = ~real & kept[expert.against]
            if not fake.any():  # nothing of its kind to learn from: it learns from what there is
                fake = ~real
            rows = np.flatnonzero(real | fake)
            weight = targets["weight"].astype(np.float64)
            weight = np.where(real, weight / weight[real].sum(), weight / weight[fake].sum())[rows]
            weight *= len(rows) / weight.sum()
            number = targets["origin"][rows] if expert.classes == "engine" else real[rows] * 2.0 - 1.0
            outputs = linear.out_features
            target = np.eye(outputs)[number] if outputs > 1 else np.asarray(number)[:, None]
            wide = vectors.shape[1] // len(statistics)
            read = [statistics.index(name) for name in expert.statistics or statistics]
            columns = np.concatenate([which * wide + np.arange(wide) for which in read])
            found = ridge_weights(vectors[np.ix_(rows, columns)], target, weight, expert.ridge)
            solved, offset = np.zeros((outputs, vectors.shape[1])), found[1]
            solved[:, columns] = found[0]
            linear.weight.copy_(torch.from_numpy(solved))
            linear.bias.copy_(torch.from_numpy(offset))
            score = heads.each(torch.from_numpy(vectors[rows]))[:, place].numpy().astype(np.float64)
            top = np.average(score[real[rows]], weights=weight[real[rows]])
            bottom = np.average(score[~real[rows]], weights=weight[~real[rows]])
            heads.middle[place] = (top + bottom) / 2
            heads.spread[place] = max((top - bottom) / 2, 1e-6)
