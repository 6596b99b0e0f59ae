"""Which shard holds which key: a table that is searched in memory and kept as Parquet."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Mapping
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
_HALVES = struct.Struct(">QQ")
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
        table = cls.table_of(folder)
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

    @staticmethod
    def table_of(folder: Path) -> pl.DataFrame:
        """The index file as it is, without asking for the shards; empty when missing or damaged."""
        table = pl.DataFrame(schema=_SCHEMA)
        if (folder / FILE).is_file():
            with contextlib.suppress(pl.exceptions.PolarsError, OSError):
                found = pl.read_parquet(folder / FILE, memory_map=False)
                table = found if found.schema == table.schema else table
        return table

    @classmethod
    def publish(cls, folder: Path, recent: Mapping[bytes, tuple[int, Record]]) -> Index:
        """Add records to the index file, beside whatever other processes have added.

        Args:
            folder: of the store.
            recent: key -> (shard, record).

        Returns:
            The index as it now lies on the disk.
        """
        with locked(folder):
            sizes = {number: path.stat().st_size for number, path in shard_files(folder).items()}
            # A shard that was compacted meanwhile has its rows in the table already.
            there = {key: found for key, found in recent.items() if found[1].end <= sizes.get(found[0], 0)}
            table = cls.read(folder).joined(there)
            unfinished = folder / f".{FILE}.{os.getpid()}.part"
            try:
                table.write_parquet(unfinished, compression="lz4")
                unfinished.replace(folder / FILE)
            finally:
                unfinished.unlink(missing_ok=True)
        return cls(table)

    def joined(self, recent: Mapping[bytes, tuple[int, Record]]) -> pl.DataFrame:
        """The table with further records, sorted by key.

        Args:
            recent: key -> (shard, record).
        """
        # What was just written goes before a row that may be older than its shard.
        table = pl.concat([_rows(recent), self.table])
        return table.unique(["high", "low"], keep="first", maintain_order=True).sort("high", "low")

    def find(self, key: bytes) -> Place | None:
        """Where the record of a key should lie, or `None`."""
        high, low = _HALVES.unpack(key)
        at = int(self._high.searchsorted(np.uint64(high)))
        while at < len(self._high) and self._high.item(at) == high:
            if self._low.item(at) == low:
                shape = tuple(lengths.item(at) for lengths in self._shape[: self._rank.item(at)])
                start, offset = self._start.item(at), self._offset.item(at)
                return Place(self._shard.item(at), start, offset, self._kind.item(at), shape)
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
