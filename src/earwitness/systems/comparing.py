"""Runs beside each other, on the same trials."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from earwitness.errors import BadInput
from earwitness.systems.running import read_figures, read_run
from earwitness.training.primary import primary_of
from earwitness.training.run_figures import Figure, RunFigures, run_difference
from earwitness.training.trial_scores import read_run_scores


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One run among others.

    Args:
        name: of its folder.
        system: that was trained.
        parameters: of its network.
        seconds: of all its trainings together.
        figures: what it reached.
        minus_first: its figure minus that of the first run, paired; `None` for the first.
    """

    name: str
    system: str
    parameters: int
    seconds: float
    figures: RunFigures
    minus_first: Figure | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Runs on the same trials.

    Args:
        metric: that they are compared by.
        lower: whether lower is better.
        runs: in the order in which they were given.
    """

    metric: str
    lower: bool
    runs: tuple[Compared, ...]


def compare_runs(folders: Sequence[str | Path], *, replicates: int = 1000, seed: int = 0) -> Comparison:
    """Compare runs with the first.

    Args:
        folders: of finished runs.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Raises:
        BadInput: when a run is not finished, speaks of something else, or was tested on other trials.
    """
    found = []
    first = None
    for folder in folders:
        run = read_run(folder)
        metric, target = primary_of(run.task)
        scores = read_run_scores(folder, target)
        if first is None:
            first = (metric, target, scores)
        if (metric.name, target) != (first[0].name, first[1]):
            raise BadInput(
                f"says {target.column} by {metric.name}, the first run something else", where=str(folder)
            )
        try:
            difference = (
                None if scores is first[2]
                else run_difference(scores, first[2], metric, replicates=replicates, seed=seed)
            )  # fmt: skip
        except BadInput as error:
            raise BadInput(error.reason, where=str(folder)) from error
        found.append(
            Compared(
                name=Path(folder).name,
                system=run.recipe.system,
                parameters=int(run.trainings[0]["parameters"]),
                seconds=float(sum(one["seconds"] for one in run.trainings)),
                figures=read_figures(folder),
                minus_first=difference,
            )
        )
    assert first is not None
    return Comparison(metric=first[0].name, lower=first[0].lower, runs=tuple(found))
