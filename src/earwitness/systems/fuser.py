"""FuSeR: the severity of a depression score from sessions, by three encoders that hear no words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.embedding_cnn import DenseStack, EmbeddingCnn
from earwitness.systems.severity_figures import supplement
from earwitness.systems.vector_fusion import (
    PAIR,
    Embedded,
    Fused,
    FusionBody,
    FusionNetwork,
    FusionRecipe,
    VectorFusion,
    views_of,
)
from earwitness.task import Target, Task
from earwitness.training.data import Batch, Examples
from earwitness.training.recipe import Recipe, View
from earwitness.training.stage import Sampler, Stage, whole_groups

TOP = 24.0
"""Highest PHQ-8 score."""
NOTICE = (
    "Not a diagnosis: an estimate of a questionnaire's score, with errors about as large as those of always "
    "saying the mean. It says nothing of a single person's health, and must not decide anything about one."
)
PUBLISHED = (
    View(name="paralinguistic", input="vector", encoder="trillsson"),
    View(name="speaker", input="vector", encoder="x-vector"),
    View(name="emotion", input="vector", encoder="hubert-base-emotion", layers=(12,)),
)
PACKAGED = (
    *PAIR,
    View(name="third", input="vector", encoder="se-res2net50"),
)
"""Three encoders whose weights install from the package index."""


class FuserRecipe(FusionRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of FuSeR. The paper names encoders and data; its architecture is not known, this is ours.

    Args:
        fusion: `residual` weighs the views by learned gates and adds a linear map of all of them; `concat`
            puts them side by side, `mean` weighs all alike, `late` averages one prediction a view.
        gate: of `residual`; without it all views weigh alike.
        residual: of `residual`, the linear map.
        norm: of `residual`, layer norm of the weighed views.
        attention: width of the gates' hidden layer.
        pooling: of a session's windows: `mean`, a learned `attention`, or `windows`, of which each is
            predicted by itself and the predictions are averaged.
        sessions: in a batch; they stay whole.
        top: highest score; the network learns scores over it.
    """

    fusion: Literal["residual", "concat", "mean", "late"] = "residual"
    gate: bool = True
    residual: bool = True
    norm: bool = True
    attention: int = 64
    pooling: Literal["mean", "attention", "windows"] = "mean"
    sessions: int = 8
    top: float = TOP
    target: str = "phq_score"
    primary: str = "ccc"
    select: Literal["loss", "primary"] = "primary"
    hidden: tuple[int, ...] = (128, 64)
    batch: int = 1024

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.attention, self.sessions) < 1 or not self.top > 0:
            raise BadInput("attention and sessions must be 1 or more, top above 0", where="recipe")
        if self.fusion == "late" and self.pooling == "attention":
            raise BadInput("late fusion has no common windows to attend to", where="recipe.pooling")
        if not self.filters:
            raise BadInput("each view is read by a CNN", where="recipe.filters")


RECIPE = FuserRecipe(system="fuser", views=PUBLISHED)


class FuserBody(FusionBody):
    """Views weighed by gates that see all of them, with a linear map of all beside.

    Args:
        recipe: its settings.
        dimensions: width of each view.

    Example:
        >>> body = FuserBody(RECIPE, (1024, 512, 768))
        >>> fused, _ = body.fuse(body.embed([torch.randn(4, one) for one in (1024, 512, 768)]), None)
        >>> tuple(fused.shape)
        (4, 120)
    """

    def __init__(self, recipe: FuserRecipe, dimensions: Sequence[int]) -> None:
        super().__init__()
        self.settings, width, count = recipe, recipe.width, len(dimensions)
        self.encoders = nn.ModuleList(EmbeddingCnn(one, recipe.filters, width) for one in dimensions)
        residual = recipe.fusion == "residual"
        self.gate = (
            nn.Sequential(
                nn.Linear(width, recipe.attention, bias=False), nn.Tanh(),
                nn.Linear(recipe.attention, 1, bias=False),
            )
            if residual and recipe.gate and count > 1
            else None
        )  # fmt: skip
        self.norm = nn.LayerNorm(width) if residual and recipe.norm else None
        self.map = nn.Linear(width * count, width) if residual and recipe.residual else None
        self.outputs = width * (count if recipe.fusion in ("concat", "late") else 1)

    def embed(self, views: Sequence[torch.Tensor]) -> Embedded:
        """(batch, width) of each view."""
        return tuple(encoder(view) for encoder, view in zip(self.encoders, views, strict=True))

    def weights(self, embedded: Embedded) -> torch.Tensor:
        """(batch, views, 1), each row sums to 1."""
        stacked = torch.stack(list(embedded), 1)
        if self.gate is None:
            return torch.full_like(stacked[..., :1], 1 / len(embedded))
        found: torch.Tensor = self.gate(stacked).softmax(1)
        return found

    def fuse(self, embedded: Embedded, bank: Embedded | None) -> Fused:
        """(batch, outputs); a row sees no other row."""
        del bank
        if self.settings.fusion in ("concat", "late"):
            return torch.cat(embedded, 1), {}
        fused = (self.weights(embedded) * torch.stack(list(embedded), 1)).sum(1)
        if self.norm is not None:
            fused = self.norm(fused)
        if self.map is not None:
            fused = fused + self.map(torch.cat(embedded, 1))
        return fused, {}


