"""Which shard holds which key: searched in memory, kept as Parquet in parts."""

from __future__ import annotations

import contextlib
import io
import os
import struct
from collections.abc import Iterator, Mapping
from itertools import count, takewhile
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl

from earwitness.encoders.shard import ALIGNMENT, LONGEST_RANK, Record
from earwitness.encoders.shard_files import shard_files
from earwitness.encoders.store_key import Key
from earwitness.encoders.store_lock import locked

FILE = "index.parquet"
PART = 5_000
"""Rows from which on a part of the index is full, where it is not large."""
SHARE = 20
"""Of a large index a part is full with one of so many rows, so that there are never very many."""
_HALVES = struct.Struct(">QQ")
_SCHEMA = {
    "high": pl.UInt64,
    "low": pl.UInt64,
    "shard": pl.UInt32,
    "start": pl.UInt64,
    "offset": pl.UInt64,
    "size": pl.UInt64,
    "kind": pl.UInt8,
    "rank": pl.UInt8,
    **dict.fromkeys((f"length_{k}" for k in range(LONGEST_RANK)), pl.UInt32),
    "group": pl.String,
}
_SEARCHED = ["high", "low", "shard", "start", "offset", "size"]


class _Part(NamedTuple):
    """A file of the index as it was when it was read."""

    state: tuple[int, int, int]
    rows: int


