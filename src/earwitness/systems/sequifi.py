"""SeQuiFi: fine-tuning a recogniser of emotion to further corpora, one class at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.systems.sequence_network import (
    SequenceNetwork,
    elastic_penalty,
    follow_path,
    path_penalty,
    start_penalty,
)
from earwitness.systems.sequence_report import supplement
from earwitness.systems.sequence_stages import SequenceStage, positions, sequence
from earwitness.systems.sequifi_recipe import RECIPE, RECIPES, SequifiRecipe
from earwitness.systems.single_vector import SideBySide
from earwitness.systems.vector_fusion import (
    FusionBody,
    FusionNetwork,
    FusionRecipe,
    VectorFusion,
    class_loss,
    class_target,
    views_of,
)
from earwitness.task import Task
from earwitness.training.data import Batch, Examples
from earwitness.training.gradient_memory import MEMORY
from earwitness.training.recipe import Recipe
from earwitness.training.stage import Stage


class Sequifi(VectorFusion):
    """Emotion through a sequence of corpora, fine-tuned one class at a time, beside its rivals."""

    RECIPE: FusionRecipe = RECIPE
    RECIPES: Mapping[str, FusionRecipe] = RECIPES
    SOURCES: Mapping[str, str] = {"method": "published"}
    PAPER = "SeQuiFi, sequential class-wise fine-tuning against forgetting in speech emotion recognition"
    CLAIMS: Mapping[str, object] = {
        "CREMA-D, RAVDESS, Emo-DB, MESD, ShEMO": "fine-tuning one class at a time forgets less than vanilla "
        "fine-tuning and than regularisation, memory and weight averaging (no figures established)"
    }
    VIEWS = None
    FOLLOWED = True

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """The classes in the order of the recipe, and the corpora in theirs; the latter are not said."""
        assert isinstance(recipe, SequifiRecipe)
        if recipe.domain not in table.columns:
            raise BadInput(f"has no column {recipe.domain!r}; set domain to one that it has", where="corpus")
        target, domain = class_target(table, recipe.target), class_target(table, recipe.domain)
        if recipe.class_order:
            if sorted(recipe.class_order) != sorted(target.classes):
                raise BadInput(f"must name each class once: {', '.join(target.classes)}", where="class_order")
            target = msgspec.structs.replace(target, classes=recipe.class_order)
        named = [value for step in recipe.steps for value in step]
        strange = sorted(set(named) - set(domain.classes))
        if strange:
            there = ", ".join(domain.classes)
            raise BadInput(f"has no {recipe.domain} {strange[0]!r}; there are: {there}", where="domains")
        if recipe.domains and len(recipe.domains) < 2:
            raise BadInput("needs a source and at least one more", where="domains")
        others = [value for value in domain.classes if value not in named]
        domain = msgspec.structs.replace(domain, classes=(*named, *others))
        return Task(targets=(target, domain), primary=recipe.primary)

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """A CNN for each view, or the vectors as they are."""
        return SideBySide(dimensions, recipe.filters)

    def network(
        self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task
    ) -> FusionNetwork:
        """A network that says the first target alone."""
        assert isinstance(recipe, SequifiRecipe)
        alone = msgspec.structs.replace(task, targets=task.targets[:1])
        return SequenceNetwork(body, recipe, dimensions, alone, recipe.method)

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Centre and scale of the source's rows: those of later corpora are not known yet."""
        assert isinstance(module, SequenceNetwork)
        recipe = module.recipe
        assert isinstance(recipe, SequifiRecipe)
        places = positions(recipe, examples.targets[recipe.domain])[rows]
        if len(np.unique(places[places >= 0])) < 2 and recipe.method not in ("joint", "source-only"):
            raise BadInput("has training rows of fewer than two of its values", where=recipe.domain)
        first = places[places >= 0].min()
        return super().fit(module, examples, rows if recipe.method == "joint" else rows[places == first])

    def stages(self, recipe: Recipe, rows: np.ndarray, examples: Examples) -> Sequence[Stage]:
        """The source, then every corpus; the paper's methods cut each by class."""
        assert isinstance(recipe, SequifiRecipe)
        return sequence(recipe, rows, examples)

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """Cross-entropy, and what a method puts against forgetting."""
        assert isinstance(module, SequenceNetwork)
        assert isinstance(stage, SequenceStage)
        recipe = module.recipe
        assert isinstance(recipe, SequifiRecipe)
        views = views_of(module, batch)
        outputs, truth = module(views)[0][0], batch.targets[recipe.target]
        if recipe.method == "masked" and stage.category >= 0:
            outputs = only_class(outputs, stage.category)
        if stage.position == 0:
            loss = class_loss(outputs, truth)
            if recipe.method == "si" and module.training:
                follow_path(module, loss)
            return {"new": {"cross-entropy": loss}}
        if recipe.method == "a-gem":
            places = positions(recipe, batch.targets[recipe.domain].cpu().numpy())
            new = torch.from_numpy(places == stage.position).to(truth.device)
            return {
                "new": {"cross-entropy": class_loss(outputs[new], truth[new])},
                MEMORY: {"cross-entropy": class_loss(outputs[~new], truth[~new])},
            }
        losses = {"cross-entropy": class_loss(outputs, truth)}
        if recipe.method == "ewc":
            losses["held"] = recipe.strength * elastic_penalty(module)
        elif recipe.method == "l2-sp":
            losses["held"] = recipe.strength * start_penalty(module)
        elif recipe.method == "si":
            if module.training:
                follow_path(module, losses["cross-entropy"])
            losses["held"] = recipe.strength * path_penalty(module)
        elif recipe.method == "lwf":
            before = module.with_weights(module.get_buffer("start"), views)
            losses["held"] = recipe.strength * old_answers(outputs, before, recipe.temperature)
        return {"new": losses}

    def supplement(self, folder: Path) -> list[str]:
        """What was kept and lost on the way, and the recall of each class after each step."""
        return supplement(folder)


def only_class(outputs: torch.Tensor, category: int) -> torch.Tensor:
    """The same numbers, of which only one class passes gradients on.

    Args:
        outputs: (batch, classes).
        category: number of the class.
    """
    kept = torch.zeros(outputs.shape[1], dtype=torch.bool, device=outputs.device)
    kept[category] = True
    return torch.where(kept, outputs, outputs.detach())


def old_answers(outputs: torch.Tensor, before: torch.Tensor, temperature: float) -> torch.Tensor:
    """Divergence of the answers from those of the old weights, softened.

    Args:
        outputs: (batch, classes).
        before: (batch, classes) of the old weights.
        temperature: above 0.

    Reference: Li and Hoiem, Learning without forgetting, 2016, with Hinton's factor of T squared.

    Example:
        >>> round(float(old_answers(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 2.0]]), 2.0)), 6)
        0.0
    """
    old, new = (before / temperature).softmax(1), (outputs / temperature).log_softmax(1)
    return nn.functional.kl_div(new, old, reduction="batchmean") * temperature**2
