"""What a sequence of corpora kept and lost: accuracy by corpus and step, recall by class, transfer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from earwitness.errors import BadInput
from earwitness.metrics.continual_learning import Continual, continual
from earwitness.metrics.plots.matrix import matrix_plot
from earwitness.systems.sequence_stages import positions
from earwitness.systems.sequifi_recipe import SequifiRecipe
from earwitness.task import Task
from earwitness.training.following import read_followed
from earwitness.training.run import RunFolder
from earwitness.training.trial_scores import score_columns
from earwitness.whole_file import write_whole

FILE = "continual.json"
REPLICATES = 1000
SHOWN = 24
"""Steps that the picture of recalls has at most."""


class Ranged(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with its 95 % interval over speakers, and its deviation over seeds."""

    value: float
    low: float
    high: float
    spread: float


class SequenceFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a run through a sequence of corpora, on held-back rows.

    Args:
        method: of the recipe.
        domains: names of the steps, the source first.
        classes: in the order of the recalls.
        accuracy: row i, column j: accuracy on step j after step i has been learnt; null where not tested.
        average: accuracy over all steps at the end, each step counting alike.
        learning: accuracy on each step just after it was learnt; `None` where nothing follows the source.
        backward_transfer: negative = forgetting; likewise.
        forgetting: from the best to the end; likewise.
        steps: name of every stage, in order.
        recall: (stages, classes) recall over all held-back rows after every stage.
        answers: (stages, classes) share of the answers.
        trained: the class that a stage was about, or null.
        collapse: largest share of answers that one class had after any stage but the source's.
        unseen: accuracy at the end on rows of corpora that are in no step; null where there are none.
        n: held-back rows.
        clusters: speakers.
    """

    method: str
    domains: tuple[str, ...]
    classes: tuple[str, ...]
    accuracy: list[list[float | None]]
    average: Ranged
    learning: Ranged | None
    backward_transfer: Ranged | None
    forgetting: Ranged | None
    steps: list[str]
    recall: list[list[float | None]]
    answers: list[list[float]]
    trained: list[str | None]
    collapse: float | None
    unseen: float | None
    n: int
    clusters: int


def sequence_figures(
    followed: pl.DataFrame, task: Task, recipe: SequifiRecipe, *, seed: int = 0
) -> SequenceFigures:
    """Figures of a followed run.

    Args:
        followed: from `read_followed`; its test side counts.
        task: of the run.
        recipe: of the run.
        seed: of the bootstrap over speakers.

    Raises:
        BadInput: when a step has no held-back rows.
    """
    target, domain = task.targets
    table = followed.filter(pl.col("side") == "test")
    answer = table.select(score_columns(target)).to_numpy().argmax(1)
    truth = table[f"truth/{target.column}"].to_numpy().astype(np.int64)
    places = positions(recipe, table[f"truth/{domain.column}"].to_numpy().astype(np.int64))
    names = list(recipe.domains) or list(domain.classes)
    step = table["stage"].str.extract(r"^corpus (\d+)").cast(pl.Int64).to_numpy()
    number = table["number"].to_numpy()
    ends = {int(one): int(number[step == one].max()) for one in np.unique(step)}
    hit = (answer == truth).astype(np.float64)
    there = sorted(ends)
    if recipe.method in ("joint", "source-only"):
        there = [at for at in range(len(names)) if (places == at).any()]
    for at in there:
        if not (places == at).any():
            raise BadInput(f"has no held-back rows of {names[at]}", where=domain.column)
    speakers, member = np.unique(
        np.where(table["cluster"] == "", table["id"], table["cluster"]).astype(str), return_inverse=True
    )
    seeds = table["seed"].to_numpy()

    def matrix(weight: np.ndarray) -> np.ndarray:
        """(ends, steps) weighted accuracy."""
        found = np.full((len(ends), len(there)), np.nan)
        for row, end in enumerate(ends.values()):
            for column, place in enumerate(there):
                inside = (number == end) & (places == place)
                if weight[inside].sum():
                    found[row, column] = np.average(hit[inside], weights=weight[inside])
        return found

    whole = matrix(np.ones(len(hit)))
    rng = np.random.default_rng(seed)
    sums = _by_speaker(number, places, member, hit, list(ends.values()), there, len(speakers))
    drawn = rng.multinomial(len(speakers), np.full(len(speakers), 1 / len(speakers)), size=REPLICATES)
    with np.errstate(invalid="ignore"):
        replicates = np.einsum("rs,sij->rij", drawn, sums[0]) / np.einsum("rs,sij->rij", drawn, sums[1])
    by_seed = [matrix((seeds == one).astype(np.float64)) for one in np.unique(seeds)]
    stages = sorted(
        {int(one): str(name) for one, name in table.select("number", "stage").unique().iter_rows()}.items()
    )
    recall, answers = _by_stage(number, truth, answer, [one for one, _ in stages], len(target.classes))
    adapted = [row for (one, _), row in zip(stages, answers, strict=True) if one > ends[min(ends)]]
    unseen = (places < 0) & (number == max(ends.values()))
    sequence = len(ends) > 1
    return SequenceFigures(
        method=recipe.method,
        domains=tuple(names[at] for at in there),
        classes=target.classes,
        accuracy=[[None if np.isnan(one) else float(one) for one in row] for row in whole],
        average=_ranged(lambda one: float(one[-1].mean()), whole, replicates, by_seed),
        learning=_figure("learning", whole, replicates, by_seed) if sequence else None,
        backward_transfer=_figure("backward_transfer", whole, replicates, by_seed) if sequence else None,
        forgetting=_figure("forgetting", whole, replicates, by_seed) if sequence else None,
        steps=[_named(name, names, target.classes) for _, name in stages],
        recall=recall,
        answers=answers,
        trained=[_class_of(name, target.classes) for _, name in stages],
        collapse=max(max(row) for row in adapted) if adapted else None,
        unseen=float(hit[unseen].mean()) if unseen.any() else None,
        n=table["id"].n_unique(),
        clusters=len(speakers),
    )


def supplement(folder: str | Path) -> list[str]:
    """Write `continual.json`, `accuracy.svg` and `recall.svg` into a run folder.

    Args:
        folder: of a finished run.

    Returns:
        Lines for the console.
    """
    run = RunFolder(folder)
    task = msgspec.json.decode((run.path / "task.json").read_bytes(), type=Task)
    recipe = msgspec.json.decode((run.path / "recipe.json").read_bytes(), type=SequifiRecipe)
    found = sequence_figures(read_followed(run.path), task, recipe)
    run.write_json(FILE, found)
    table = np.array(found.accuracy, dtype=np.float64)
    names = [f"after {name}" for name in found.domains[: len(table)]]
    if len(table) == 1:
        names = ["at the end"]
    picture = matrix_plot(
        table, names, found.domains, title=f"Accuracy by {recipe.domain}, %", x=f"tested on, {recipe.domain}",
        subtitle=f"{recipe.method}, {found.n} held-back clips", y="",
    )  # fmt: skip
    write_whole(run.path / "accuracy.svg", picture.encode())
    chosen = np.unique(np.linspace(0, len(found.steps) - 1, min(SHOWN, len(found.steps))).round().astype(int))
    picture = matrix_plot(
        np.array([found.recall[at] for at in chosen], dtype=np.float64), [found.steps[at] for at in chosen],
        found.classes, title="Recall after each step, %", x="class",
        subtitle=f"{recipe.method}, {found.n} held-back clips",
    )  # fmt: skip
    write_whole(run.path / "recall.svg", picture.encode())
    return lines_of(found)


def lines_of(found: SequenceFigures) -> list[str]:
    """The figures in words."""
    lines = [f"average at the end {_words(found.average)}"]
    for name, one in (
        ("when learnt", found.learning),
        ("backward transfer", found.backward_transfer),
        ("forgetting", found.forgetting),
    ):
        if one is not None:
            lines.append(f"{name} {_words(one)}")
    if found.collapse is not None:
        lines.append(f"largest share of one class among the answers after a step: {found.collapse:.2f}")
    width = max(map(len, found.steps))
    lines.append(f"{'recall after':<{width}}  {'  '.join(f'{name:>9.9}' for name in found.classes)}")
    for name, row in list(zip(found.steps, found.recall, strict=True))[-SHOWN:]:
        cells = ("" if one is None else f"{one:.2f}" for one in row)
        lines.append(f"{name:<{width}}  {'  '.join(f'{cell:>9}' for cell in cells)}")
    return lines


def _words(one: Ranged) -> str:
    return f"{one.value:+.3f} [{one.low:+.3f}, {one.high:+.3f}], deviation over seeds {one.spread:.3f}"


def _by_speaker(
    number: np.ndarray, places: np.ndarray, member: np.ndarray, hit: np.ndarray, ends: Sequence[int],
    there: Sequence[int], speakers: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Hits and rows of each speaker, (speakers, ends, steps)."""
    sums, counts = np.zeros((2, speakers, len(ends), len(there)))
    for row, end in enumerate(ends):
        for column, place in enumerate(there):
            inside = (number == end) & (places == place)
            np.add.at(sums[:, row, column], member[inside], hit[inside])
            np.add.at(counts[:, row, column], member[inside], 1.0)
    return sums, counts


