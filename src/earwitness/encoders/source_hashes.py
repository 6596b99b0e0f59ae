"""Remember which content a file had, so that a second run need not decode it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from earwitness.errors import BadInput

FILE = "sources.sqlite"
FORMER = "sources.parquet"
"""The same as a table, as it was kept until now; it is taken over once."""
INTERVAL = 20.0
"""Seconds between two writings while work goes on."""
WAITING = 5_000
"""Files that are remembered in memory before they are written."""
PATIENCE = 60.0
"""Seconds to wait for another process that is writing."""
_TABLE = (
    "CREATE TABLE IF NOT EXISTS sources"
    " (path BLOB PRIMARY KEY, size INTEGER, modified INTEGER, content BLOB) WITHOUT ROWID"
)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_T = TypeVar("_T")


class SourceHashes:
    """(path, size, time of change) -> content hash, kept in the folder of a store.

    It is only a memory: when it is lost or damaged, files are decoded once more. It lies in a
    database, of which no more than a few pages are in memory.

    Args:
        folder: of the store.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._new: dict[str, tuple[int, int, str]] = {}
        self._due = time.monotonic() + INTERVAL
        self._database: sqlite3.Connection | None = None
        self._lock = threading.RLock()  # one thread decodes, another one writes

    def get(self, path: Path) -> str | None:
        """Content hash of a file that has not changed since `remember`, else `None`."""
        try:
            status = path.stat()
        except OSError:
            return None
        known = self._known(str(path.absolute()))
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
        with self._lock:
            self._new[path] = (size, modified, content)

    def entries(self) -> list[tuple[str, int, int, str]]:
        """Path, size, time of change and content of every file that was published."""
        try:
            rows = self._ask(lambda database: database.execute("SELECT * FROM sources").fetchall())
        except sqlite3.Error:
            return []
        finally:
            self._close()
        return [(os.fsdecode(path), *status, content.hex()) for path, *status, content in rows]

    def present(self) -> frozenset[str]:
        """Contents that some file still has."""
        self.publish()
        try:
            return frozenset(
                content for path, *_, content in self.entries() if self.get(Path(path)) == content
            )
        finally:
            self._close()

    def publish(self) -> None:
        """Write what is new, beside what other processes have written, and let go of the file."""
        try:
            self._write()
        finally:
            self._close()

    def publish_when_due(self) -> None:
        """Write, if it has been a while: a killed run then need not decode everything again."""
        if time.monotonic() >= self._due or len(self._new) >= WAITING:
            self._write()

    def _known(self, path: str) -> tuple[int, int, str] | None:
        with self._lock:
            if path in self._new:
                return self._new[path]
            question = "SELECT size, modified, content FROM sources WHERE path = ?"
            try:
                row = self._ask(lambda database: database.execute(question, (os.fsencode(path),)).fetchone())
            except sqlite3.Error:
                return None
            return None if row is None else (row[0], row[1], row[2].hex())

    def _write(self) -> None:
        with self._lock:
            rows = [
                (os.fsencode(path), size, modified, bytes.fromhex(content))
                for path, (size, modified, content) in self._new.items()
            ]
            try:
                if rows:
                    self._ask(lambda database: _insert(database, rows, "REPLACE"))
            except sqlite3.Error as error:
                raise BadInput(f"cannot be written: {error}", where=str(self._folder / FILE)) from error
            self._new.clear()
            self._due = time.monotonic() + INTERVAL

    def _ask(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._lock:
            try:
                return work(self._opened())
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode not in (*_DAMAGED, sqlite3.SQLITE_READONLY_DBMOVED):
                    raise
                self._close()
                if error.sqlite_errorcode in _DAMAGED:  # else another process has done so
                    for name in (FILE, f"{FILE}-journal"):
                        (self._folder / name).unlink(missing_ok=True)
                return work(self._opened())

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = sqlite3.connect(
                self._folder / FILE, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._database.execute("PRAGMA cache_size = -500")  # kB
            self._database.execute(_TABLE)
            former = self._folder / FORMER
            if former.is_file():
                with contextlib.suppress(pl.exceptions.PolarsError, ValueError):
                    held = pl.read_parquet(former, memory_map=False).iter_rows()
                    rows = [
                        (os.fsencode(path), *status, bytes.fromhex(digest)) for path, *status, digest in held
                    ]
                    _insert(self._database, rows, "IGNORE")
                former.unlink(missing_ok=True)
        return self._database

    def _close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._database = None


def _insert(database: sqlite3.Connection, rows: Sequence[tuple[Any, ...]], otherwise: str) -> None:
    database.execute("BEGIN IMMEDIATE")
    try:
        database.executemany(f"INSERT OR {otherwise} INTO sources VALUES (?, ?, ?, ?)", rows)
        database.execute("COMMIT")
    except sqlite3.Error:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
