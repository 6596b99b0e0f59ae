"""The stages of learning one corpus after the other: source, then corpora, and inside them classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from earwitness.systems.sequence_network import (
    SequenceNetwork,
    begin_path,
    end_path,
    fisher,
    remember_importance,
)
from earwitness.systems.sequifi_recipe import BY_CLASS, SequifiRecipe
from earwitness.systems.vector_fusion import class_loss, views_of
from earwitness.training.data import Examples
from earwitness.training.randomness import generator
from earwitness.training.stage import ParameterGroup, Sampler, Stage, shuffled


class SequenceStage(Stage, frozen=True, kw_only=True):
    """A stage that knows where in the sequence it is.

    Args:
        position: of its corpus, the source is 0.
        category: number of the class that is learnt; -1 = all.
        turn: of `cyclic`: which time round the classes.
        last: whether the corpus ends with it.
    """

    position: int = 0
    category: int = -1
    turn: int = 0
    last: bool = True


def positions(recipe: SequifiRecipe, numbers: np.ndarray) -> np.ndarray:
    """Place in the sequence of each row's corpus; -1 for those that are not learnt.

    Args:
        recipe: names the sequence.
        numbers: (n,) classes of the domain target: first those that the recipe names, in its order.

    Example:
        >>> recipe = SequifiRecipe(system="sequifi", views=(), domains=("a+b", "c"))
        >>> positions(recipe, np.array([0, 1, 2, 3])).tolist()
        [0, 0, 1, -1]
    """
    if not recipe.domains:
        return numbers.astype(np.int64)
    home = [place for place, step in enumerate(recipe.steps) for _ in step]
    known = np.array([*home, *[-1] * (max(int(numbers.max(initial=-1)) + 1 - len(home), 0))], np.int64)
    return np.where(numbers < 0, -1, known[numbers])


def class_order(recipe: SequifiRecipe, count: int) -> list[int]:
    """Numbers of the classes in the order of learning; the target's own order is already the recipe's."""
    if recipe.class_order_seed is None:
        return list(range(count))
    return [int(one) for one in generator("class order", recipe.class_order_seed).permutation(count)]


def sequence(recipe: SequifiRecipe, rows: np.ndarray, examples: Examples) -> list[SequenceStage]:
    """All stages.

    Args:
        recipe: its settings.
        rows: that are trained on.
        examples: all rows.
    """
    places = positions(recipe, examples.targets[recipe.domain])
    truth = examples.targets[recipe.target]
    here = {int(place): rows[places[rows] == place] for place in np.unique(places[rows]) if place >= 0}
    order = sorted(here)
    if recipe.method == "joint":
        every = np.concatenate([here[place] for place in order])
        return [SequenceStage(name="corpus 0", rows=every, epochs=recipe.epochs)]
    source = SequenceStage(
        name="corpus 0", rows=here[order[0]], epochs=recipe.epochs,
        before=_before(recipe) if recipe.method == "si" else None, after=_after(recipe, here[order[0]]),
    )  # fmt: skip
    if recipe.method == "source-only":
        return [source]
    stages = [source]
    for place in order[1:]:
        own = here[place]
        earlier = [remembered(recipe, here[old], truth, old) for old in order if old < place]
        settings: dict[str, Any] = {
            "trainable": recipe.trainable, "parameter_groups": _rates(recipe),
            "position": place,
        }  # fmt: skip
        if recipe.method not in BY_CLASS:
            memory = (
                np.concatenate(earlier) if recipe.method in ("replay", "a-gem") else np.zeros(0, np.int64)
            )
            stages.append(
                SequenceStage(
                    name=f"corpus {place}", rows=np.concatenate([own, memory]), epochs=recipe.adapt_epochs,
                    sampler=with_memory(memory) if len(memory) else shuffled, before=_before(recipe),
                    after=_after(recipe, own), **settings,
                )
            )  # fmt: skip
            continue
        classes = [one for one in class_order(recipe, int(truth.max()) + 1) if (truth[own] == one).any()]
        turns = recipe.rounds if recipe.method == "cyclic" else 1
        for turn in range(turns):
            for at, category in enumerate(classes):
                last = turn == turns - 1 and at == len(classes) - 1
                stages.append(
                    SequenceStage(
                        name=f"corpus {place}, turn {turn}, class {category}",
                        rows=own[truth[own] == category],
                        epochs=1 if recipe.method == "cyclic" else recipe.adapt_epochs,
                        sampler=few(recipe.round_batches) if recipe.method == "cyclic" else shuffled,
                        before=_before(recipe) if not turn and not at else None,
                        after=_after_class(recipe, last),
                        category=category, turn=turn, last=last, **settings,
                    )
                )  # fmt: skip
    return stages


def remembered(recipe: SequifiRecipe, rows: np.ndarray, truth: np.ndarray, place: int) -> np.ndarray:
    """The rows kept of an earlier corpus: drawn once, every class alike as far as it goes.

    Args:
        recipe: says how many.
        rows: of the corpus.
        truth: class of every row of all corpora.
        place: of the corpus in the sequence.
    """
    drawn = generator("memory", place).permutation(rows)
    turn = np.zeros(len(drawn), np.int64)
    for one in np.unique(truth[drawn]):
        turn[truth[drawn] == one] = np.arange(int((truth[drawn] == one).sum()))
    return np.sort(drawn[np.argsort(turn, kind="stable")[: recipe.memory]])


def with_memory(memory: np.ndarray) -> Sampler:
    """A sampler whose batches each get as many remembered rows as they have new ones.

    Args:
        memory: rows that are kept; the others of the stage are new.
    """

    def sample(
        rows: np.ndarray, groups: np.ndarray, batch: int, rng: np.random.Generator
    ) -> list[np.ndarray]:
        new = rows[~np.isin(rows, memory)]
        return [
            np.concatenate([part, rng.choice(memory, min(len(part), len(memory)), replace=False)])
            for part in shuffled(new, groups, batch, rng)
        ]

    return sample


def few(batches: int) -> Sampler:
    """A sampler of the first batches of a shuffled epoch.

    Args:
        batches: at most so many.
    """

    def sample(
        rows: np.ndarray, groups: np.ndarray, batch: int, rng: np.random.Generator
    ) -> list[np.ndarray]:
        return shuffled(rows, groups, batch, rng)[:batches]

    return sample


def _rates(recipe: SequifiRecipe) -> tuple[ParameterGroup, ...]:
    if recipe.method != "masked":
        return (ParameterGroup(pattern="", learning_rate=recipe.adapt_rate),)
    heads = ParameterGroup(pattern=r"^heads\.", learning_rate=recipe.adapt_rate)
    if recipe.trainable:  # what it names besides the heads learns at the recipe's rate, without a group
        return (heads,)
    return (heads, ParameterGroup(pattern="", learning_rate=recipe.adapt_rate * recipe.trunk))


def _before(recipe: SequifiRecipe) -> Callable[[SequenceNetwork, Examples], None] | None:
    def begin(module: SequenceNetwork, examples: Examples) -> None:
        del examples
        if recipe.method == "si":
            begin_path(module)
        elif recipe.method == "averaged":
            if recipe.average_start:
                module.count_in()
        else:
            module.get_buffer("start").copy_(module.flat().detach())

    return begin if recipe.method in ("si", "averaged", "l2-sp", "lwf", "wise-ft") else None


def _after(recipe: SequifiRecipe, own: np.ndarray) -> Callable[[SequenceNetwork, Examples], None] | None:
    """What happens when a corpus has been learnt whole."""

    def end(module: SequenceNetwork, examples: Examples) -> None:
        if recipe.method == "soup":
            module.count_in()
        elif recipe.method == "si":
            end_path(module)
        elif recipe.method == "ewc":
            taken = generator("fisher").permutation(own)[: recipe.fisher_rows]
            module.eval()
            batch = examples.batch(np.sort(taken))
            outputs, _ = module(views_of(module, batch))
            truth = batch.targets[recipe.target]
            losses = [class_loss(outputs[0][at : at + 1], truth[at : at + 1]) for at in range(len(truth))]
            remember_importance(module, fisher(module, losses))
        elif recipe.method == "wise-ft" and bool(module.get_buffer("start").any()):
            start = module.get_buffer("start")
            module.load_flat(start + recipe.interpolation * (module.flat().detach() - start))

    return end if recipe.method in ("soup", "si", "ewc", "wise-ft") else None


def _after_class(recipe: SequifiRecipe, last: bool) -> Callable[[SequenceNetwork, Examples], None] | None:
    """What happens after a class."""

    def end(module: SequenceNetwork, examples: Examples) -> None:
        del examples
        module.count_in()
        if last:
            module.settle()

    return end if recipe.method == "averaged" else None
