"""Scores of frames: a table with one row a recording, and figures at several lengths of a frame."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from earwitness.errors import BadInput
from earwitness.training.data import Examples
from earwitness.training.frame_truth import UNKNOWN, coarser
from earwitness.training.primary import Primary
from earwitness.training.run_figures import RunFigures, run_figures
from earwitness.training.trial_scores import RoundScores

FrameScores = Mapping[float, Sequence[np.ndarray]]
"""Length of a frame in seconds -> of each recording (frames,) scores, higher = more bona fide."""


def column(length: float) -> str:
    """Name of the column that holds the scores of frames of one length.

    Example:
        >>> column(0.02)
        'score:0.02'
    """
    return f"score:{length:g}"


def lengths_of(table: pl.DataFrame) -> list[float]:
    """Lengths of a frame for which a table holds scores, in seconds, the shortest first.

    Raises:
        BadInput: when it holds none.
    """
    names = [name for name in table.columns if name.startswith("score:") and name[6:].count(".") <= 1]
    try:
        found = sorted(float(name[6:]) for name in names)
    except ValueError:
        found = []
    if not found:
        raise BadInput("holds no scores of frames; its columns are score:0.02 and the like", where="scores")
    return found


def frame_table(
    ids: Sequence[str], scores: FrameScores, *, round_name: str | None = None, seed: int | None = None
) -> pl.DataFrame:
    """Frame scores as a table: one row a recording, one column of lists for each length of a frame.

    Args:
        ids: of the recordings.
        scores: by length of a frame.
        round_name: of the round, for tables of several.
        seed: of the training.

    Raises:
        BadInput: when a score is not finite.

    Example:
        >>> frame_table(["a"], {0.02: [np.array([1.0, -1.0])]})["score:0.02"].to_list()
        [[1.0, -1.0]]
    """
    columns: dict[str, object] = {"id": list(ids)}
    if round_name is not None:
        columns["round"] = [round_name] * len(ids)
    if seed is not None:
        columns["seed"] = np.full(len(ids), seed, np.int64)
    made = pl.DataFrame(columns)
    for length in sorted(scores):
        for name, row in zip(ids, scores[length], strict=True):
            if not np.isfinite(row).all():
                raise BadInput("a score of a frame is not finite", where=name)
        lists = [np.asarray(row, np.float64).tolist() for row in scores[length]]
        made = made.with_columns(pl.Series(column(length), lists, pl.List(pl.Float32)))
    return made


def with_frame_truth(
    table: pl.DataFrame, examples: Examples, column: str, cluster: np.ndarray
) -> pl.DataFrame:
    """A table of frame scores with the class numbers of each recording's shortest frames and its cluster.

    Args:
        table: from `scoring.score_rows`.
        examples: all rows.
        column: of the target.
        cluster: (n,) of all rows.
    """
    hop = lengths_of(table)[0]
    finest = table[f"score:{hop:g}"].list.len().to_list()
    place = {name: row for row, name in enumerate(examples.ids)}
    rows = [place[name] for name in table["id"].to_list()]
    known = msgspec.structs.replace(examples.frames[column], rate=1 / hop)
    truth = [known.labels(row, count).tolist() for row, count in zip(rows, finest, strict=True)]
    return table.with_columns(
        pl.Series("truth", truth, pl.List(pl.Int8)), pl.Series("cluster", cluster[rows].tolist())
    )


def frame_rounds(table: pl.DataFrame, length: float) -> dict[str, RoundScores]:
    """The frames of one length, round by round, as trials of a recording's cluster.

    Args:
        table: of a run, with `truth` (class numbers of the shortest frames) and `cluster`.
        length: of a frame, in seconds.

    Raises:
        BadInput: when scores and truth do not match.
    """
    finest = lengths_of(table)[0]
    group = round(length / finest)
    found = {}
    for (round_name,), part in table.group_by("round", maintain_order=True):
        scores: dict[int, np.ndarray] = {}
        ids: tuple[str, ...] = ()
        truth = cluster = np.zeros(0)
        for (seed,), one in part.group_by("seed", maintain_order=True):
            one = one.sort("id")
            labels = [coarser(np.asarray(row, np.int64), group) for row in one["truth"].to_list()]
            given = one[column(length)].to_list()
            if any(len(a) != len(b) for a, b in zip(labels, given, strict=True)):
                raise BadInput("has other numbers of scores than of true frames", where=column(length))
            counts = [len(row) for row in labels]
            flat = np.concatenate(labels)
            known = flat != UNKNOWN
            scores[int(str(seed))] = np.concatenate([np.asarray(row, np.float64) for row in given])[known]
            # one speaker has frames of both classes: they are drawn together
            truth = flat[known].astype(np.float64)
            cluster = np.repeat(one["cluster"].to_numpy().astype(str), counts)[known]
            ids = tuple(np.repeat(one["id"].to_numpy().astype(str), counts)[known].tolist())
        found[str(round_name)] = RoundScores(ids=ids, truth=truth, cluster=cluster, scores=scores)
    return found


def resolution_figures(
    table: pl.DataFrame, metric: Primary, *, replicates: int = 1000, seed: int = 0
) -> dict[str, RunFigures]:
    """Figures of a run at every length of a frame that it scored.

    Args:
        table: of the run, with truth.
        metric: of frames.
        replicates: of the bootstrap; fewer where there are very many frames.
        seed: of the bootstrap.

    Returns:
        Length in seconds, as text -> figures.
    """
    return {
        f"{length:g}": run_figures(frame_rounds(table, length), metric, replicates=replicates, seed=seed)
        for length in lengths_of(table)
    }


def write_frame_scores(table: pl.DataFrame, path: Path, *, replace: bool = False) -> None:
    """Write frame scores: one Parquet file, or a folder with one array a recording.

    Args:
        table: from `frame_table`.
        path: a .parquet file; any other is made a folder that gets `ID.npy`, (frames,) float32 scores of
            the shortest frames, and `frames.json`, which says how long those are.
        replace: write over a Parquet file that is there.

    Raises:
        BadInput: when it is there already, an id is no file name, or it cannot be written.
    """
    if path.exists() and not replace:
        raise BadInput("is there already; scores are never appended (replace it?)", where=str(path))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.suffix == ".parquet":
            table.write_parquet(part)
            part.replace(path)
            return
        hop = lengths_of(table)[0]
        part.mkdir(parents=True)
        for name, row in table.select("id", column(hop)).iter_rows():
            if Path(name).name != name:
                raise BadInput("is no name of a file; write a .parquet file", where=name)
            np.save(part / f"{name}.npy", np.asarray(row, np.float32))
        (part / "frames.json").write_text(f'{{"seconds": {hop:g}, "higher": "bona fide"}}\n')
        if path.exists():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        part.replace(path)
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", where=str(path)) from error
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        part.unlink(missing_ok=True)
