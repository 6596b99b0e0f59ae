"""The recordings that a corpus names."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import ROOT
from earwitness.encoders.encoding import Segment
from earwitness.errors import BadInput


def segments_of(corpus: str | os.PathLike[str]) -> list[Segment]:
    """One segment for each row of a corpus, in its order.

    Args:
        corpus: a corpus table (Parquet with a column `path`, and `start` and `end` in seconds
            where rows are stretches of a file), or the folder that holds `corpus.parquet`.
            Relative paths are taken from the table's folder, or from that of the audio which the table names.

    Raises:
        BadInput: when there is no such table, or it names no files.
    """
    path = Path(corpus)
    if path.is_dir():
        path = path / "corpus.parquet"
    if not path.is_file():
        raise BadInput(
            "no corpus table here; give corpus.parquet or the folder that holds it", where=str(corpus)
        )
    try:
        table = pl.read_parquet(path, memory_map=False)
        root = Path(pl.read_parquet_metadata(path).get(ROOT) or path.parent)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput("cannot be read as a Parquet table", where=str(path)) from error
    if "path" not in table.columns or table["path"].dtype != pl.String:
        raise BadInput("has no column 'path'", where=str(path))
    for column in ("start", "end"):
        if column not in table.columns:
            table = table.with_columns(pl.lit(None, pl.Float64).alias(column))
    rows = table.select("path", pl.col("start", "end").cast(pl.Float64)).iter_rows()
    return [
        # a stretch from the beginning is written the same however the corpus says it
        Segment(path=str(root / name), start=start or None, end=end)
        for name, start, end in rows
    ]
