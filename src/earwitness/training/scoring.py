"""Score rows with a trained system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl
import torch

from earwitness.task import Task
from earwitness.training.data import Examples
from earwitness.training.frame_scores import frame_table
from earwitness.training.primary import primary_of
from earwitness.training.stage import parts_of
from earwitness.training.trial_scores import score_table

if TYPE_CHECKING:
    from earwitness.training.system import System


def score_rows(
    system: System,
    module: torch.nn.Module,
    examples: Examples,
    rows: np.ndarray,
    batch: int,
    task: Task,
    fitted: Mapping[str, Any],
    *,
    round_name: str | None = None,
    seed: int | None = None,
    device: str = "cpu",
    progress: Callable[[int], None] | None = None,
) -> pl.DataFrame:
    """Scores of some rows; of sessions, where the task speaks of them.

    Args:
        system: scores.
        module: trained.
        examples: all rows.
        rows: which to score.
        batch: rows at once; sessions stay whole.
        task: what is said.
        fitted: beside the weights.
        round_name: for the table.
        seed: for the table.
        device: that computes.
        progress: called with the rows done.

    Returns:
        Table with `id` and scores (see `trial_scores.score_table`), in the order of the rows; where the
        task speaks of frames, of lists of scores (see `frame_scores.frame_table`), those of whole recordings.

    Raises:
        BadInput: when a value or a score is not finite.
    """
    module.eval()
    if task.unit == "frame":  # a view's length is for training: every frame of a recording is scored
        examples = msgspec.structs.replace(examples, changes={})
    parts: dict[Any, list[np.ndarray]] = {}
    with torch.inference_mode():
        sessions = examples.group[rows] if task.unit == "session" else None
        taken = parts_of(rows, sessions, batch)
        done = 0
        for part in taken:
            one = examples.batch(part).to(device)
            for name, values in system.score(module, one, fitted).items():
                mine = parts.setdefault(name, [])
                mine.extend(values) if task.unit == "frame" else mine.append(np.asarray(values))
            done += len(part)
            if progress is not None:
                progress(done)
    if task.unit == "frame":
        names = [examples.ids[row] for row in rows]
        return frame_table(names, parts, round_name=round_name, seed=seed)
    scores = {name: np.concatenate(values) for name, values in parts.items()}
    if sessions is not None:  # back in the order of the rows
        order = {int(row): at for at, row in enumerate(np.concatenate(taken))}
        scores = {name: values[[order[int(row)] for row in rows]] for name, values in scores.items()}
    ids, _ = units(examples, rows, task)
    if task.unit == "session":
        scores = {name: system.pool(values, examples.group[rows]) for name, values in scores.items()}
    _, primary = primary_of(task)
    return score_table(ids, scores, task, primary, round_name=round_name, seed=seed)


def units(examples: Examples, rows: np.ndarray, task: Task) -> tuple[list[str], np.ndarray]:
    """What one score is about: the rows, or their sessions in sorted order.

    Args:
        examples: all rows.
        rows: some of them.
        task: what is said.

    Returns:
        Ids, and the first row of each.
    """
    if task.unit != "session":
        return [examples.ids[row] for row in rows], rows
    names, first = np.unique(examples.group[rows], return_index=True)
    return names.tolist(), rows[first]
