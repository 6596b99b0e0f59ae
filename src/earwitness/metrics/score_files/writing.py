"""Writers of score files. They write whole files, never to the end of one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import polars as pl

from earwitness.errors import BadInput
from earwitness.metrics.score_files.reading import refuse_duplicates

Layout = Literal[
    "two-column",
    "asvspoof2019",
    "asvspoof2021",
    "asvspoof5-track1",
    "asvspoof5-track2",
    "voxceleb",
    "parquet",
]


def write_scores(rows: pl.DataFrame, path: str | Path, layout: Layout, *, replace: bool = False) -> Path:
    r"""Write scores in one of the field's layouts, whole or not at all.

    Args:
        rows: columns `id` and `score` (or, for "parquet", a column for each class); for
            "asvspoof2019" also `attack` and `label`, for "asvspoof5-track2" also `cm_score` and
            `asv_score` (null = none). The id of a pair ("asvspoof5-track2", "voxceleb") is
            "enrolment test".
        path: where to.
        layout: which layout; floats keep all their digits.
        replace: write over a file that is there.

    Returns:
        The path.

    Raises:
        BadInput: when the file is there already, a trial twice, a score NaN, or a column missing.

    Example:
        >>> import tempfile
        >>> rows = pl.DataFrame({"id": ["a"], "score": [0.1]})
        >>> path = write_scores(rows, Path(tempfile.mkdtemp()) / "s.tsv", "asvspoof5-track1")
        >>> path.read_text()
        'filename\tcm-score\na\t0.1\n'
    """
    path = Path(path)
    if path.exists() and not replace:
        raise BadInput("is there already; scores are never appended (replace it?)", where=str(path))
    refuse_duplicates(rows, str(path))
    scores = ["score"] if "score" in rows.columns else [name for name in rows.columns if "score" in name]
    if not scores or (layout != "parquet" and scores != ["score"]):
        there = (
            f"it has one for each class ({', '.join(scores)}); write .parquet" if scores else "it has none"
        )
        raise BadInput(f"{layout} needs the column 'score'; {there}", where=str(path))
    if any(rows[name].is_null().any() or rows[name].is_nan().any() for name in scores):
        raise BadInput("a score is NaN or missing", where=str(path))
    try:
        table, separator, header = _laid_out(rows, layout)
    except pl.exceptions.ColumnNotFoundError as error:
        raise BadInput(f"{layout} needs the column {error}", where=str(path)) from error
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        if layout == "parquet":
            table.write_parquet(part)
        else:
            table.write_csv(part, separator=separator, include_header=header, quote_style="never")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _laid_out(rows: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, str, bool]:
    if layout == "parquet":
        return rows, "", True
    if layout in ("two-column", "asvspoof2021"):
        return rows.select("id", "score"), " ", False
    if layout == "asvspoof2019":
        attack = pl.when(pl.col("attack") == "").then(pl.lit("-")).otherwise(pl.col("attack"))
        label = pl.col("label").str.replace(" ", "", literal=True)
        return rows.select("id", attack.alias("attack"), label.alias("label"), "score"), " ", False
    if layout == "asvspoof5-track1":
        return rows.select(pl.col("id").alias("filename"), pl.col("score").alias("cm-score")), "\t", True
    pair = pl.col("id").str.splitn(" ", 2).struct
    if layout == "voxceleb":
        return rows.select(pair[0].alias("enrol"), pair[1].alias("test"), "score"), " ", False
    dashed = [
        pl.col(name).cast(pl.String).fill_null("-").alias(name.replace("_", "-"))
        for name in ("cm_score", "asv_score")
    ]
    columns = [pair[0].alias("spk"), pair[1].alias("filename"), *dashed, pl.col("score").alias("sasv-score")]
    return rows.select(columns), "\t", True
