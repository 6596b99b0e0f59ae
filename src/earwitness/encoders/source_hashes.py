"""Remember which content a file had, so that a second run need not decode it."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import polars as pl

from earwitness.encoders.store_lock import locked
from earwitness.errors import BadInput

FILE = "sources.parquet"
INTERVAL = 20.0
"""Seconds between two writings while work goes on; more where the table is large."""
_SCHEMA = {"path": pl.String, "size": pl.UInt64, "modified": pl.Int64, "content": pl.String}


class SourceHashes:
    """(path, size, time of change) -> content hash, kept in the folder of a store.

    It is only a memory: when it is lost or damaged, files are decoded once more.

    Args:
        folder: of the store.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = _as_dict(self._read())
        self._new: dict[str, tuple[int, int, str]] = {}
        self._due = time.monotonic() + INTERVAL

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
        self.take(str(path.absolute()), status.st_size, status.st_mtime_ns, content)

    def take(self, path: str, size: int, modified: int, content: str) -> None:
        """Keep what another process remembers of a file.

        Args:
            path: absolute.
            size: in bytes.
            modified: time of change, in nanoseconds.
            content: `Recording.sha256`.
        """
        self._known[path] = self._new[path] = (size, modified, content)

    def present(self) -> frozenset[str]:
        """Contents that some file still has."""
        return frozenset(found for path in self._known if (found := self.get(Path(path))) is not None)

    def publish(self) -> None:
        """Write what is new, beside what other processes have written."""
        if not self._new:
            return
        began = time.monotonic()
        rows = [(path, *entry) for path, entry in list(self._new.items())]
        unfinished = self._folder / f".{FILE}.{os.getpid()}.part"
        try:
            with locked(self._folder):
                table = pl.concat([pl.DataFrame(rows, schema=_SCHEMA, orient="row"), self._read()])
                table.unique("path", keep="first", maintain_order=True).write_parquet(unfinished)
                unfinished.replace(self._folder / FILE)
        except OSError as error:
            raise BadInput(f"cannot be written: {error.strerror}", where=str(self._folder)) from error
        finally:
            unfinished.unlink(missing_ok=True)
        for path, *_ in rows:
            del self._new[path]
        now = time.monotonic()
        self._due = now + max(INTERVAL, 20 * (now - began))

    def publish_when_due(self) -> None:
        """`publish`, if it has been a while: a killed run then need not decode everything again."""
        if time.monotonic() >= self._due:
            self.publish()

    def _read(self) -> pl.DataFrame:
        table = pl.DataFrame(schema=_SCHEMA)
        if (self._folder / FILE).is_file():
            with contextlib.suppress(pl.exceptions.PolarsError, OSError):
                found = pl.read_parquet(self._folder / FILE, memory_map=False)
                table = found if found.schema == table.schema else table
        return table


def _as_dict(table: pl.DataFrame) -> dict[str, tuple[int, int, str]]:
    return {path: (size, modified, content) for path, size, modified, content in table.iter_rows()}
