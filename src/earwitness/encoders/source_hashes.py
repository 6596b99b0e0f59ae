"""Remember which content a file had, so that a second run need not decode it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import polars as pl

from earwitness.errors import BadInput

FILE = "sources.parquet"
_SCHEMA = {"path": pl.String, "size": pl.UInt64, "modified": pl.Int64, "content": pl.String}


class SourceHashes:
    """(path, size, time of change) -> content hash, kept in the folder of a store.

    It is only a memory: when it is lost or damaged, files are decoded once more.

    Args:
        folder: of the store.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = self._read()
        self._new: dict[str, tuple[int, int, str]] = {}

    def get(self, path: Path) -> str | None:
        """Content hash of a file that has not changed since `remember`, else `None`."""
        try:
            status = path.stat()
        except OSError:
            return None
        known = self._known.get(str(path.absolute()))
        if known is None or known[:2] != (status.st_size, status.st_mtime_ns):
            return None
        return known[2]

    def remember(self, path: Path, content: str, status: os.stat_result) -> None:
        """Keep a file's content hash.

        Args:
            path: of the file.
            content: `Recording.sha256`.
            status: of the file, taken before it was decoded, so that a change while it was read
                is noticed next time.
        """
        entry = (status.st_size, status.st_mtime_ns, content)
        self._known[str(path.absolute())] = self._new[str(path.absolute())] = entry

    def publish(self) -> None:
        """Write what is new, beside what other processes have written."""
        if not self._new:
            return
        rows = [(path, *entry) for path, entry in (self._read() | self._new).items()]
        unfinished = self._folder / f".{FILE}.{os.getpid()}.part"
        try:
            table = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
            table.write_parquet(unfinished)
            unfinished.replace(self._folder / FILE)
        except OSError as error:
            raise BadInput(f"cannot be written: {error.strerror}", where=str(self._folder)) from error
        finally:
            unfinished.unlink(missing_ok=True)
        self._new = {}

    def _read(self) -> dict[str, tuple[int, int, str]]:
        table = pl.DataFrame(schema=_SCHEMA)
        if (self._folder / FILE).is_file():
            with contextlib.suppress(pl.exceptions.PolarsError, OSError):
                found = pl.read_parquet(self._folder / FILE, memory_map=False)
                table = found if found.schema == table.schema else table
        return {path: (size, modified, content) for path, size, modified, content in table.iter_rows()}
