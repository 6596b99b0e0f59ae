"""Which shard holds which key: a table that is searched in memory and kept as Parquet."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl

from earwitness.encoders.shard import ALIGNMENT, LONGEST_RANK, Record
from earwitness.encoders.shard_files import shard_files
from earwitness.encoders.store_key import Key

FILE = "index.parquet"
_SHAPE = tuple(f"length_{k}" for k in range(LONGEST_RANK))
_SCHEMA = {
    "high": pl.UInt64,
    "low": pl.UInt64,
    "shard": pl.UInt32,
    "start": pl.UInt64,
    "offset": pl.UInt64,
    "size": pl.UInt64,
    "kind": pl.UInt8,
    "rank": pl.UInt8,
    **dict.fromkeys(_SHAPE, pl.UInt32),
    "group": pl.String,
}


class Place(NamedTuple):
    """Where an array lies: shard, bytes from its start to the header and to the array; what it is."""

    shard: int
    start: int
    offset: int
    kind: int
    shape: tuple[int, ...]


class Index:
    """An immutable table of records, sorted by key.

    Args:
        table: with the columns of the index file.
    """

    def __init__(self, table: pl.DataFrame) -> None:
        self.table = table
        self._high, self._low, self._shard, self._start, self._offset, self._kind, self._rank = (
            table[name].to_numpy() for name in ("high", "low", "shard", "start", "offset", "kind", "rank")
        )
        self._shape = [table[name].to_numpy() for name in _SHAPE]
        ends = (pl.col("offset") + (pl.col("size") + (ALIGNMENT - 1)) // ALIGNMENT * ALIGNMENT).max()
        self._ends = dict(table.group_by("shard").agg(ends.alias("end")).iter_rows())

    @classmethod
    def read(cls, folder: Path) -> Index:
        """The index of a store, without the rows whose shard is gone or too short.

        A missing or damaged index reads as an empty one: the shards are then scanned.
        """
        table = pl.DataFrame(schema=_SCHEMA)
        if (folder / FILE).is_file():
            with contextlib.suppress(pl.exceptions.PolarsError, OSError):
                found = pl.read_parquet(folder / FILE, memory_map=False)
                table = found if found.schema == table.schema else table
        sizes = {number: path.stat().st_size for number, path in shard_files(folder).items()}
        index = cls(table)
        if all(end <= sizes.get(number, 0) for number, end in index._ends.items()):
            return index
        there = pl.DataFrame(
            {"shard": list(sizes), "bytes": list(sizes.values())},
            schema={"shard": pl.UInt32, "bytes": pl.UInt64},
        )
        kept = table.join(there, on="shard", how="left", maintain_order="left")
        return cls(kept.filter(pl.col("offset") + pl.col("size") <= pl.col("bytes")).drop("bytes"))

    @classmethod
    def publish(cls, folder: Path, recent: Mapping[bytes, tuple[int, Record]]) -> Index:
        """Add records to the index file, beside whatever other processes have added.

        Args:
            folder: of the store.
            recent: key -> (shard, record).

        Returns:
            The index as it now lies on the disk.
        """
        with _locked(folder):
            # What was just written goes before a row that may be older than its shard.
            table = pl.concat([_rows(recent), cls.read(folder).table])
            table = table.unique(["high", "low"], keep="first", maintain_order=True).sort("high", "low")
            unfinished = folder / f".{FILE}.{os.getpid()}.part"
            try:
                table.write_parquet(unfinished, compression="lz4")
                unfinished.replace(folder / FILE)
            finally:
                unfinished.unlink(missing_ok=True)
        return cls(table)

    def find(self, key: bytes) -> Place | None:
        """Where the record of a key should lie, or `None`."""
        high, low = np.frombuffer(key, ">u8").astype(np.uint64)
        at = int(np.searchsorted(self._high, high))
        while at < len(self._high) and self._high[at] == high:
            if self._low[at] == low:
                shape = tuple(int(lengths[at]) for lengths in self._shape[: self._rank[at]])
                start, offset = int(self._start[at]), int(self._offset[at])
                return Place(int(self._shard[at]), start, offset, int(self._kind[at]), shape)
            at += 1
        return None

    def end(self, shard: int) -> int:
        """One past the last byte of a shard that the index knows."""
        return self._ends.get(shard, 0)

    def __len__(self) -> int:
        return len(self._high)


def _rows(recent: Mapping[bytes, tuple[int, Record]]) -> pl.DataFrame:
    rows = []
    for digest, (shard, record) in recent.items():
        high, low = (int(half) for half in np.frombuffer(digest, ">u8"))
        shape = record.shape + (0,) * (LONGEST_RANK - len(record.shape))
        rank = len(record.shape)
        group = msgspec.json.decode(record.label, type=Key).group()
        place = (shard, record.start, record.offset, record.size, record.kind, rank)
        rows.append((high, low, *place, *shape, group))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / "index.lock", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