class FuserNetwork(FusionNetwork):
    """Windows of whole sessions in, one number a session out, repeated for each of its windows."""

    def __init__(self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task) -> None:
        super().__init__(body, recipe, dimensions, task)
        assert isinstance(recipe, FuserRecipe)
        self.settings = recipe
        self.weigh = nn.Linear(body.outputs, 1) if recipe.pooling == "attention" else None
        self.late: nn.ModuleList | None = None
        if recipe.fusion == "late":

            def head() -> nn.Module:
                dense = DenseStack(recipe.width, recipe.hidden, recipe.dropout)
                return nn.Sequential(dense, nn.Linear(dense.outputs, 1))

            self.late = nn.ModuleList(head() for _ in dimensions)
            self.dense, self.heads = nn.Identity(), nn.ModuleList()  # type: ignore[assignment]

    def sessions(self, views: Sequence[torch.Tensor], group: torch.Tensor) -> torch.Tensor:
        """Scores over `top` of each row's session.

        Args:
            views: (rows, dimension) of each view.
            group: (rows,) session of each row.

        Returns:
            (rows,); rows of one session have the same.
        """
        fused, _ = self.fuse(self.embed(views))
        _, member = torch.unique(group, return_inverse=True)
        if self.settings.pooling == "windows":
            return _pooled(self.said(fused)[:, None], member)[:, 0]
        if self.weigh is not None:
            score = self.weigh(fused)[:, 0]
            power = (score - score.max().detach()).exp()[:, None]
            pooled = _pooled(power * fused, member) / _pooled(power, member).clamp(min=1e-12)
        else:
            pooled = _pooled(fused, member)
        return self.said(pooled)

    def said(self, vectors: torch.Tensor) -> torch.Tensor:
        """(rows,) scores over `top` of fused vectors (rows, outputs)."""
        if self.late is None:
            found: torch.Tensor = self.heads[0](self.dense(vectors))[:, 0]
            return found
        parts = vectors.split(self.settings.width, 1)
        return torch.stack([head(part)[:, 0] for head, part in zip(self.late, parts, strict=True)]).mean(0)


