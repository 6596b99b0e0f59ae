"""The record of a corpus' files beside its table: size, time and SHA-256 of each, taken once."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from earwitness.errors import BadInput

SCHEMA = {"path": pl.String, "bytes": pl.Int64, "modified": pl.Int64, "sha256": pl.String}
"""Columns of the record: path below the root, size, time of the last change in ns, hash of the bytes."""
_AT_ONCE = 4096


def record_path(table: Path) -> Path:
    """Where the record of a table stands.

    Example:
        >>> record_path(Path("a/corpus.parquet")).name
        'corpus.files.parquet'
    """
    return table.with_name(f"{table.stem}.files.parquet")


def read_record(table: Path | None) -> pl.DataFrame:
    """The record of a table; empty where there is none that can be read."""
    if table is not None:
        with contextlib.suppress(OSError, pl.exceptions.PolarsError):  # else it is taken anew
            return pl.read_parquet(record_path(table), memory_map=False).select(
                pl.col(name).cast(kind) for name, kind in SCHEMA.items()
            )
    return pl.DataFrame(schema=SCHEMA)


def recorded_hashes(
    paths: Iterable[str],
    root: str | os.PathLike[str],
    table: Path | None,
    progress: Callable[[int, int], None] | None = None,
) -> pl.DataFrame:
    """Size, time and hash of files; those that are in the record, and unchanged, are not read.

    What is new is added to the record. What is in it already stays as it was first seen, so that a check
    can tell what has changed.

    Args:
        paths: below the root.
        root: folder that the paths start from.
        table: file of the corpus, beside which the record stands; `None` keeps none.
        progress: called with (files read, files to be read).

    Returns:
        Columns of `SCHEMA`, one row a path, in their order.

    Raises:
        BadInput: when a file is missing or cannot be read.
    """
    wanted = pl.DataFrame({"path": list(paths)}, schema={"path": pl.String})
    known = read_record(table)
    workers = 2 * (os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        states = list(pool.map(lambda path: _state(Path(root) / path), wanted["path"]))
        now = wanted.with_columns(
            pl.Series("bytes", [size for size, _ in states], pl.Int64),
            pl.Series("modified", [time for _, time in states], pl.Int64),
        )
        found = now.join(known, on=["path", "bytes", "modified"], how="left", maintain_order="left")
        missing = found.filter(pl.col("sha256").is_null())["path"].to_list()
        hashes: list[str] = []
        for first in range(0, len(missing), _AT_ONCE):  # bounded: a corpus may have a million files
            for sha256 in pool.map(
                lambda path: file_sha256(Path(root) / path), missing[first : first + _AT_ONCE]
            ):
                hashes.append(sha256)
                if progress is not None:
                    progress(len(hashes), len(missing))
    read = pl.DataFrame({"path": missing, "read": hashes}, schema={"path": pl.String, "read": pl.String})
    found = found.join(read, on="path", how="left", maintain_order="left").select(
        "path", "bytes", "modified", pl.coalesce("sha256", "read").alias("sha256")
    )
    new = found.join(known, on="path", how="anti")
    if table is not None and len(new):
        write_record(pl.concat([known, new]), table)
    return found


def write_record(record: pl.DataFrame, table: Path) -> bool:
    """Write the record whole or not at all; whether that could be done (a read-only copy has none)."""
    file = record_path(table)
    part = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        record.sort("path").write_parquet(part)
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)
        return False
    return True


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes (hexadecimal).

    Raises:
        BadInput: when it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        told = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise BadInput(told, where=str(path)) from error


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        told = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise BadInput(told, where=str(path)) from error
    return found.st_size, found.st_mtime_ns
