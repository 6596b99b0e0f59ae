"""The scores of a run as a table, and as arrays that figures are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from earwitness.errors import BadInput
from earwitness.task import Target, Task

FILE = "scores.parquet"


class RoundScores(msgspec.Struct, frozen=True, kw_only=True):
    """The trials of one round of a run.

    Args:
        ids: (n) of the trials, sorted.
        truth: (n,) of the primary target, as numbers (binary: 1 = the positive class).
        cluster: (n,) speaker or voice, which are resampled whole.
        scores: seed -> (n,) or (n, classes).
    """

    ids: tuple[str, ...]
    truth: np.ndarray
    cluster: np.ndarray
    scores: Mapping[int, np.ndarray]


def score_columns(target: Target) -> tuple[str, ...]:
    """Names of the columns that hold a primary target's scores.

    Example:
        >>> score_columns(Target(column="engine", kind="class", classes=("a", "b")))
        ('score:a', 'score:b')
    """
    return ("score",) if target.kind != "class" else tuple(f"score:{name}" for name in target.classes)


def score_table(
    ids: Sequence[str],
    scores: Mapping[str, np.ndarray],
    task: Task,
    primary: Target,
    *,
    round_name: str | None = None,
    seed: int | None = None,
) -> pl.DataFrame:
    """Scores as a table, one row a trial.

    Args:
        ids: (n) of the trials.
        scores: target column -> (n,) or (n, classes).
        task: says what there is.
        primary: the target whose columns are called `score`; those of others bear their name.
        round_name: of the round, for tables of several.
        seed: of the training.

    Raises:
        BadInput: when a score is not finite.
    """
    columns: dict[str, object] = {"id": list(ids)}
    if round_name is not None:
        columns["round"] = [round_name] * len(ids)
    if seed is not None:
        columns["seed"] = np.full(len(ids), seed, np.int64)
    for target in task.targets:
        if target.column not in scores:
            continue
        values = np.asarray(scores[target.column], np.float64)
        if not np.isfinite(values).all():
            at = int(np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(1))[0])
            raise BadInput(f"the score of {ids[at]!r} is not finite", where=target.column)
        names = score_columns(target)
        if target.column != primary.column:
            names = tuple(f"{target.column}/{name}" for name in names)
        for name, column in zip(names, values.reshape(len(values), -1).T, strict=True):
            columns[name] = column
    return pl.DataFrame(columns)


def with_truth(
    table: pl.DataFrame, ids: Sequence[str], labels: Sequence[object], truth: np.ndarray, cluster: np.ndarray
) -> pl.DataFrame:
    """A score table with each trial's label, number and cluster beside it."""
    known = pl.DataFrame(
        {
            "id": list(ids),
            "label": [None if label is None else str(label) for label in labels],
            "truth": truth.astype(np.float64),
            "cluster": cluster.astype(str),
        }
    )
    return table.join(known, on="id", how="left", maintain_order="left")


def read_run_scores(folder: str | Path, target: Target) -> dict[str, RoundScores]:
    """The scores of a run, round by round.

    Args:
        folder: of the run.
        target: its primary target.

    Raises:
        BadInput: when there are none.
    """
    path = Path(folder) / FILE
    try:
        table = pl.read_parquet(path, memory_map=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BadInput("holds no scores; is the run finished?", where=str(folder)) from error
    if target.kind == "frames":
        from earwitness.training.frame_scores import frame_rounds, lengths_of

        return frame_rounds(table, lengths_of(table)[0])
    missing = {"id", "round", "seed", "truth", "cluster", *score_columns(target)} - set(table.columns)
    if missing:
        raise BadInput(f"has no column {sorted(missing)[0]!r}", where=str(path))
    return rounds_of_table(table, target)


def rounds_of_table(table: pl.DataFrame, target: Target) -> dict[str, RoundScores]:
    """A table of scores with truth, round by round."""
    names = list(score_columns(target))
    found = {}
    for (round_name,), part in table.group_by("round", maintain_order=True):
        scores = {}
        for (seed,), one in part.group_by("seed", maintain_order=True):
            one = one.sort("id")
            values = one.select(names).to_numpy()
            scores[int(str(seed))] = values if target.kind == "class" else values[:, 0]
        truth = one["truth"].to_numpy()
        found[str(round_name)] = RoundScores(
            ids=tuple(one["id"]),
            truth=truth if target.kind == "real" else truth.astype(np.int64),
            cluster=one["cluster"].to_numpy().astype(str),
            scores=scores,
        )
    return found
