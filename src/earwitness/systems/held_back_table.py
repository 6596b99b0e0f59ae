"""Held-back scores as a table, and back: a run that was stopped, or met new rivals, is not trained again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from earwitness.errors import BadInput
from earwitness.training.nested import HeldBack
from earwitness.training.rounds import Rows

FILE = "scores.parquet"
_AIM = "verdict_at_"


def held_back_table(held: HeldBack, rows: Rows, table: pl.DataFrame) -> pl.DataFrame:
    """One row a trial: who, in which round, with which score and verdict.

    Args:
        held: nested, held-back scores.
        rows: columns of the corpus.
        table: of the corpus.
    """
    columns = {
        "id": table["id"].gather(held.row),
        "round": held.round,
        "family_held_back": held.family,
        "bona_fide": rows.bona_fide[held.row],
        "raw": held.raw,
        "score": held.llr,
        "verdict": held.said,
    }
    return pl.DataFrame(columns | {f"{_AIM}{aim:g}": said for aim, said in held.said_at.items()})


def read_held_back(folder: Path, table: pl.DataFrame) -> HeldBack | None:
    """What `held_back_table` was written from, or `None` where there is no such file.

    The run folder refuses another recipe; clips that the corpus does not have are refused here.
    Calibrators, thresholds and rows of the rounds are not kept: no figure needs them.

    Args:
        folder: of the run.
        table: of the corpus.

    Raises:
        BadInput: when the scores are of another corpus.
    """
    path = folder / FILE
    if not path.exists():
        return None
    scores = pl.read_parquet(path)
    place = {name: row for row, name in enumerate(table["id"].to_list())}
    try:
        row = np.array([place[name] for name in scores["id"]])
    except KeyError as error:
        raise BadInput(f"holds scores of another corpus ({error})", where=str(path)) from error
    aims = [name for name in scores.columns if name.startswith(_AIM)]
    return HeldBack(
        row=row,
        round=scores["round"].to_numpy(),
        family=scores["family_held_back"].to_numpy().astype(str),
        raw=scores["raw"].to_numpy(),
        llr=scores["score"].to_numpy(),
        said=scores["verdict"].to_numpy(),
        said_at={float(name.removeprefix(_AIM)): scores[name].to_numpy() for name in aims},
        calibrators=(),
        verdicts=(),
        rounds=(),
    )
