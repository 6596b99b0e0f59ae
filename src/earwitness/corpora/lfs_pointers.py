"""Stand-ins of Git LFS: what a copy has where a large file was not fetched."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import polars as pl

from earwitness.corpora.key_file import LFS_POINTER
from earwitness.corpora.scan_report import ScanReport, noted

SMALLEST, LARGEST = 100, 200
"""Bytes that a stand-in has: three lines, of version, hash and size."""


def without_pointers(
    rows: pl.DataFrame, root: str | os.PathLike[str], report: ScanReport
) -> tuple[pl.DataFrame, ScanReport]:
    """The rows whose files are there, and not only their stand-ins.

    Args:
        rows: with `path` and `bytes`.
        root: that the paths start from.
        report: of the scan so far.

    Returns:
        The rows left, and the report with the others, which are `unreadable`, and a note on what to do.
    """
    small = rows.filter(pl.col("bytes").is_between(SMALLEST, LARGEST))["path"].unique()
    found = [path for path in small if _is_pointer(Path(root) / path)]
    if not found:
        return rows, report
    note = f"{len(found):,} files are Git LFS pointers: run git lfs pull in the copy"
    report = msgspec.structs.replace(
        report, unreadable=noted(pl.Series(found, dtype=pl.String)), notes=(*report.notes, note)
    )
    return rows.filter(~pl.col("path").is_in(found)), report


def _is_pointer(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(LFS_POINTER)) == LFS_POINTER
    except OSError:
        return False