class Fuser(VectorFusion):
    """The PHQ-8 score of a session from non-semantic vectors of its windows. Not a diagnosis."""

    RECIPE: FusionRecipe = RECIPE
    RECIPES: Mapping[str, FusionRecipe] = {
        "packaged": msgspec.structs.replace(RECIPE, views=PACKAGED),
        "pair": msgspec.structs.replace(RECIPE, views=PUBLISHED[:2]),
        "single": msgspec.structs.replace(RECIPE, views=PUBLISHED[:1]),
        **{name: msgspec.structs.replace(RECIPE, fusion=name) for name in ("concat", "mean", "late")},
        "no-gate": msgspec.structs.replace(RECIPE, gate=False),
        "no-residual": msgspec.structs.replace(RECIPE, residual=False),
        "no-norm": msgspec.structs.replace(RECIPE, norm=False),
        "attention-pooling": msgspec.structs.replace(RECIPE, pooling="attention"),
        "windows": msgspec.structs.replace(RECIPE, pooling="windows"),
    }
    SOURCES: Mapping[str, str] = {f"views.{at}.encoder": "published" for at in range(3)} | {
        "target": "published"
    }
    PAPER = "FuSeR, fusion of non-semantic speech representations for the severity of depression"
    CLAIMS: Mapping[str, object] = {
        "E-DAIC (which part is not established)": {"rmse": 5.51, "mae": 4.48},
        "fusion": "above every single representation and the baseline fusions",
    }
    VIEWS = None
    LIMITS = (NOTICE,)
    FOLLOWED = True

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """One number a session."""
        assert isinstance(recipe, FuserRecipe)
        if recipe.target not in table.columns:
            raise BadInput(f"has no column {recipe.target!r}; set target to one that it has", where="corpus")
        unit = f"points, 0 to {recipe.top:g}"
        target = Target(column=recipe.target, kind="real", unit=unit)
        return Task(targets=(target,), unit="session", primary=recipe.primary)

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """The gates and the map."""
        assert isinstance(recipe, FuserRecipe)
        return FuserBody(recipe, dimensions)

    def network(
        self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task
    ) -> FusionNetwork:
        """The network over sessions."""
        return FuserNetwork(body, recipe, dimensions, task)

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Centre and scale of the views; the mean over training sessions, which the mean predictor says."""
        assert isinstance(module, FuserNetwork)
        _, first = np.unique(examples.group[rows], return_index=True)
        scores = examples.targets[module.settings.target][rows[first]].astype(np.float64)
        outside = scores[(scores < 0) | (scores > module.settings.top)]
        if len(outside):
            raise BadInput(
                f"{outside[0]:g} is not within 0 to {module.settings.top:g}", where=module.settings.target
            )
        return {**super().fit(module, examples, rows), "training_mean": float(scores.mean())}

    def stages(self, recipe: Recipe, rows: np.ndarray, examples: Examples) -> Sequence[Stage]:
        """One stage; batches are of whole sessions."""
        assert isinstance(recipe, FuserRecipe)
        del examples
        return [
            Stage(
                name="all", rows=rows, epochs=recipe.epochs, sampler=sessions_of(recipe.sessions), whole=True
            )
        ]

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """Smooth L1 of scores over `top`, a session counting once however many windows it has."""
        del stage
        assert isinstance(module, FuserNetwork)
        found = module.sessions(views_of(module, batch), batch.group)
        truth = batch.targets[module.settings.target] / module.settings.top
        _, member, counts = torch.unique(batch.group, return_inverse=True, return_counts=True)
        each = nn.functional.smooth_l1_loss(found, truth, reduction="none") / counts[member]
        return {"clean": {"smooth-l1": each.sum() / len(counts)}}

    def score(
        self, module: nn.Module, batch: Batch, fitted: Mapping[str, object] | None = None
    ) -> Mapping[str, np.ndarray]:
        """Points of each row's session, (batch,), within 0 to `top`."""
        del fitted
        assert isinstance(module, FuserNetwork)
        settings = module.settings
        found = module.sessions(views_of(module, batch), batch.group) * settings.top
        return {settings.target: found.clamp(0.0, settings.top).double().cpu().numpy()}

    def supplement(self, folder: Path) -> list[str]:
        """Every figure beside that of the mean predictor, for validation and test sessions."""
        return supplement(folder)


def sessions_of(count: int) -> Sampler:
    """A sampler of batches of so many whole sessions.

    Example:
        >>> batches = sessions_of(2)(np.arange(6), np.array([0, 0, 1, 1, 2, 2]), 1, np.random.default_rng(0))
        >>> [len(batch) for batch in batches]
        [4, 2]
    """

    def sample(
        rows: np.ndarray, groups: np.ndarray, batch: int, rng: np.random.Generator
    ) -> list[np.ndarray]:
        del batch  # sessions are counted, not rows
        single = whole_groups(rows, groups, 1, rng)
        return [np.concatenate(single[at : at + count]) for at in range(0, len(single), count)]

    return sample


def _pooled(values: torch.Tensor, member: torch.Tensor) -> torch.Tensor:
    """Mean over the rows of each session, given back to each of its rows."""
    count = int(member.max()) + 1
    sums = values.new_zeros(count, values.shape[1]).index_add(0, member, values)
    sizes = torch.bincount(member, minlength=count).to(values.dtype)
    return (sums / sizes[:, None])[member]