class Index:
    """Where the record of each key begins: 28 bytes a record in memory, sorted by key.

    On disk it is a row of files: `index.parquet`, `index-000001.parquet` and so on. Only the last
    one is written anew, until it is full, so that publishing costs the same however much there is.
    A missing or damaged file ends the row: what is known of a shard is then its beginning, and the
    rest is scanned.

    Args:
        table: with the columns of the index files, to be searched; none for `update` to fill.
    """

    def __init__(self, table: pl.DataFrame | None = None) -> None:
        # Keys, sorted, and the shard and first byte of each; replaced at once, for threads that search.
        self._columns = (np.zeros(0, "S16"), np.zeros(0, np.uint32), np.zeros(0, np.uint64))
        self._ends: dict[int, int] = {}
        self._parts: list[_Part] = []
        if table is not None:
            self._join([table])

    def find(self, key: bytes) -> tuple[int, int] | None:
        """Shard and byte where the record of a key should begin, or `None`."""
        keys, shards, starts = self._columns
        at = int(keys.searchsorted(np.bytes_(key)))
        if at == len(keys) or keys[at] != key.rstrip(b"\0"):  # as numpy gives them
            return None
        return shards.item(at), starts.item(at)

    def end(self, shard: int) -> int:
        """One past the last byte of a shard that the index knows."""
        return self._ends.get(shard, 0)

    def __len__(self) -> int:
        return len(self._columns[0])

    def update(self, folder: Path) -> None:
        """Take notice of what the files of the index say now; those that did not change are not read.

        Args:
            folder: of the store.
        """
        while changed := self._changed(folder):  # again, for what was changed while it was read
            sizes = _sizes(folder)
            self._join([_there(table, sizes) for table in reversed(changed)])

    def publish(self, folder: Path, recent: Mapping[bytes, tuple[int, Record]]) -> None:
        """Add records to the files, beside whatever other processes have added.

        Args:
            folder: of the store.
            recent: key -> (shard, record).
        """
        with locked(folder):
            self.update(folder)
            last = len(self._parts) - 1
            before = pl.DataFrame(schema=_SCHEMA)
            if last < 0 or self._parts[last].rows >= max(PART, len(self) // SHARE):
                last += 1
            else:
                found = _read(folder, last)
                before = before if found is None else found
            # First, as a shard that was compacted meanwhile has its rows in the index already.
            sizes = _sizes(folder)
            _write(folder, last, _sorted([_there(_rows(recent), sizes), _there(before, sizes)]))
            _end_after(folder, last)
            self.update(folder)

    def _changed(self, folder: Path) -> list[pl.DataFrame]:
        """Parts that are not known as they are now."""
        known, self._parts = self._parts, []
        changed = []
        for number in count():
            try:
                status = part_path(folder, number).stat()
            except FileNotFoundError:
                break
            state = (status.st_ino, status.st_size, status.st_mtime_ns)
            if number < len(known) and known[number].state == state:
                self._parts.append(known[number])
                continue
            table = _read(folder, number, _SEARCHED)
            if table is None:
                break
            changed.append(table)
            self._parts.append(_Part(state, len(table)))
        return changed

    def _join(self, tables: list[pl.DataFrame]) -> None:
        """Take in rows; the same key in an earlier table, or in these rather than before, is newer."""
        for table in tables:
            end = pl.col("offset") + (pl.col("size") + (ALIGNMENT - 1)) // ALIGNMENT * ALIGNMENT
            for shard, last in table.group_by("shard").agg(end.max()).iter_rows():
                self._ends[shard] = max(last, self._ends.get(shard, 0))
        if not tables:
            return
        keys = np.concatenate([_keys(table) for table in tables])
        order = np.argsort(keys, kind="stable")  # quick, as they are sorted piece by piece
        keys = keys[order]
        first = np.ones(len(keys), bool)
        np.not_equal(keys[1:], keys[:-1], out=first[1:])
        keys, order = keys[first], order[first]
        shards, starts = (
            np.concatenate([table[name].to_numpy() for table in tables])[order] for name in ("shard", "start")
        )
        # What is known already goes, what is new comes in its place; nothing else is moved about.
        old = self._columns[0].searchsorted(keys)
        inside = old < len(self)
        known = old[inside][self._columns[0][old[inside]] == keys[inside]]
        kept = [np.delete(column, known) for column in self._columns] if len(known) else self._columns
        at = kept[0].searchsorted(keys)
        self._columns = (
            np.insert(kept[0], at, keys), np.insert(kept[1], at, shards), np.insert(kept[2], at, starts),
        )  # fmt: skip


def table_of(folder: Path) -> pl.DataFrame:
    """All that the files of the index say, sorted by key, without asking for the shards.

    Args:
        folder: of the store.
    """
    return _sorted([*reversed(list(_parts(folder))), pl.DataFrame(schema=_SCHEMA)])


def joined(table: pl.DataFrame, recent: Mapping[bytes, tuple[int, Record]]) -> pl.DataFrame:
    """A table with further records, sorted by key.

    Args:
        table: with the columns of the index.
        recent: key -> (shard, record).
    """
    # What was just written goes before a row that may be older than its shard.
    return _sorted([_rows(recent), table])


def table_in_shards(folder: Path) -> pl.DataFrame:
    """As `table_of`, without the rows whose shard is gone or too short."""
    return _there(table_of(folder), _sizes(folder))


def tidy(folder: Path) -> None:
    """Take out of the files what says of shards that are gone, and join what has become small.

    When it is killed, the files say the same as before: each is replaced by one that holds all of
    its rows and of those before it which do not lie in an earlier one.

    Args:
        folder: of the store.
    """
    with locked(folder):
        sizes = _sizes(folder)
        held, done = pl.DataFrame(schema=_SCHEMA), 0
        for table in _parts(folder):
            held = _sorted([_there(table, sizes), held])
            if len(held) >= PART:
                _write(folder, done, held)
                held, done = held.clear(), done + 1
        _write(folder, done, held)
        _end_after(folder, done)


def index_files(names: set[str]) -> list[str]:
    """Those of the files of a store that are its index, in order.

    Args:
        names: of all its files.
    """
    row = (part_path(Path(), number).name for number in count())
    return list(takewhile(names.__contains__, row))


def part_path(folder: Path, number: int) -> Path:
    """The part of that number; the first one is 0."""
    return folder / (f"index-{number:06d}.parquet" if number else FILE)


def _parts(folder: Path) -> Iterator[pl.DataFrame]:
    number = 0
    while (table := _read(folder, number)) is not None:
        yield table
        number += 1


def _read(folder: Path, number: int, columns: list[str] | None = None) -> pl.DataFrame | None:
    """A part; `None` when it is missing or damaged."""
    schema = pl.Schema({name: _SCHEMA[name] for name in columns or _SCHEMA})
    path = part_path(folder, number)
    if path.is_file():
        with contextlib.suppress(pl.exceptions.PolarsError, OSError):
            found = pl.read_parquet(path, columns=columns, memory_map=False)
            if found.schema == schema:
                return found
    return None


def _write(folder: Path, number: int, table: pl.DataFrame) -> None:
    path = part_path(folder, number)
    unfinished = folder / f".{path.name}.{os.getpid()}.part"
    content = io.BytesIO()  # polars has an error of its own where the disk is full
    table.write_parquet(content, compression="lz4")
    try:
        unfinished.write_bytes(content.getbuffer())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _end_after(folder: Path, number: int) -> None:
    """Let the row of files end here; from the last one on, so that it never has a gap."""
    for path in sorted(folder.glob("index-*.parquet"), reverse=True):
        if number == 0 or path > part_path(folder, number):
            path.unlink()


def _sizes(folder: Path) -> pl.DataFrame:
    """Bytes of every shard."""
    sizes = {number: path.stat().st_size for number, path in shard_files(folder).items()}
    rows = {"shard": list(sizes), "bytes": list(sizes.values())}
    return pl.DataFrame(rows, schema={"shard": pl.UInt32, "bytes": pl.UInt64})


def _there(table: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    """The rows whose shard is neither gone nor too short."""
    known = table.join(sizes, on="shard", maintain_order="left")
    return known.filter(pl.col("offset") + pl.col("size") <= pl.col("bytes")).drop("bytes")


def _sorted(tables: list[pl.DataFrame]) -> pl.DataFrame:
    """One table, sorted by key; of equal keys the first."""
    table = pl.concat(tables)
    return table.unique(["high", "low"], keep="first", maintain_order=True).sort("high", "low")


def _keys(table: pl.DataFrame) -> np.ndarray:
    halves = np.column_stack([table["high"].to_numpy(), table["low"].to_numpy()])
    return halves.astype(">u8").view("S16")[:, 0]


def _rows(recent: Mapping[bytes, tuple[int, Record]]) -> pl.DataFrame:
    rows = []
    for digest, (shard, record) in recent.items():
        shape = record.shape + (0,) * (LONGEST_RANK - len(record.shape))
        rank = len(record.shape)
        group = msgspec.json.decode(record.label, type=Key).group()
        place = (shard, record.start, record.offset, record.size, record.kind, rank)
        rows.append((*_HALVES.unpack(digest), *place, *shape, group))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
