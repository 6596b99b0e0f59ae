"""Append to a shard that nobody else appends to."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import numpy as np

from earwitness.encoders import shard as shards
from earwitness.encoders.shard import Record
from earwitness.encoders.shard_files import shard_files, shard_path
from earwitness.errors import BadInput

LARGEST = 2 << 30
"""Bytes after which a new shard is begun."""


class ShardWriter:
    """The end of one shard, held by a file lock that dies with the process.

    Args:
        number: of the shard.
        descriptor: of the open and locked file.
        end: where the next record begins.
    """

    def __init__(self, number: int, descriptor: int, end: int) -> None:
        self.number = number
        self.process = os.getpid()
        self._descriptor = descriptor
        self.end = end

    @classmethod
    def acquire(cls, folder: Path, largest: int = LARGEST) -> ShardWriter:
        """A shard that is not full and that no other process holds; a new one if there is none.

        What a killed process left unfinished at its end is cut off.

        Args:
            folder: of the store.
            largest: bytes from which on a shard counts as full.

        Raises:
            BadInput: when the folder cannot be written.
        """
        try:
            last = 0
            for number, path in shard_files(folder).items():
                last = number
                if path.stat().st_size < largest and (writer := cls._hold(number, path)) is not None:
                    return writer
            while True:
                last += 1
                path = shard_path(folder, last)
                try:
                    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
                except FileExistsError:
                    continue
                if (writer := cls._hold(last, path)) is not None:
                    return writer
        except OSError as error:
            raise BadInput(f"the store cannot be written: {error.strerror}", where=str(folder)) from error

    @classmethod
    def _hold(cls, number: int, path: Path) -> ShardWriter | None:
        descriptor = hold(path)
        if descriptor is None:
            return None
        end = max((record.end for record in shards.scan(path, check=False)), default=0)
        os.ftruncate(descriptor, end)
        return cls(number, descriptor, end)

    def append(self, key: bytes, label: bytes, array: np.ndarray) -> Record:
        """Write one record at the end.

        Args:
            key: 16 bytes.
            label: the key in words, JSON.
            array: to be kept.

        Raises:
            BadInput: when the disk is full; the shard is as before.
        """
        buffers, record = shards.pack(key, label, array, self.end)
        try:
            self._write(buffers)
        except OSError as error:
            os.ftruncate(self._descriptor, self.end)
            reason = f"cannot keep an encoding: {error.strerror}; what was kept before is safe"
            raise BadInput(reason, where=f"shard {self.number}") from error
        self.end = record.end
        return record

    def _write(self, buffers: list[bytes | memoryview]) -> None:
        at = self.end
        for buffer in buffers:
            view = memoryview(buffer)
            while view:
                written = os.pwrite(self._descriptor, view, at)
                at += written
                view = view[written:]

    def sync(self) -> None:
        """Bring what was written to the disk itself."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the shard."""
        os.close(self._descriptor)


def hold(path: Path) -> int | None:
    """Lock a shard for this process, if no other one holds it.

    Args:
        path: of the shard.

    Returns:
        Descriptor of the open file, whose closing lets go of it, or `None`.
    """
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:  # else it was compacted away between open and lock
            return descriptor
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            os.close(descriptor)
            raise
    os.close(descriptor)
    return None
