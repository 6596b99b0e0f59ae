"""Look after a store: what is in it, and is it whole."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import polars as pl

from earwitness.encoders import shard as shards
from earwitness.encoders.shard_files import shard_files
from earwitness.encoders.store import Store
from earwitness.errors import BadInput


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Encodings of one kind.

    Args:
        kind: encoder, revision, layers, policy and precision in words.
        count: how many.
        size: of the arrays, in bytes.
    """

    kind: str
    count: int
    size: int


class Soundness(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a store.

    Args:
        shards: files that were read.
        records: that are whole.
        repeated: of them, those whose key was there before (two processes made the same).
        lost: bytes that belong to no whole record: torn tails or damage.
    """

    shards: int
    records: int
    repeated: int
    lost: int


def holdings(folder: str | os.PathLike[str]) -> list[Holding]:
    """What a store holds.

    Args:
        folder: of the store.

    Raises:
        BadInput: when there is no such folder.
    """
    _shards(folder)
    table = Store(folder, read_only=True).table()
    found = table.group_by("group").agg(pl.len(), pl.col("size").sum().alias("bytes")).sort("group")
    return [Holding(kind=kind, count=count, size=size) for kind, count, size in found.iter_rows()]


def verify(folder: str | os.PathLike[str]) -> Soundness:
    """Read every record of a store and compare it with its checksum.

    Args:
        folder: of the store.

    Raises:
        BadInput: when there is no such folder.
    """
    files = _shards(folder)
    keys, records, lost = set(), 0, 0
    for path in files.values():
        whole = 0
        for record in shards.scan(path):
            keys.add(record.key)
            records += 1
            whole += record.end - record.start
        lost += path.stat().st_size - whole
    return Soundness(shards=len(files), records=records, repeated=records - len(keys), lost=lost)


def _shards(folder: str | os.PathLike[str]) -> dict[int, Path]:
    if not Path(folder).is_dir():
        raise BadInput("no such store", where=os.fspath(folder))
    return shard_files(Path(folder))
