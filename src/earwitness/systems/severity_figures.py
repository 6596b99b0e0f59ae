"""Figures of a severity score by session, always beside those of saying the mean."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from earwitness.metrics.regression_figures import RegressionFigures, regression
from earwitness.task import Task
from earwitness.training.checkpoint import load_tensors
from earwitness.training.following import read_followed
from earwitness.training.run import RunFolder
from earwitness.training.trained_files import FILE as WEIGHTS

FILE = "severity.json"
NAMES = ("rmse", "mae", "ccc", "pearson", "spearman", "r2")


class Severity(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a run.

    Args:
        side: validation (on which epochs were chosen: bright) or test.
        sessions: that were scored.
        seeds: seed -> figures over all rounds.
        mean: over the seeds; `None` where a figure is not defined.
        spread: deviation over the seeds.
        mean_predictor: always saying the mean of the training sessions.
    """

    side: str
    sessions: int
    seeds: dict[str, RegressionFigures]
    mean: dict[str, float | None]
    spread: dict[str, float | None]
    mean_predictor: RegressionFigures


def severities(folder: str | Path) -> list[Severity]:
    """Figures of a finished run, one for each side that was scored.

    Args:
        folder: of the run.

    Raises:
        BadInput: when it was not followed.
    """
    path = Path(folder)
    task = msgspec.json.decode((path / "task.json").read_bytes(), type=Task)
    followed = read_followed(path)
    followed = followed.filter(pl.col("number") == followed["number"].max())
    means = {}
    for record in path.glob("rounds/*/record.json"):
        about = msgspec.json.decode(record.read_bytes())
        _, kept = load_tensors(record.parent / WEIGHTS)
        means[about["round"]] = float(kept["fitted"]["training_mean"])
    found = []
    for side in ("validation", "test"):
        table = followed.filter(pl.col("side") == side)
        if not len(table):
            continue
        truth = table[f"truth/{task.targets[0].column}"].to_numpy()
        said, seeds = table["score"].to_numpy(), table["seed"].to_numpy()
        always = np.array([means[name] for name in table["round"]])
        first = seeds == seeds[0]
        figures = {
            str(seed): regression(truth[seeds == seed], said[seeds == seed]).figures
            for seed in np.unique(seeds)
        }
        values = {
            name: [value for one in figures.values() if (value := getattr(one, name)) is not None]
            for name in NAMES
        }
        found.append(
            Severity(
                side=side, sessions=table["id"].n_unique(), seeds=figures,
                mean={name: float(np.mean(one)) if one else None for name, one in values.items()},
                spread={
                    name: float(np.std(one, ddof=1)) if len(one) > 1 else None for name, one in values.items()
                },
                mean_predictor=regression(truth[first], always[first]).figures,
            )
        )  # fmt: skip
    return found


def supplement(folder: str | Path) -> list[str]:
    """Write `severity.json` into a run folder.

    Args:
        folder: of a finished run.

    Returns:
        Lines for the console.
    """
    run = RunFolder(folder)
    found = severities(folder)
    run.write_json(FILE, found)
    return lines_of(found)


def lines_of(found: list[Severity]) -> list[str]:
    """The figures in words, the mean predictor in a row of its own."""
    lines = [f"{'':<32}" + "".join(f"{name:>10}" for name in NAMES)]
    for one in found:
        lines.append(f"{f'{one.side}, {one.sessions} sessions':<32}" + "".join(map(_cell, one.mean.values())))
        if len(one.seeds) > 1:
            lines.append(f"{'  deviation over seeds':<32}" + "".join(map(_cell, one.spread.values())))
        always = [getattr(one.mean_predictor, name) for name in NAMES]
        lines.append(f"{'  always the training mean':<32}" + "".join(map(_cell, always)))
        if one.side == "validation":
            lines.append("  (epochs were chosen on the validation sessions: their figures are bright)")
    return lines


def _cell(value: float | None) -> str:
    return f"{'-':>10}" if value is None else f"{value:>10.3f}"
