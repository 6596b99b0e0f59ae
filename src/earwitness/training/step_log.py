"""What every step of a training told: losses, norms, cosines and conflicts, as a table in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from earwitness.training.loop import StepLog
from earwitness.training.run import RunFolder

FILE = "steps.parquet"
_PARTS = "steps"


def step_log(where: Path, stages: Sequence[str]) -> StepLog:
    """A log that writes a part after every epoch, so that a killed training loses no step.

    An epoch that is trained again after a kill writes the same part again.

    Args:
        where: folder of the training.
        stages: their names, in order.
    """
    folder = RunFolder(where / _PARTS)
    order = {stage: number for number, stage in enumerate(stages)}

    def log(stage: str, epoch: int, told: list[dict[str, float]]) -> None:
        table = pl.DataFrame(told).select(
            pl.lit(stage).alias("stage"), pl.lit(epoch, pl.Int64).alias("epoch"),
            pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("step"), pl.all(),
        )  # fmt: skip
        folder.write_scores(table, f"{order[stage]:03d}-{epoch:05d}.parquet")

    return log


def join_steps(where: Path) -> Path | None:
    """Join the parts of a finished training into one file; `None` where there are none.

    Args:
        where: folder of the training.
    """
    parts = sorted((where / _PARTS).glob("*.parquet"))
    if not parts:
        return None
    tables = [pl.read_parquet(part, memory_map=False) for part in parts]
    found = RunFolder(where).write_scores(pl.concat(tables, how="diagonal"), FILE)
    for part in parts:
        part.unlink()
    (where / _PARTS).rmdir()
    return found