def _by_stage(
    number: np.ndarray, truth: np.ndarray, answer: np.ndarray, stages: Sequence[int], classes: int
) -> tuple[list[list[float | None]], list[list[float]]]:
    recall: list[list[float | None]] = []
    answers = []
    for one in stages:
        here = number == one
        row: list[float | None] = []
        for category in range(classes):
            own = here & (truth == category)
            row.append(float((answer[own] == category).mean()) if own.any() else None)
        recall.append(row)
        answers.append([float(value) for value in np.bincount(answer[here], minlength=classes) / here.sum()])
    return recall, answers


def _figure(name: str, whole: np.ndarray, drawn: np.ndarray, seeds: Sequence[np.ndarray]) -> Ranged:
    def figure(table: np.ndarray) -> float:
        found: Continual = continual(table)
        return float(getattr(found, name))

    return _ranged(figure, whole, drawn, seeds)


def _ranged(figure: Any, whole: np.ndarray, drawn: np.ndarray, seeds: Sequence[np.ndarray]) -> Ranged:
    value = figure(whole)
    found = [figure(one) for one in drawn if np.isfinite(one).all()]
    low, high = np.quantile(found, [0.025, 0.975]) if found else (value, value)
    by_seed = [figure(one) for one in seeds]
    spread = float(np.std(by_seed, ddof=1)) if len(by_seed) > 1 else 0.0
    return Ranged(value=value, low=float(min(low, value)), high=float(max(high, value)), spread=spread)


def _named(stage: str, domains: Sequence[str], classes: Sequence[str]) -> str:
    """A stage with the names of its corpus and class in place of their numbers."""
    place, *rest = (int(part.rpartition(" ")[2]) for part in stage.split(", "))
    if not rest:
        return domains[place]
    turn, category = rest
    return f"{domains[place]}, {classes[category]}" + (f", turn {turn + 1}" if turn else "")


def _class_of(stage: str, classes: Sequence[str]) -> str | None:
    _, mark, number = stage.partition("class ")
    return classes[int(number)] if mark else None
