"""Settings of a system and its rivals, trained on the same folds and put beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from earwitness.encoders.encoder import Encoder
from earwitness.errors import BadInput
from earwitness.systems.ledger.entry import Difference, Measured
from earwitness.systems.running import Run, read_figures, read_run, run_system
from earwitness.task import Target
from earwitness.training.experiment import Progress
from earwitness.training.primary import PRIMARY, primary_of
from earwitness.training.recipe import Recipe
from earwitness.training.run_figures import RunFigures, run_difference, run_figures
from earwitness.training.trial_scores import FILE, read_run_scores, rounds_of_table, score_columns


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """A setting to be trained.

    Args:
        system: the method.
        recipe: its settings, seeds included.
    """

    system: Any
    recipe: Recipe


def run_variants(
    variants: Mapping[str, Variant],
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    folds: Mapping[str, str],
    *,
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> tuple[list[Measured], list[Difference]]:
    """Train every variant on every kind of folds; what a killed experiment had finished is not done again.

    Args:
        variants: name -> setting; the first is the one that the others are compared with.
        corpus: folder of a corpus, or its Parquet file.
        store: folder of the store.
        out: folder that gets a run folder for each kind of folds and variant.
        folds: in a few words -> protocol by name, see `corpora.protocols.naming`.
        encoders: view -> encoder, for those at hand.
        progress: called with (what, done, of how many).

    Returns:
        What was measured, and the first minus each other where both have the same seeds and trials.

    Raises:
        BadInput: when corpus, recipe, encoder or a folder cannot be used.
    """
    found: list[Measured] = []
    differences: list[Difference] = []
    for on, protocol in folds.items():
        runs = {}
        for name, variant in variants.items():

            def tell(what: str, done: int, of: int, name: str = name) -> None:
                if progress is not None:
                    progress(f"{name}: {what}", done, of)

            runs[name], _ = run_system(
                variant.system, variant.recipe, corpus, store, run_folder(out, on, name),
                protocol=protocol, encoders=encoders, progress=tell,
            )  # fmt: skip
        found += [measured(name, on, run) for name, run in runs.items()]
        (first, ours), *others = runs.items()
        differences += [difference(first, ours, other, run, on) for other, run in others]
    return found, differences


def measured(what: str, on: str, run: str | Path, *, metric: str | None = None) -> Measured:
    """The row of a finished run.

    Args:
        what: was trained.
        on: the protocol, in a few words.
        run: its folder.
        metric: another figure of the primary target than the task's primary one.

    Raises:
        BadInput: when the run is not finished, or the metric does not fit its target.
    """
    read = read_run(run)
    figures = read_figures(run)
    if metric is not None:
        primary, target = primary_of(msgspec.structs.replace(read.task, primary=metric))
        figures = run_figures(read_run_scores(run, target), primary)
    return _row(what, on, read, figures)


def measured_beside(
    what: str, on: str, run: str | Path, target: Target, labels: Mapping[str, str], metric: str
) -> Measured:
    """The row of another target of a run of several tasks.

    Args:
        what: was trained.
        on: the protocol, in a few words.
        run: its folder.
        target: a class target that is not the primary one.
        labels: id -> class.
        metric: the figure.

    Raises:
        BadInput: when the run is not finished, or has no scores of that target.
    """
    read = read_run(run)
    table = pl.read_parquet(Path(run) / FILE, memory_map=False)
    names = {f"{target.column}/{name}": name for name in score_columns(target)}
    if set(names) - set(table.columns):
        raise BadInput(f"has no scores of {target.column}", where=str(run))
    truth = [target.classes.index(labels[row]) for row in table["id"]]
    table = table.drop(names.values(), strict=False).rename(names).with_columns(truth=pl.Series(truth))
    if table.select(pl.struct("truth", "cluster").n_unique() == pl.col("truth").n_unique()).item():
        table = table.with_columns(cluster=pl.col("id"))  # a class of one speaker: its clips are resampled
    return _row(what, on, read, run_figures(rounds_of_table(table, target), PRIMARY[metric]))


def _row(what: str, on: str, read: Run, figures: RunFigures) -> Measured:
    return Measured(
        what=what, on=on, metric=figures.metric, lower=figures.lower, value=figures.mean.value,
        low=figures.mean.low, high=figures.mean.high, n=figures.mean.n, best=figures.best.value,
        seeds={seed: one.value for seed, one in figures.seeds.items()},
        parameters=int(read.trainings[0]["parameters"]),
        seconds=round(sum(one["seconds"] for one in read.trainings), 1), notes=figures.mean.notes,
    )  # fmt: skip


def difference(
    first: str, run: str | Path, other: str, rival: str | Path, on: str, *, metric: str | None = None
) -> Difference:
    """A run minus another on the same trials, paired.

    Args:
        first: what the run is called.
        run: its folder.
        other: what the rival is called.
        rival: its folder.
        on: the protocol, in a few words.
        metric: another figure of the primary target than the task's primary one.

    Raises:
        BadInput: when a run is not finished or they were tested on other trials.
    """
    task = read_run(run).task
    primary, target = primary_of(task if metric is None else msgspec.structs.replace(task, primary=metric))
    found = run_difference(read_run_scores(run, target), read_run_scores(rival, target), primary)
    return Difference(
        first=first, other=other, on=on, metric=primary.name, lower=primary.lower, value=found.value,
        low=found.low, high=found.high, n=found.n, notes=found.notes,
    )  # fmt: skip


def pick(differences: Sequence[Difference], other: str, on: str) -> Difference:
    """The one difference against a rival on one kind of folds."""
    (found,) = [one for one in differences if (one.other, one.on) == (other, on)]
    return found


def run_folder(out: str | Path, on: str, name: str) -> Path:
    """Where `run_variants` puts the run of a variant.

    Args:
        out: as given there.
        on: kind of folds.
        name: of the variant.
    """
    return Path(out) / _plain(f"{on} {name}")


def _plain(name: str) -> str:
    """A folder's name: letters, digits and dashes."""
    return "-".join("".join(one if one.isalnum() else " " for one in name).split()).lower()
