"""Read a file through libsndfile, block by block, as mono float32."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import soundfile

from earwitness.audio import container
from earwitness.audio.opened_file import FileInfo, OpenedFile
from earwitness.audio.recording import Samples
from earwitness.errors import BadInput

# Floats (frames times channels) read at once: bounds memory whatever the number of channels.
_READ = 1 << 18
# A pad byte or half a frame that a careless writer counted: forgiven, in bytes.
_SPARE_BYTES = 64
# An MP3 with a length header may still lack the decoder's own delay.
_SPARE_MPEG_FRAMES = 2 * 1152 + 529


class SndfileReader:
    """A file that libsndfile reads.

    Args:
        file: opened; stays the caller's to close.

    Raises:
        BadInput: when it is not audio, its header is damaged, or data it declares are missing.
    """

    def __init__(self, file: OpenedFile) -> None:
        self._file = file
        self._mpeg = not file.head.startswith((b"RIFF", b"fLaC", b"OggS", b"FORM", b".snd"))
        if file.head[:2] == b"\xf0\x7e":
            # libsndfile would print each wrong checksum to standard output, where our JSON goes.
            raise BadInput("is a MIDI sample dump, not a recording", where=file.name)
        layout: dict[str, Any] = {}
        if container.is_gsm(file.head, file.size):
            layout = {"format": "RAW", "subtype": "GSM610", "samplerate": 8000, "channels": 1}
        os.lseek(file.descriptor, 0, os.SEEK_SET)
        try:
            with _silence(self._mpeg):
                self._sound = soundfile.SoundFile(file.descriptor, closefd=False, **layout)
        except (soundfile.SoundFileError, ValueError, TypeError) as error:
            raise BadInput(_refusal(file, error), where=file.name) from error
        sound = self._sound
        self._mpeg = sound.subtype.startswith("MPEG")
        self.declared: int | None = sound.frames
        if self._mpeg and not container.has_length(_first_mpeg_frame(file)):
            self.declared = None
        self.info = FileInfo(
            "GSM" if layout else sound.format,
            sound.subtype,
            sound.samplerate,
            sound.channels,
            sound.frames / max(1, sound.samplerate),
        )
        end = container.declared_end(file.read_at, file.size)
        if end is not None and end - file.size > _SPARE_BYTES:
            self.close()
            raise BadInput(
                f"is cut off: its header declares {end} bytes, {file.size} are there; give the complete file",
                where=file.name,
            )

    def blocks(self) -> Iterator[Samples]:
        """All samples in order, mono (the mean of the channels), `(samples,)` each.

        Raises:
            BadInput: when the data are damaged, or fewer than declared.
        """
        channels = self.info.channels
        frames = max(1, _READ // channels)
        done = 0
        while True:
            try:
                with _silence(self._mpeg):
                    block = self._sound.read(frames, dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
                raise BadInput(
                    f"is damaged or cut off after {done / self.info.sample_rate:.2f} s ({_words(error)})",
                    where=self._file.name,
                ) from error
            if not len(block):
                break
            done += len(block)
            yield mono(block)
        spare = _SPARE_MPEG_FRAMES if self._mpeg else 0
        if self.declared is not None and done < self.declared - spare:
            rate = self.info.sample_rate
            raise BadInput(
                f"is cut off: it declares {self.declared / rate:.2f} s, {done / rate:.2f} s are there;"
                " give the complete file",
                where=self._file.name,
            )

    def close(self) -> None:
        """Let libsndfile go of the file."""
        with _silence(self._mpeg):
            self._sound.close()


def mono(frames: Samples) -> Samples:
    """Mean of the channels, added up in their order so that it is the same on every machine.

    Args:
        frames: `(samples, channels)`.

    Returns:
        `(samples,)` float32.

    Example:
        >>> mono(np.array([[1.0, 0.0], [0.5, 0.5]], np.float32)).tolist()
        [0.5, 0.5]
    """
    if frames.shape[1] == 1:
        return np.ascontiguousarray(frames[:, 0], dtype=np.float32)
    total = frames[:, 0].astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):  # Inf and NaN are found and refused further on
        for channel in range(1, frames.shape[1]):
            total += frames[:, channel]
    total /= np.float32(frames.shape[1])
    return total


def _first_mpeg_frame(file: OpenedFile) -> bytes:
    start = 0
    if file.head[:3] == b"ID3" and len(file.head) >= 10:
        size = 0
        for byte in file.head[6:10]:
            size = size << 7 | byte & 0x7F
        start = 10 + size
    return file.read_at(start, 256)


def _words(error: Exception) -> str:
    said = getattr(error, "error_string", None) or str(error)
    said = " ".join(said.removeprefix("Error : ").split()).rstrip(".")
    return f"libsndfile: {said or 'no reason given'}"


def _refusal(file: OpenedFile, error: Exception) -> str:
    if container.is_text(file.head):
        return "is text, not audio"
    if container.known(file.head):
        return f"cannot be read as audio: its header is damaged or cut off ({_words(error)})"
    return f"is not audio of a kind that can be read ({_words(error)})"


_silences = threading.Lock()
_silenced = 0
_saved = -1


@contextlib.contextmanager
def _silence(wanted: bool) -> Iterator[None]:
    # libsndfile's MP3 decoder prints its warnings straight to descriptor 2 and has no switch for it;
    # counted, so that threads may overlap.
    global _silenced, _saved
    if not wanted:
        yield
        return
    with _silences:
        _silenced += 1
        if _silenced == 1:
            with contextlib.suppress(OSError):
                _saved = os.dup(2)
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 2)
                os.close(nowhere)
    try:
        yield
    finally:
        with _silences:
            _silenced -= 1
            if _silenced == 0 and _saved >= 0:
                os.dup2(_saved, 2)
                os.close(_saved)
                _saved = -1
