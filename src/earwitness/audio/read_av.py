"""Read a file through PyAV (FFmpeg): m4a, webm, amr, video; needs the `av` extra."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from earwitness.audio.opened_file import FileInfo, OpenedFile
from earwitness.audio.read_sndfile import mono
from earwitness.audio.recording import Samples
from earwitness.errors import BadInput, MissingExtra, require

# Encoders pad and edit lists cut: a container's duration is trusted to this many seconds and share.
_SPARE_SECONDS = 0.25
_SPARE_SHARE = 0.01
_CONTAINERS = {"mov": "MP4", "mpegts": "MPEG-TS", "wv": "WAVPACK"}
_SCALES = {"u": 1 << 7, "s16": 1 << 15, "s32": 1 << 31, "s64": 1 << 63}


class AvReader:
    """The first audio track of a file that FFmpeg reads.

    Args:
        file: opened; stays the caller's to close.
        kind: name of the kind of file, for people.
        demuxer: FFmpeg's name of it; fixed by the content, so no playlist or address is followed.

    Raises:
        MissingExtra: without PyAV.
        BadInput: when the file is damaged or holds no audio track.
    """

    def __init__(self, file: OpenedFile, kind: str, demuxer: str) -> None:
        try:
            av = require("av", "av")
        except MissingExtra as missing:
            raise MissingExtra(f"is {kind} and {missing.reason}", where=file.name) from missing
        self._file = file
        self._error: Any = av.FFmpegError
        # Its own position in the file: the descriptor is shared with the hash, which does not move it.
        self._stream = os.fdopen(os.dup(file.descriptor), "rb")
        self._stream.seek(0)
        try:
            self._container = av.open(self._stream, format=demuxer)
        except (av.FFmpegError, ValueError, OSError) as error:
            self._stream.close()
            raise BadInput(f"cannot be read as {kind} ({_words(error)})", where=file.name) from error
        tracks = self._container.streams.audio
        if not tracks:
            self.close()
            raise BadInput("holds no audio track", where=file.name)
        self._track = tracks[0]
        context = self._track.codec_context
        if context is None or not context.sample_rate or not context.channels:
            self.close()
            raise BadInput("its audio track cannot be decoded: rate or codec unknown", where=file.name)
        self._length = _seconds(self._container, self._track)
        self.declared: int | None = None
        self.info = FileInfo(
            _CONTAINERS.get(demuxer, demuxer.upper()),
            context.name.upper(),
            context.sample_rate,
            context.channels,
            self._length or 0.0,
        )

    def blocks(self) -> Iterator[Samples]:
        """All samples in order, mono (the mean of the channels), `(samples,)` each.

        Raises:
            BadInput: when the data are damaged or fewer than declared, or rate or channels change.
        """
        rate, channels = self.info.sample_rate, self.info.channels
        done = 0
        try:
            for frame in self._container.decode(self._track):
                if frame.sample_rate != rate or frame.layout.nb_channels != channels:
                    raise BadInput(
                        f"changes its rate or channels after {done / rate:.2f} s; split it there",
                        where=self._file.name,
                    )
                done += frame.samples
                yield mono(_floats(frame, channels))
        except (self._error, ValueError, OSError) as error:
            raise BadInput(
                f"is damaged or cut off after {done / rate:.2f} s ({_words(error)})", where=self._file.name
            ) from error
        wanted = self._length or 0.0
        if done / rate < wanted - max(_SPARE_SECONDS, wanted * _SPARE_SHARE):
            raise BadInput(
                f"is cut off: it declares {wanted:.2f} s, {done / rate:.2f} s are there;"
                " give the complete file",
                where=self._file.name,
            )

    def close(self) -> None:
        """Let FFmpeg go of the file."""
        self._container.close()
        self._stream.close()


def _floats(frame: Any, channels: int) -> Samples:
    values = frame.to_ndarray()
    frames = values.T if frame.format.is_planar else values.reshape(-1, channels)
    name = frame.format.name.removesuffix("p")
    if name == "u8":
        return ((frames.astype(np.float32) - 128) / 128).astype(np.float32)
    if name in _SCALES:
        return (frames / _SCALES[name]).astype(np.float32)
    return frames.astype(np.float32)


def _seconds(source: Any, track: Any) -> float | None:
    if track.duration is not None and track.time_base is not None:
        return float(track.duration * track.time_base)
    return source.duration / 1e6 if source.duration and len(source.streams) == 1 else None


def _words(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return f"FFmpeg: {' '.join(str(said).split())}"
