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
from earwitness.systems.sequence_stages import positions
from earwitness.systems.sequifi_recipe import SequifiRecipe
from earwitness.task import Task
from earwitness.training.following import read_followed
from earwitness.training.trial_scores import score_columns

FILE = "continual.json"
REPLICATES = 1000


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
    whole, replicates, by_seed, ends, there, speakers = _matrices(table, task, recipe, seed)
    answer, truth, places = _read(table, task, recipe)
    number = table["number"].to_numpy()
    names = list(recipe.domains) or list(domain.classes)
    hit = (answer == truth).astype(np.float64)
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
        clusters=speakers,
    )


def paired_forgetting(
    first: str | Path, other: str | Path, *, seed: int = 0
) -> tuple[float, float, float, int]:
    """How much more one run forgets than another, on the same held-back rows and seeds.

    Args:
        first: folder of a finished run.
        other: folder of another one.
        seed: of the bootstrap; speakers are drawn together for both.

    Returns:
        First minus other, the ends of its 95 % interval, and the held-back rows.

    Raises:
        BadInput: when they have no seed in common or other rows.
    """
    tables = [read_followed(folder).filter(pl.col("side") == "test") for folder in (first, other)]
    seeds = set(tables[0]["seed"]) & set(tables[1]["seed"])
    ids = [sorted(set(table["id"])) for table in tables]
    if not seeds or ids[0] != ids[1]:
        raise BadInput("the runs have no seed in common, or were tested on other rows", where=str(other))
    found = []
    for folder, table in zip((first, other), tables, strict=True):
        recipe, task = settings_of(Path(folder))
        own = table.filter(pl.col("seed").is_in(list(seeds)))
        whole, drawn, *_ = _matrices(own, task, recipe, seed)
        draws = [continual(one).forgetting if np.isfinite(one).all() else np.nan for one in drawn]
        found.append((continual(whole).forgetting, np.array(draws)))
    low, high = np.nanquantile(found[0][1] - found[1][1], [0.025, 0.975])
    return found[0][0] - found[1][0], float(low), float(high), len(ids[0])


def settings_of(folder: Path) -> tuple[SequifiRecipe, Task]:
    """Recipe and task of a run folder."""
    recipe = msgspec.json.decode((folder / "recipe.json").read_bytes(), type=SequifiRecipe)
    return recipe, msgspec.json.decode((folder / "task.json").read_bytes(), type=Task)


def _read(
    table: pl.DataFrame, task: Task, recipe: SequifiRecipe
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answer, truth and place in the sequence of every row."""
    target, domain = task.targets
    answer = table.select(score_columns(target)).to_numpy().argmax(1)
    truth = table[f"truth/{target.column}"].to_numpy().astype(np.int64)
    return answer, truth, positions(recipe, table[f"truth/{domain.column}"].to_numpy().astype(np.int64))


def _matrices(
    table: pl.DataFrame, task: Task, recipe: SequifiRecipe, seed: int
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], dict[int, int], list[int], int]:
    """Accuracies (ends, steps): of all, of each replicate, of each seed; ends, steps, and speakers."""
    answer, truth, places = _read(table, task, recipe)
    hit, number = (answer == truth).astype(np.float64), table["number"].to_numpy()
    step = table["stage"].str.extract(r"^corpus (\d+)").cast(pl.Int64).to_numpy()
    ends = {int(one): int(number[step == one].max()) for one in np.unique(step)}
    there = sorted(ends)
    if recipe.method in ("joint", "source-only"):  # one stage, and all steps are tested
        there = sorted(int(one) for one in np.unique(places[places >= 0]))
    for at in there:
        if not (places == at).any():
            raise BadInput(f"step {at + 1} has no held-back rows", where=recipe.domain)
    named = np.where(table["cluster"] == "", table["id"], table["cluster"]).astype(str)
    speakers, member = np.unique(named, return_inverse=True)
    last = list(ends.values())

    def parts(kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _by_speaker(number[kept], places[kept], member[kept], hit[kept], last, there, len(speakers))

    hits, counts = parts(np.ones(len(hit), bool))
    chance = np.full(len(speakers), 1 / len(speakers))
    drawn = np.random.default_rng(seed).multinomial(len(speakers), chance, size=REPLICATES)
    seeds = table["seed"].to_numpy()
    by_seed = []
    for one in np.unique(seeds):
        own, rows = parts(seeds == one)
        by_seed.append(own.sum(0) / rows.sum(0))
    with np.errstate(invalid="ignore"):
        replicates = np.einsum("rs,sij->rij", drawn, hits) / np.einsum("rs,sij->rij", drawn, counts)
    return hits.sum(0) / counts.sum(0), replicates, by_seed, ends, there, len(speakers)


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
