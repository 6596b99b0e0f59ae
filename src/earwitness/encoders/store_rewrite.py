"""Write a store anew without what is repeated, damaged or no longer wanted."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from earwitness.encoders import shard as shards
from earwitness.encoders.shard import Record
from earwitness.encoders.shard_files import shard_files, shard_path
from earwitness.encoders.source_hashes import SourceHashes
from earwitness.encoders.store_index import Index, tidy
from earwitness.encoders.store_key import Key
from earwitness.encoders.store_writer import LARGEST, hold
from earwitness.errors import BadInput

PIECE = 100
"""Records that are copied before it is asked whether the new shard is full."""


class Rewritten(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a store.

    Args:
        kept: encodings in the shards that were looked at.
        dropped: whole encodings that are gone.
        freed: bytes by which the store became smaller.
        busy: shards that another process was writing; they are as they were.
    """

    kept: int
    dropped: int
    freed: int
    busy: int


def compact(folder: str | os.PathLike[str]) -> Rewritten:
    """Drop what is repeated or damaged, and join small shards.

    Others may read and write meanwhile. When it is killed, nothing is lost: a new shard is there
    whole or not at all, and an old one goes only when all that it holds lies in new ones.

    Args:
        folder: of the store.

    Raises:
        BadInput: when there is no such folder or the disk is full.
    """
    return _rewrite(Path(folder), lambda _key: True)


def prune(folder: str | os.PathLike[str], unwanted: Callable[[Key], bool]) -> Rewritten:
    """Drop encodings, and with them what is repeated or damaged.

    Args:
        folder: of the store.
        unwanted: says of a key whether it shall go.

    Raises:
        BadInput: when there is no such folder or the disk is full.
    """
    return _rewrite(Path(folder), lambda key: not unwanted(key))


def unwanted(
    folder: str | os.PathLike[str],
    *,
    encoder: str | None = None,
    revision: str | None = None,
    gone: bool = False,
) -> Callable[[Key], bool]:
    """What `prune` shall drop: encodings that meet every condition given.

    Args:
        folder: of the store.
        encoder: made by this one.
        revision: of this revision.
        gone: of a recording that no file known to the store holds any more: it was changed,
            moved or deleted since it was encoded.

    Raises:
        BadInput: when no condition is given.
    """
    if encoder is None and revision is None and not gone:
        raise BadInput("prune needs to know what: --encoder, --revision or --gone")
    present = SourceHashes(Path(folder)).present() if gone else frozenset()
    return lambda key: (
        (encoder is None or key.encoder == encoder)
        and (revision is None or key.revision == revision)
        and not (gone and key.content in present)
    )


def _rewrite(folder: Path, wanted: Callable[[Key], bool]) -> Rewritten:
    if not folder.is_dir():
        raise BadInput("no such store", where=str(folder))
    held: dict[int, int] = {}
    try:
        files = shard_files(folder)
        held = {number: found for number, path in files.items() if (found := hold(path)) is not None}
        live, dropped = _sorted_out({number: files[number] for number in held}, wanted)
        before = {number: files[number].stat().st_size for number in held}
        old = _worth_rewriting(live, before)
        index = Index()
        index.update(folder)
        # Of what is repeated the index may know the one that goes.
        staying = ((number, record) for number in live if number not in old for record in live[number])
        unknown = {found[1].key: found for found in staying if index.find(found[1].key) != _place(found)}
        if unknown:
            index.publish(folder, unknown)
        after = _copy(folder, files, {number: live[number] for number in old}, index)
        tidy(folder)
    except OSError as error:
        reason = f"cannot be written anew: {error.strerror}; nothing is lost"
        raise BadInput(reason, where=str(folder)) from error
    finally:
        for descriptor in held.values():
            os.close(descriptor)
    return Rewritten(
        kept=sum(map(len, live.values())),
        dropped=dropped,
        freed=sum(before[number] for number in old) - after,
        busy=len(files) - len(held),
    )


def _place(found: tuple[int, Record]) -> tuple[int, int]:
    return found[0], found[1].start


def _sorted_out(files: dict[int, Path], wanted: Callable[[Key], bool]) -> tuple[dict[int, list[Record]], int]:
    """Records to keep by shard, and how many whole ones are not kept."""
    live: dict[int, list[Record]] = {}
    seen: set[bytes] = set()
    dropped = 0
    for number, path in files.items():
        live[number] = []
        for record in shards.scan(path):
            if record.key in seen or not wanted(msgspec.json.decode(record.label, type=Key)):
                dropped += 1
            else:
                seen.add(record.key)
                live[number].append(record)
    return live, dropped


def _worth_rewriting(live: dict[int, list[Record]], sizes: dict[int, int]) -> list[int]:
    """Shards with waste, and small ones where several can be joined."""
    used = {number: sum(record.end - record.start for record in records) for number, records in live.items()}
    wasteful = {number for number in live if used[number] < sizes[number]}
    small = {number for number in live if used[number] < LARGEST // 2}
    return sorted(wasteful | small if len(small) > 1 else wasteful)


def _copy(folder: Path, files: dict[int, Path], live: dict[int, list[Record]], index: Index) -> int:
    """Copy records into new shards, which take the place of the old ones; bytes of the new ones."""
    total = 0
    last = max(files, default=0)
    waiting: list[int] = []  # old shards, all of whose records lie in the new shard that is being written
    shard = _NewShard(folder, last, index)
    try:
        for number, records in live.items():
            for start in range(0, len(records), PIECE):
                shard.add(files[number], records[start : start + PIECE])
                if shard.size >= LARGEST:
                    total += shard.finish()
                    _unlink(files, waiting)
                    shard = _NewShard(folder, shard.number, index)
            waiting.append(number)
        if shard.size:
            total += shard.finish()
        elif waiting and waiting[-1] == last == shard.number:
            # Numbers are never used twice: an old index could take the new shard for the old one.
            shard_path(folder, last + 1).touch()
        _unlink(files, waiting)
    finally:
        shard.abandon()
    return total


def _unlink(files: dict[int, Path], numbers: list[int]) -> None:
    for number in numbers:
        files[number].unlink()
    numbers.clear()


class _NewShard:
    """A shard that becomes visible when it is whole."""

    def __init__(self, folder: Path, number: int, index: Index) -> None:
        self.number = number  # of the last shard there is, until it is finished
        self._index = index
        self.size = 0
        self._folder = folder
        self._path = folder / f".shard.{os.getpid()}.part"
        self._file = self._path.open("wb")
        self._places: dict[bytes, Record] = {}

    def add(self, path: Path, records: list[Record]) -> None:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as old:
            for record in records:
                with memoryview(old) as whole, whole[record.start : record.end] as content:
                    self._file.write(content)
                moved = self.size - record.start
                self._places[record.key] = record._replace(start=self.size, offset=record.offset + moved)
                self.size += record.end - record.start

    def finish(self) -> int:
        self._file.flush()
        os.fsync(self._file.fileno())
        while True:
            self.number += 1
            try:
                os.link(self._path, shard_path(self._folder, self.number))
                break
            except FileExistsError:
                continue
        self.abandon()
        self._index.publish(
            self._folder, {key: (self.number, record) for key, record in self._places.items()}
        )
        return self.size

    def abandon(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)
