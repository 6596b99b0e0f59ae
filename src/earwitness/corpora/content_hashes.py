"""Content hashes of rows, computed only where two files could be the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from earwitness.errors import BadInput


def content_hashes(
    table: pl.DataFrame, root: str | os.PathLike[str], progress: Callable[[int, int], None] | None = None
) -> pl.Series:
    """SHA-256 of each row's file, with its stretch where a row is a part of one.

    "" stands where no other file is as long. Files are compared byte by byte through their hashes; only
    files of equal size can be equal, and only they are read. The same samples in another container
    count as other content.

    Args:
        table: with `path`, `start`, `end`.
        root: folder that the paths start from.
        progress: called with (files read, files to be read).

    Raises:
        BadInput: when a file is missing or cannot be read.
    """
    paths = table["path"].unique().sort().to_list()
    with ThreadPoolExecutor(2 * len(os.sched_getaffinity(0))) as pool:
        sizes = list(pool.map(lambda path: _size(Path(root) / path), paths))
        table_of_sizes = pl.DataFrame({"path": paths, "bytes": sizes})
        likely = table_of_sizes.filter(pl.col("bytes").is_duplicated())["path"].to_list()
        hashes = []
        for done, found in enumerate(pool.map(lambda path: _hash(Path(root) / path), likely), 1):
            hashes.append(found)
            if progress is not None:
                progress(done, len(likely))
    known = pl.DataFrame({"path": likely, "sha256": hashes}, schema={"path": pl.String, "sha256": pl.String})
    part = pl.format("{}@{}-{}", "sha256", "start", pl.col("end").cast(pl.String).fill_null(""))
    whole = (pl.col("start") == 0) & pl.col("end").is_null()
    rows = table.select("path", "start", "end").join(known, on="path", how="left", maintain_order="left")
    return rows.select(
        pl.when(pl.col("sha256").is_null()).then(pl.lit("")).when(whole).then("sha256").otherwise(part)
        .alias("sha256")
    )["sha256"]  # fmt: skip


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        told = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise BadInput(told, where=str(path)) from error


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
