"""The training loop: stages, early stopping, and the same result after a kill."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from earwitness.errors import BadInput
from earwitness.training.batch_norms import reestimate_batch_norms
from earwitness.training.checkpoint import (
    load_tensors,
    optimiser_tensors,
    restore_optimiser,
    save_tensors,
)
from earwitness.training.data import Batch, Examples
from earwitness.training.optimisers import make_optimiser
from earwitness.training.processes import buffers_of_the_first, numbers_summed, own_parts
from earwitness.training.randomness import Moment, generator
from earwitness.training.recipe import Recipe, recipe_hash
from earwitness.training.stage import Stage, parts_of, whole_groups
from earwitness.training.system import System

Progress = Callable[[str, int, int, dict[str, float]], None]
"""(stage, epoch done, epochs at most, its curve point)."""
Judge = Callable[[torch.nn.Module], float]
"""Module in eval mode -> validation figure, lower = better."""
StepLog = Callable[[str, int, list[dict[str, float]]], None]
"""(stage, epoch, what every step of it told)."""
Follow = Callable[[Stage, torch.nn.Module], None]
"""Called with a stage that has ended and the module, in eval mode."""


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """What a training leaves.

    Args:
        module: with the best (or averaged) weights, in eval mode.
        curves: one record an epoch: stage, epoch, mean of each loss, validation loss.
        best: stage -> epoch whose weights were kept (the last of the averaged ones).
    """

    module: torch.nn.Module
    curves: list[dict[str, Any]]
    best: dict[str, int]


def train(
    system: System,
    module: torch.nn.Module,
    stages: Sequence[Stage],
    examples: Examples,
    validation: np.ndarray,
    recipe: Recipe,
    *,
    seed: int,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
    judge: Judge | None = None,
    follow: Follow | None = None,
    steps: StepLog | None = None,
    device: str = "cpu",
) -> Trained:
    """Train a module through its stages.

    Every epoch draws its order and its dropout from (seed, stage, epoch), so a training that was killed
    and started again from its checkpoint ends with the same weights, bit for bit.

    Args:
        system: gives the losses.
        module: freshly built; changed in place.
        stages: in order.
        examples: all rows.
        validation: rows for early stopping; never among a stage's rows.
        recipe: batch, patience, optimiser, step.
        seed: of order and dropout.
        checkpoint: file to write after every epoch and to go on from; `None` keeps nothing.
        progress: called after every epoch.
        judge: gives the validation figure of the module, lower = better; the mean loss over the
            validation rows when `None`.
        follow: called after every stage.
        steps: called after every epoch, before its checkpoint.
        device: that computes.

    Raises:
        BadInput: when the loss is not finite (naming step and ids), a row is both trained and validated on,
            or the checkpoint is of another recipe.
    """
    for stage in stages:
        if len(np.intersect1d(stage.rows, validation)):
            raise BadInput("validates on rows that it trains on", where=stage.name)
    identity = {
        "recipe": recipe_hash(recipe),
        "seed": seed,
        "rows": examples.hash(stages[0].rows if stages else validation),
    }
    module.to(device)
    resumed = _resume(checkpoint, identity)
    frozen = frozenset(name for name, parameter in module.named_parameters() if not parameter.requires_grad)
    curves: list[dict[str, Any]] = resumed[1]["curves"] if resumed else []
    best_epochs: dict[str, int] = resumed[1]["best"] if resumed else {}
    first = resumed[1]["stage"] if resumed else 0
    for number, stage in enumerate(stages[first:], start=first):
        state = _StageState(stage, module, recipe, seed, frozen)
        if resumed and number == first:
            state.restore(*resumed)
        elif stage.before is not None:
            stage.before(module, examples)
        while state.epoch < stage.epochs and not state.worn_out(recipe.patience):
            moment = Moment(seed=seed, epoch=len(curves))
            point = _epoch(system, state, examples, validation, recipe, moment, judge, device)
            if steps is not None:
                steps(stage.name, state.epoch, state.told)
            curves.append({"stage": stage.name, "epoch": state.epoch, **point})
            if progress is not None:
                progress(stage.name, state.epoch, stage.epochs, point)
            if checkpoint is not None:
                record = {**identity, "stage": number, "curves": curves, "best": best_epochs}
                state.save(checkpoint, record)
        best_epochs[stage.name] = state.keep_best()
        if len(state.kept) > 1:
            reestimate_batch_norms(system, module, examples, stage, recipe, device)
        if stage.after is not None:
            stage.after(module, examples)
        if follow is not None:
            follow(stage, module.eval())
    module.eval()
    return Trained(module=module, curves=curves, best=best_epochs)


def _resume(
    checkpoint: Path | None, identity: dict[str, Any]
) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    if checkpoint is None or not checkpoint.exists():
        return None
    tensors, record = load_tensors(checkpoint)
    if {key: record.get(key) for key in identity} != identity:
        raise BadInput("is of another recipe, seed or corpus; train into a new folder", where=str(checkpoint))
    return tensors, record


class _StageState:
    """Weights, optimiser and best weights so far of one stage."""

    def __init__(
        self, stage: Stage, module: torch.nn.Module, recipe: Recipe, seed: int, frozen: frozenset[str]
    ) -> None:
        self.stage, self.module, self.average = stage, module, recipe.average
        for name, parameter in module.named_parameters():
            # what was built frozen (an encoder beside its adapters) is so in every stage
            parameter.requires_grad_(name not in frozen and bool(re.search(stage.trainable, name)))
        groups = stage.optimiser_groups(
            [(name, one) for name, one in module.named_parameters() if name not in frozen],
            recipe.optimiser.learning_rate,
            recipe.optimiser.weight_decay,
        )
        self.parameters = [parameter for group in groups for parameter in group["params"]]
        self.step = recipe.step.begin([(n, p) for n, p in module.named_parameters() if p.requires_grad], seed)
        self.optimiser = make_optimiser(recipe.optimiser, groups)
        self.highest = [group["lr"] for group in self.optimiser.param_groups]
        self.epoch = 0
        self.told: list[dict[str, float]] = []  # by the steps of the epoch
        self.kept: list[tuple[float, int, dict[str, torch.Tensor]]] = []  # best first

    def worn_out(self, patience: int | None) -> bool:
        return patience is not None and bool(self.kept) and self.epoch - self.kept[0][1] >= patience

    def remember(self, loss: float) -> None:
        weights = {name: value.detach().clone() for name, value in self.module.state_dict().items()}
        self.kept = sorted([*self.kept, (loss, self.epoch, weights)], key=lambda kept: kept[:2])
        del self.kept[self.average :]

    def keep_best(self) -> int:
        """Load the mean of the kept weights; whole-number buffers come from the best epoch."""
        if not self.kept:
            return 0
        best = dict(self.kept[0][2])
        for name, value in best.items():
            if value.is_floating_point():
                best[name] = torch.stack([kept[2][name] for kept in self.kept]).mean(0)
        self.module.load_state_dict(best)
        return self.kept[0][1]

    def save(self, path: Path, record: dict[str, Any]) -> None:
        stateless = isinstance(self.optimiser, torch.optim.LBFGS)
        tensors, numbers = ({}, {}) if stateless else optimiser_tensors(self.optimiser)
        tensors |= {f"module/{name}": value for name, value in self.module.state_dict().items()}
        tensors |= {f"step/{name}": value for name, value in self.step.state().items()}
        for place, (_, _, weights) in enumerate(self.kept):
            tensors |= {f"kept/{place}/{name}": value for name, value in weights.items()}
        kept = [[loss, epoch] for loss, epoch, _ in self.kept]
        save_tensors(path, tensors, {**record, "epoch": self.epoch, "kept": kept, "numbers": numbers})

    def restore(self, tensors: dict[str, torch.Tensor], record: dict[str, Any]) -> None:
        def part(prefix: str) -> dict[str, torch.Tensor]:
            return {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}

        self.module.load_state_dict(part("module/"))
        self.step.restore(part("step/"))
        if not isinstance(self.optimiser, torch.optim.LBFGS):
            restore_optimiser(self.optimiser, tensors, record["numbers"])
        self.epoch = record["epoch"]
        self.kept = [
            (loss, epoch, part(f"kept/{place}/")) for place, (loss, epoch) in enumerate(record["kept"])
        ]


def _epoch(
    system: System,
    state: _StageState,
    examples: Examples,
    validation: np.ndarray,
    recipe: Recipe,
    moment: Moment,
    judge: Judge | None,
    device: str,
) -> dict[str, float]:
    stage, module = state.stage, state.module
    rng = generator(moment.seed, stage.name, state.epoch)
    torch.manual_seed(int(rng.integers(2**62)))
    for group, highest in zip(state.optimiser.param_groups, state.highest, strict=True):
        group["lr"] = recipe.optimiser.at(state.epoch, highest)
    module.train()
    sums: dict[str, float] = {}
    state.told, seen = [], 0
    batches = stage.sampler(stage.rows, examples.group[stage.rows], recipe.batch, rng)
    for step, rows in enumerate(batches):
        parts = [
            (examples.batch(part, moment).to(device), share)
            for part, share in own_parts(rows, recipe.accumulate)
        ]
        point = _update(system, state, parts, recipe)
        if not np.isfinite(point["loss"]):
            raise BadInput(
                f"the loss is {point['loss']} in epoch {state.epoch + 1}, step {step + 1} of {len(batches)} "
                f"(rows {_few([examples.ids[row] for row in rows])}); lower the learning rate",
                where=stage.name,
            )
        state.told.append(point)
        seen += len(rows)
        for name, value in point.items():
            sums[name] = sums.get(name, 0.0) + value * len(rows)
    state.epoch += 1
    curve = {name: value / seen for name, value in sums.items()}
    buffers_of_the_first(module)
    if len(validation):
        module.eval()
        curve["validation"] = (
            validation_loss(system, module, examples, validation, recipe, stage, device=device)
            if judge is None
            else judge(module)
        )
        if not np.isfinite(curve["validation"]):
            raise BadInput(
                f"the validation figure is {curve['validation']} after epoch {state.epoch}; "
                "lower the learning rate",
                where=stage.name,
            )
    # without rows to validate on, the newest weights are the ones to keep
    state.remember(curve.get("validation", -float(state.epoch)))
    return curve


def _few(ids: Sequence[str], most: int = 40) -> str:
    return ", ".join(ids[:most]) + (f" and {len(ids) - most} more" if len(ids) > most else "")


def _update(
    system: System, state: _StageState, parts: Iterable[tuple[Batch, float]], recipe: Recipe
) -> dict[str, float]:
    points: list[dict[str, float]] = []

    def gradients() -> float:
        for batch, share in parts:
            state.step.add(system.losses(state.module, batch, state.stage), share)
        points.append(numbers_summed(state.step.finish(), "loss"))
        if recipe.optimiser.clip is not None:
            torch.nn.utils.clip_grad_norm_(state.parameters, recipe.optimiser.clip)
        return points[-1]["loss"]

    if isinstance(state.optimiser, torch.optim.LBFGS):
        state.optimiser.state.clear()  # no memory across batches, so nothing to keep over a kill
        state.optimiser.step(gradients)  # asks for gradients as often as its line search needs
        return points[-1]
    gradients()
    if np.isfinite(points[-1]["loss"]):
        state.optimiser.step()
    return points[-1]


@torch.no_grad()
def validation_loss(
    system: System,
    module: torch.nn.Module,
    examples: Examples,
    rows: np.ndarray,
    recipe: Recipe,
    stage: Stage,
    *,
    device: str = "cpu",
) -> float:
    """Mean of the summed losses over rows, in eval mode."""
    module.eval()
    total = 0.0
    whole = stage.whole or stage.sampler is whole_groups
    for part in parts_of(rows, examples.group[rows] if whole else None, recipe.batch):
        losses = system.losses(module, examples.batch(part).to(device), stage)
        total += len(part) * sum(float(value) for path in losses.values() for value in path.values())
    return total / len(rows)
