"""Encodings on disk, found by what they are of: append-only, safe against kills, read without a copy."""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import polars as pl

from earwitness.encoders import shard as shards
from earwitness.encoders.shard import Record
from earwitness.encoders.shard_files import shard_files, shard_path
from earwitness.encoders.store_index import Index, joined, table_in_shards
from earwitness.encoders.store_key import Key
from earwitness.encoders.store_writer import LARGEST, ShardWriter
from earwitness.errors import BadInput

PUBLISH = 1 << 30
"""Bytes written between two renewals of the index."""
PUBLISH_RECORDS = 5_000
"""Records written between two renewals of the index."""
REMEMBERED = 100_000
"""Arrays whose place in memory is remembered: training asks for the same ones in every epoch."""


class Store:
    """A folder of shards with an index.

    Any number of processes may read and write at once: each writer appends to a shard of its
    own. A process that is killed leaves at most one torn record at the end of its shard, which
    is dropped when the store is opened. The index (`index.parquet` and what follows it) only saves
    time: it is made again from the shards when it is missing or damaged.

    Args:
        folder: is made if it is not there.
        read_only: refuse `put`; a missing folder is then an error.
        largest: bytes after which a new shard is begun.

    Raises:
        BadInput: when the folder cannot be made or read.

    Example:
        >>> import tempfile
        >>> key = Key(content="00", encoder="none", revision="1", stored="float32")
        >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        ...     store.put(key, np.ones((2, 3), np.float32))
        ...     store.get(key).shape
        (2, 3)
    """

    def __init__(
        self, folder: str | os.PathLike[str], *, read_only: bool = False, largest: int = LARGEST
    ) -> None:
        self.folder = Path(folder)
        self.largest = largest
        self.read_only = read_only
        try:
            if not read_only:
                self.folder.mkdir(parents=True, exist_ok=True)
            elif not self.folder.is_dir():
                raise BadInput("no such store", where=str(folder))
            self._maps: dict[int, mmap.mmap] = {}
            self._given: dict[bytes, np.ndarray] = {}
            self._recent: dict[bytes, tuple[int, Record]] = {}
            self._writer: ShardWriter | None = None
            self._unpublished = 0
            self._index = Index()
            self.refresh()
        except OSError as error:
            raise BadInput(f"the store cannot be opened: {error.strerror}", where=str(folder)) from error

    def get(self, key: Key) -> np.ndarray | None:
        """The array of a key, mapped from disk and read-only, or `None` when it is not here."""
        digest = key.digest()
        given = self._given.get(digest)
        if given is None:
            found = self._found(digest)
            if found is None:
                return None
            if len(self._given) >= REMEMBERED:
                self._given.clear()
            mapped, record = found
            kind, count = np.dtype(shards.TYPES[record.kind]), math.prod(record.shape)
            flat = np.frombuffer(mapped, kind, count, record.offset) if count else np.zeros(0, kind)
            given = self._given[digest] = flat.reshape(record.shape)
        return given.view()  # an object of the caller's own, whose shape he may change

    def shape(self, key: Key) -> tuple[int, ...] | None:
        """The shape of a key's array, without reading it, or `None` when it is not here."""
        found = self._found(key.digest())
        return None if found is None else found[1].shape

    def put(self, key: Key, array: np.ndarray) -> None:
        """Keep an array; one that is already here is left as it is.

        Args:
            key: what it is of.
            array: rank 0 to 4, of the element type that `key.stored` names.

        Raises:
            BadInput: when the disk is full or the folder cannot be written; nothing is lost.
            ValueError: when the element type is another one than the key says.
        """
        if self.read_only:
            raise BadInput("the store was opened for reading only", where=str(self.folder))
        array = np.asarray(array)
        if array.dtype.name != key.stored:
            raise ValueError(f"the key says {key.stored}, the array is {array.dtype.name}")
        digest = key.digest()
        if self._here(digest):
            return
        if self._writer is not None and self._writer.process != os.getpid():
            self._writer = None  # after a fork the shard belongs to the parent
        if self._writer is not None and self._writer.end >= self.largest:
            self._close_writer()
        if self._writer is None:
            self._writer = ShardWriter.acquire(self.folder, self.largest)
        self._recent[digest] = (self._writer.number, self._writer.append(digest, key.label(), array))
        self._unpublished += array.nbytes
        if self._unpublished >= PUBLISH or len(self._recent) >= PUBLISH_RECORDS:
            self.publish()

    def __contains__(self, key: Key) -> bool:
        return self._here(key.digest())

    def __len__(self) -> int:
        return len(self._index) + len(self._recent)

    def refresh(self) -> None:
        """Take notice of what other processes have written since."""
        self._index.update(self.folder)
        self._recent = {
            key: (number, record)
            for key, (number, record) in self._recent.items()
            if self._index.find(key) != (number, record.start)
        }
        for number, path in shard_files(self.folder).items():
            known = self._index.end(number)
            if path.stat().st_size <= known:
                continue
            for record in shards.scan(path, known):
                if not self._here(record.key):
                    self._recent[record.key] = (number, record)

    def adopt(self, number: int, records: Sequence[Record]) -> None:
        """Take notice of records that another process has just written.

        Args:
            number: of the shard.
            records: that are whole.
        """
        for record in records:
            self._recent.setdefault(record.key, (number, record))
        if len(self._recent) >= PUBLISH_RECORDS:
            self.publish()

    def table(self) -> pl.DataFrame:
        """All that is here, one row an encoding, with the columns of `index.parquet`."""
        return joined(table_in_shards(self.folder), self._recent)

    def publish(self) -> None:
        """Write what was put to disk for good, and renew the index."""
        try:
            if self._writer is not None:
                self._writer.sync()
            if self._recent and not self.read_only:
                self._index.publish(self.folder, self._recent)
                self._recent.clear()
        except OSError as error:
            reason = f"its index cannot be written: {error.strerror}; the encodings are kept"
            raise BadInput(reason, where=str(self.folder)) from error
        self._unpublished = 0

    def close(self) -> None:
        """Publish and let go of the shard; arrays that were given stay valid."""
        self._close_writer()
        self._maps.clear()

    def _close_writer(self) -> None:
        self.publish()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _place(self, digest: bytes) -> tuple[int, int] | None:
        """Shard and first byte of a record, as far as is known."""
        recent = self._recent.get(digest)
        return self._index.find(digest) if recent is None else (recent[0], recent[1].start)

    # The index may be older than its shard (a tail was lost and written anew): both ask the record.

    def _here(self, digest: bytes) -> bool:
        """Whether a record is here; nothing is mapped, so that memory does not grow with questions."""
        if digest in self._recent:
            return True
        place = self._index.find(digest)
        if place is None:
            return False
        try:
            return shards.key_in(shard_path(self.folder, place[0]), place[1]) == digest
        except FileNotFoundError:
            self._reload()
            return self._here(digest)

    def _found(self, digest: bytes) -> tuple[mmap.mmap, Record] | None:
        """A record, and the map of its shard."""
        place = self._place(digest)
        if place is None:
            return None
        try:
            for renewed in (False, True):  # the shard may have grown
                mapped = self._map(place[0], renewed=renewed)
                record = shards.unpack(mapped, place[1])
                if record is not None:
                    return (mapped, record) if record.key == digest else None
        except FileNotFoundError:
            self._reload()
            return self._found(digest)
        return None

    def _reload(self) -> None:
        """Read the index again: another process has compacted the store."""
        there = shard_files(self.folder)
        self._maps = {number: mapped for number, mapped in self._maps.items() if number in there}
        self._recent = {key: found for key, found in self._recent.items() if found[0] in there}
        self._index = Index()
        self.refresh()

    def _map(self, number: int, *, renewed: bool) -> mmap.mmap:
        mapped = self._maps.get(number)
        if mapped is None or renewed:
            with shard_path(self.folder, number).open("rb") as file:
                mapped = self._maps[number] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return mapped
