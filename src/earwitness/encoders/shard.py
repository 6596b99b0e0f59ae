"""The file format of the store: records one after another, each of which can be checked by itself.

A record is a header of 64 bytes (little-endian), the key as JSON, the array; each of the three is
padded with zeros to a multiple of 64 bytes, so arrays can be mapped and a damaged file can be read
again from the next record on. Header: magic `EWR1`, uint32 length of the JSON, 16 bytes key, uint8
element type, uint8 rank, 2 bytes zero, 4 x uint32 shape, uint64 bytes and uint32 CRC-32 of the
array, 4 bytes zero, uint32 CRC-32 of the header so far and the JSON.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

ALIGNMENT = 64
MAGIC = b"EWR1"
TYPES = ("float16", "float32", "float64", "int16", "int32", "int64", "uint8", "int8", "bool")
LONGEST_RANK = 4
_HEADER = struct.Struct("<4sI16sBB2x4IQI4x")
_CRC = struct.Struct("<I")


class Record(NamedTuple):
    """Where an array lies in a shard, and what it is."""

    key: bytes
    label: bytes
    start: int  # of the header, in bytes from the start of the shard
    offset: int  # of the array, in bytes from the start of the shard
    size: int
    kind: int
    shape: tuple[int, ...]
    crc: int

    @property
    def end(self) -> int:
        """One past the record's last byte, padding included."""
        return self.offset + padded(self.size)


def padded(size: int) -> int:
    """The next multiple of the alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def pack(key: bytes, label: bytes, array: np.ndarray, start: int) -> tuple[list[bytes | memoryview], Record]:
    """The bytes of a record.

    Args:
        key: 16 bytes.
        label: the key in words, JSON.
        array: of rank 0 to 4 and one of `TYPES`.
        start: where in the shard it will begin.

    Returns:
        Buffers to be written one after another, and the record that they make.

    Raises:
        ValueError: when the array has another type or rank.
    """
    if array.dtype.name not in TYPES or array.ndim > LONGEST_RANK:
        kinds = f"the store keeps {', '.join(TYPES)} up to rank {LONGEST_RANK}"
        raise ValueError(f"{kinds}, not {array.dtype.name} of rank {array.ndim}")
    content = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
    kind, crc = TYPES.index(array.dtype.name), zlib.crc32(content)
    shape = array.shape + (0,) * (LONGEST_RANK - array.ndim)
    head = _HEADER.pack(MAGIC, len(label), key, kind, array.ndim, *shape, len(content), crc)
    head += _CRC.pack(zlib.crc32(label, zlib.crc32(head)))
    front = head + label
    front += bytes(padded(len(front)) - len(front))
    tail = bytes(padded(len(content)) - len(content))
    record = Record(key, label, start, start + len(front), len(content), kind, array.shape, crc)
    return [front, content, tail], record


def unpack(shard: mmap.mmap | memoryview | bytes, start: int) -> Record | None:
    """The record whose header begins at a place, or `None` if there is no whole record there."""
    body = start + _HEADER.size + _CRC.size
    if body > len(shard) or shard[start : start + 4] != MAGIC:
        return None
    head = bytes(shard[start : start + _HEADER.size])
    _, length, key, kind, rank, *shape, size, crc = _HEADER.unpack(head)
    label = bytes(shard[body : body + length])
    if zlib.crc32(label, zlib.crc32(head)) != _CRC.unpack_from(shard, start + _HEADER.size)[0]:
        return None
    record = Record(
        key, label, start, start + padded(body - start + length), size, kind, tuple(shape[:rank]), crc
    )
    return record if record.end <= len(shard) else None


def key_in(path: Path, start: int) -> bytes:
    """The key of the record whose header begins at a place in a shard's file; not checked."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.pread(descriptor, 16, start + 8)
    finally:
        os.close(descriptor)


def intact(shard: mmap.mmap | memoryview | bytes, record: Record) -> bool:
    """Whether the array's bytes are those that were written."""
    with memoryview(shard) as whole, whole[record.offset : record.offset + record.size] as content:
        return zlib.crc32(content) == record.crc


def scan(path: Path, start: int = 0, *, check: bool = True) -> Iterator[Record]:
    """All whole records of a shard from a place on; what is damaged or torn is passed over.

    Args:
        path: of the shard.
        start: a multiple of 64.
        check: compare each array with its CRC.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size <= start:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as shard:
            while start < len(shard):
                record = unpack(shard, start)
                if record is None:
                    start = _next(shard, start + ALIGNMENT)
                elif check and not intact(shard, record):
                    start = record.end
                else:
                    yield record
                    start = record.end


def _next(shard: mmap.mmap, start: int) -> int:
    """The next aligned place that begins like a record, or the end."""
    while True:
        found = shard.find(MAGIC, start)
        if found < 0:
            return len(shard)
        if found % ALIGNMENT == 0:
            return found
        start = found + 1
