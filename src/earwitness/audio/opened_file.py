"""Open a file that a user named: only regular files, never one that blocks, and see what it begins with."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import stat
from types import TracebackType

from earwitness.audio.path_names import FileName, one_line
from earwitness.errors import BadInput

_KINDS = (
    (stat.S_ISDIR, "is a folder, not a recording"),
    (stat.S_ISFIFO, "is a pipe (FIFO), not a file; save what comes out of it and give that"),
    (stat.S_ISCHR, "is a device, not a file"),
    (stat.S_ISBLK, "is a device, not a file"),
    (stat.S_ISSOCK, "is a socket, not a file"),
)
_HASH_STEP = 1 << 20


@dataclasses.dataclass(frozen=True)
class FileInfo:
    """What a file says of itself.

    Args:
        container: name of the file format ("WAV", "FLAC", "OGG", "MP3", "MP4").
        encoding: sample format or codec ("PCM_16", "VORBIS", "MPEG_LAYER_III", "AAC").
        sample_rate: in Hz.
        channels: how many.
        duration: in seconds, as declared; an estimate for MP3 without a length header.
    """

    container: str
    encoding: str
    sample_rate: int
    channels: int
    duration: float


class OpenedFile:
    """A regular, readable, non-empty file, opened once.

    Args:
        path: of the file; any bytes.

    Raises:
        BadInput: when it is missing, not a regular file, not readable or empty.
    """

    def __init__(self, path: FileName) -> None:
        self.name = one_line(path)
        raw = os.fsencode(path)
        if b"\0" in raw:
            raise BadInput("no file can have this name", where=self.name)
        try:
            # Looked at before it is opened: opening a FIFO would wait for a writer.
            self._refuse_kind(os.stat(raw))  # noqa: PTH116 - a Path cannot hold any bytes
            self.descriptor = os.open(raw, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise BadInput(f"cannot be opened: {_words(error)}", where=self.name) from error
        self._hash = hashlib.sha256()
        self._hashed = 0
        try:
            # And again: it may have been exchanged in between.
            self._state = os.fstat(self.descriptor)
            self._refuse_kind(self._state)
            self.size = self._state.st_size
            if self.size == 0:
                raise BadInput("is empty (0 bytes)", where=self.name)
            self.head = self.read_at(0, 4096)
        except BaseException:
            self.close()
            raise

    def _refuse_kind(self, state: os.stat_result) -> None:
        for is_kind, reason in _KINDS:
            if is_kind(state.st_mode):
                raise BadInput(reason, where=self.name)

    def read_at(self, offset: int, size: int) -> bytes:
        """Bytes at an offset, without moving the file's own position.

        Args:
            offset: in bytes.
            size: in bytes; fewer come back at the end of the file.

        Raises:
            BadInput: when the disk cannot be read.
        """
        try:
            return os.pread(self.descriptor, size, offset)
        except OSError as error:
            raise BadInput(f"cannot be read: {_words(error)}", where=self.name) from error

    def hash_until(self, offset: int) -> None:
        """Take the bytes up to an offset into the file's SHA-256, while they are still in memory."""
        offset = min(offset, self.size)
        while self._hashed < offset:
            piece = self.read_at(self._hashed, min(_HASH_STEP, offset - self._hashed))
            if not piece:
                raise BadInput("became shorter while it was read; give a file at rest", where=self.name)
            self._hash.update(piece)
            self._hashed += len(piece)

    def finish_hash(self) -> str:
        """SHA-256 of the whole file, in hexadecimal.

        Raises:
            BadInput: when the file has changed since it was opened: then samples and hash
                would not belong together.
        """
        self.hash_until(self.size)
        now = os.fstat(self.descriptor)
        if (now.st_size, now.st_mtime_ns) != (self._state.st_size, self._state.st_mtime_ns):
            raise BadInput("changed while it was read; give a file at rest", where=self.name)
        return self._hash.hexdigest()

    def close(self) -> None:
        """Give the descriptor back; harmless when done twice."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> OpenedFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _words(error: OSError) -> str:
    if error.errno == errno.EACCES:
        return "no permission to read it"
    return (error.strerror or str(error)).lower()
