"""Where workers of a cluster bring their shards: a folder that all of them see, or an object store."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import polars as pl

from earwitness.encoders import shard as shards
from earwitness.encoders.shard import Record
from earwitness.encoders.shard_files import NAME, shard_path
from earwitness.encoders.source_hashes import FILE as SOURCES
from earwitness.encoders.source_hashes import SourceHashes
from earwitness.encoders.store import Store
from earwitness.encoders.store_index import FILE as INDEX
from earwitness.encoders.store_index import index_files, joined, table_of
from earwitness.errors import BadInput, require

ABANDONED = 86_400.0
"""Seconds after which the unfinished shards of a run that was killed are taken away."""


class ShardTarget(Protocol):
    """A store that is written by others, shard by shard; each shard is there whole or not at all."""

    hashes: SourceHashes
    run: str

    def table(self) -> pl.DataFrame:
        """All that is there, with the columns of `index.parquet`."""
        ...

    def reserve(self) -> int:
        """A number for a shard that nobody else takes."""
        ...

    def delivered(self, number: int) -> list[Record] | None:
        """Records of a reserved shard if it was delivered, else `None`."""
        ...

    def adopt(self, number: int, records: list[Record]) -> None:
        """Take a delivered shard (or one that stays empty) into the index."""
        ...

    def __enter__(self) -> ShardTarget: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def shard_target(place: str) -> ShardTarget:
    """The target of that name.

    Args:
        place: a path, or an address that fsspec knows (`s3://bucket/store`, `memory://store`).
    """
    return ObjectStore(place) if "://" in place else SharedFolder(place)


def deliver(shard: Path, place: str, number: int) -> None:
    """Bring a whole shard to a target; called by the worker that wrote it.

    Args:
        shard: the file.
        place: of the target.
        number: that was reserved for it.

    Raises:
        BadInput: when it cannot be written; nothing half-written is left.
    """
    try:
        if "://" in place:
            system, root = _file_system(place)
            system.put_file(str(shard), f"{root}/{shard_path(Path(), number).name}")
        else:
            shard.replace(shard_path(Path(place), number))
    except OSError as error:
        reason = f"a shard cannot be written: {error.strerror or error}"
        raise BadInput(reason, where=place) from error


def working_folder(place: str, run: str) -> tempfile.TemporaryDirectory[str]:
    """A folder for a worker's unfinished shard: beside the target, if a file can be moved there at once.

    Args:
        place: of the target.
        run: name of the run; when it ends, what lost workers have left is taken away.
    """
    if "://" in place:
        return tempfile.TemporaryDirectory(prefix="earwitness-")
    folder = Path(place) / run
    folder.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(dir=folder)


class SharedFolder:
    """A store's folder that all workers see under the same path.

    Args:
        folder: is made if it is not there.
    """

    def __init__(self, folder: str) -> None:
        self._store = Store(folder)
        self._folder = self._store.folder
        self.hashes = SourceHashes(self._folder)
        self._held: dict[int, int] = {}
        self.run = f".unfinished-{secrets.token_hex(8)}"
        for left in self._folder.glob(".unfinished-*"):
            if time.time() - left.stat().st_mtime > ABANDONED:
                shutil.rmtree(left, ignore_errors=True)

    def table(self) -> pl.DataFrame:
        """All that is there."""
        return self._store.table()

    def reserve(self) -> int:
        """An empty shard, locked so that no writer on this machine begins to append to it."""
        number = 0
        while True:
            number += 1
            try:
                descriptor = os.open(
                    shard_path(self._folder, number), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644
                )
            except FileExistsError:
                continue
            except OSError as error:
                raise BadInput(f"cannot be written: {error.strerror}", where=str(self._folder)) from error
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._held[number] = descriptor
            return number

    def delivered(self, number: int) -> list[Record] | None:
        """Records of a shard, if a worker has put it in the place of the empty one."""
        path = shard_path(self._folder, number)
        return list(shards.scan(path)) if path.stat().st_size else None

    def adopt(self, number: int, records: list[Record]) -> None:
        """Take a shard into the index; an empty one goes."""
        if not records and not shard_path(self._folder, number).stat().st_size:
            shard_path(self._folder, number).unlink()
        self._store.adopt(number, records)
        os.close(self._held.pop(number))
        self.hashes.publish_when_due()

    def __enter__(self) -> SharedFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, descriptor in self._held.items():
            path = shard_path(self._folder, number)
            with contextlib.suppress(FileNotFoundError):
                if not path.stat().st_size:
                    path.unlink()
            os.close(descriptor)
        self._held.clear()
        shutil.rmtree(self._folder / self.run, ignore_errors=True)
        self._store.close()
        self.hashes.publish()


class ObjectStore:
    """A store under an address of fsspec; one run at a time may write to it.

    Its files are those of a folder, so a copy of it is a store (`earwitness store pull`).

    Args:
        place: such as `s3://bucket/store`.

    Raises:
        MissingExtra: when fsspec, or what it needs for this kind of address, is not installed.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._system, self._root = _file_system(place)
        self.run = ""
        self._mirror = folder = Path(tempfile.mkdtemp(prefix="earwitness-"))
        self._system.makedirs(self._root, exist_ok=True)
        there = _listed(self._system, self._root)
        for name in (*index_files(there), *({SOURCES} & there)):
            self._system.get_file(f"{self._root}/{name}", str(folder / name))
        self.hashes = SourceHashes(folder)
        table = table_of(folder)
        numbers = {int(match[1]) for name in there if (match := NAME.fullmatch(name))}
        self._table = table.filter(pl.col("shard").is_in(sorted(numbers)))
        self._last = max(numbers, default=0)
        # A run that was killed has delivered shards that no index knows.
        for number in sorted(numbers - set(self._table["shard"].unique().to_list())):
            if (records := self.delivered(number)) is not None:
                self._join({record.key: (number, record) for record in records})

    def table(self) -> pl.DataFrame:
        """All that is there."""
        return self._table

    def reserve(self) -> int:
        """The next number."""
        self._last += 1
        return self._last

    def delivered(self, number: int) -> list[Record] | None:
        """Records of a shard, if a worker has delivered it."""
        name = shard_path(Path(), number).name
        if not self._system.exists(f"{self._root}/{name}"):
            return None
        copy = self._mirror / name
        self._system.get_file(f"{self._root}/{name}", str(copy))
        found = list(shards.scan(copy))
        copy.unlink()
        return found

    def adopt(self, number: int, records: list[Record]) -> None:
        """Take a shard into the index."""
        self._join({record.key: (number, record) for record in records})

    def __enter__(self) -> ObjectStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        folder = self._mirror
        self.hashes.publish()
        self._table.write_parquet(folder / INDEX, compression="lz4")
        for name in (INDEX, SOURCES):
            if (folder / name).is_file():
                self._system.put_file(str(folder / name), f"{self._root}/{name}")
        shutil.rmtree(folder, ignore_errors=True)

    def _join(self, recent: Mapping[bytes, tuple[int, Record]]) -> None:
        if recent:
            self._table = joined(self._table, recent)


