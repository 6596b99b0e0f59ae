"""What a training could do after each of its stages: the scores of the rows it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import torch

from earwitness.corpora.protocols.split import Split
from earwitness.errors import BadInput
from earwitness.task import Task
from earwitness.training.data import Examples
from earwitness.training.loop import Follow
from earwitness.training.run import RunFolder
from earwitness.training.scoring import score_rows, units
from earwitness.training.stage import Stage

if TYPE_CHECKING:
    from earwitness.training.recipe import Recipe
    from earwitness.training.system import System

FOLDER = "stages"


def following(
    system: System,
    recipe: Recipe,
    task: Task,
    examples: Examples,
    one: Split,
    seed: int,
    cluster: np.ndarray,
    stages: Sequence[Stage],
    fitted: Mapping[str, Any],
    where: Path,
    *,
    device: str = "cpu",
) -> Follow:
    """A follower of a training that writes `stages/NUMBER.parquet` after each stage.

    Its rows: `stage`, `number`, `side` (validation or test), `id`, `round`, `seed`, `cluster`, the scores,
    and the truth of every target as a number in `truth/TARGET`.

    Args:
        system: that is trained.
        recipe: its settings.
        task: what is said.
        examples: all rows.
        one: the round.
        seed: of the training.
        cluster: (n,) of each row of the corpus.
        stages: of the training.
        fitted: beside the weights.
        where: folder of the training.
        device: that computes.
    """
    numbers = {stage.name: number for number, stage in enumerate(stages)}
    folder = RunFolder(where / FOLDER)

    def follow(stage: Stage, module: torch.nn.Module) -> None:
        tables = []
        for side, rows in (("validation", one.validation), ("test", one.test)):
            if not len(rows):
                continue
            table = score_rows(
                system, module, examples, rows, recipe.batch, task, fitted,
                round_name=one.name, seed=seed, device=device,
            )  # fmt: skip
            _, first = units(examples, rows, task)
            tables.append(
                table.with_columns(
                    pl.lit(stage.name).alias("stage"),
                    pl.lit(numbers[stage.name], pl.Int64).alias("number"),
                    pl.lit(side).alias("side"),
                    pl.Series("cluster", cluster[first].astype(str), pl.String),
                    *(
                        pl.Series(f"truth/{name}", values[first].astype(np.float64))
                        for name, values in examples.targets.items()
                    ),
                )
            )
        folder.write_scores(pl.concat(tables), f"{numbers[stage.name]:04d}.parquet")

    return follow


def read_followed(run: str | Path) -> pl.DataFrame:
    """What the trainings of a run could do after each stage, all rounds and seeds.

    Args:
        run: folder of a run.

    Raises:
        BadInput: when its trainings were not followed.
    """
    files = sorted(Path(run).glob(f"rounds/*/{FOLDER}/*.parquet"))
    if not files:
        raise BadInput(
            "holds no scores by stage; its system is not one that follows its stages", where=str(run)
        )
    return pl.concat([pl.read_parquet(file, memory_map=False) for file in files])
