"""Files of a corpus that have the same bytes as another: one recording under two names."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec
import polars as pl

from earwitness.corpora.scan_report import ScanReport, noted
from earwitness.errors import BadInput


def without_repeats(
    rows: pl.DataFrame, root: str | os.PathLike[str], report: ScanReport
) -> tuple[pl.DataFrame, ScanReport]:
    """The rows without those whose file has the bytes of a row before, in order of the paths.

    Args:
        rows: with `path` and `bytes`; files of no bytes are left to `scanned`.
        root: that the paths start from.
        report: of the scan so far.

    Returns:
        The rows left, and the report with the others: they are `dropped`, and a note says whether they
        stood under another speaker's name.

    Raises:
        BadInput: when a file cannot be read.
    """
    rows = rows.sort("path")
    # Only files of the same size can be the same, and few are.
    likely = rows.filter((pl.col("bytes") > 0) & pl.col("bytes").is_duplicated())
    hashes = [_hash(Path(root) / path) for path in likely["path"]]
    named = likely.select("path", *(["speaker"] if "speaker" in rows.columns else [])).with_columns(
        pl.Series("hash", hashes, dtype=pl.String)
    )
    again = named.filter(~pl.col("hash").is_first_distinct())
    if "speaker" in named.columns:
        both = (
            named.filter(pl.col("hash").is_duplicated())
            .group_by("hash")
            .agg(pl.col("speaker").unique().sort())
        )
        pairs = both.filter(pl.col("speaker").list.len() > 1)["speaker"].list.join(" and ")
        for pair in pairs.unique().sort():
            note = f"speakers {pair} have {(pairs == pair).sum()} recordings in common, byte by byte"
            report = msgspec.structs.replace(report, notes=(*report.notes, note))
    dropped = pl.concat([pl.Series(report.dropped.examples, dtype=pl.String), again["path"]])
    return rows.filter(~pl.col("path").is_in(again["path"].to_list())), msgspec.structs.replace(
        report, dropped=noted(dropped)
    )


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