def pull(place: str, folder: str | os.PathLike[str]) -> int:
    """Copy what a store on this machine lacks from one under an address of fsspec.

    Args:
        place: such as `s3://bucket/store`.
        folder: of the store here, which must hold nothing but earlier copies of it.

    Returns:
        How many shards were copied.

    Raises:
        BadInput: when there is no such store, or the disk is full.
    """
    system, root = _file_system(place)
    there = _listed(system, root)
    if INDEX not in there:
        raise BadInput("no store there", where=place)
    local = Path(folder)
    copied = 0
    try:
        local.mkdir(parents=True, exist_ok=True)
        index = index_files(there)
        for name in (*sorted(there - {*index}), *index):  # the index last
            wanted = NAME.fullmatch(name) and not _same_size(local / name, system.size(f"{root}/{name}"))
            if wanted or name in (*index, SOURCES):
                part = local / f".{name}.{os.getpid()}.part"
                system.get_file(f"{root}/{name}", str(part))
                part.replace(local / name)
                copied += bool(wanted)
    except OSError as error:
        raise BadInput(f"cannot be copied: {error.strerror or error}", where=str(local)) from error
    return copied


def _same_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _listed(system: Any, root: str) -> set[str]:
    try:
        return {str(name).rpartition("/")[2] for name in system.ls(root, detail=False)}
    except FileNotFoundError:
        return set()


def _file_system(place: str) -> tuple[Any, str]:
    fsspec = require("fsspec", "cluster")
    try:
        system, root = fsspec.core.url_to_fs(place)
    except (ImportError, ValueError) as error:
        raise BadInput(f"cannot be reached: {error}", where=place) from error
    return system, str(root).rstrip("/")
