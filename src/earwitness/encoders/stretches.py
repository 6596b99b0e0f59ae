"""Read stretches of recordings: short recordings at once, long ones piece by piece."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from earwitness.audio.decode import stream
from earwitness.audio.recording import Samples
from earwitness.audio.resample import Resampler, resample
from earwitness.errors import BadInput

LONG = 600.0
"""Seconds beyond which a recording is never in memory as a whole."""
_State = tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class LongStretch:
    """A stretch that is too long to be held: its samples come in blocks; `len` is how many they are.

    Args:
        path: of the file.
        first: sample at the file's own rate.
        last: one past the last sample.
        rate: of the file, in Hz.
        sample_rate: of the blocks, in Hz.
        state: of the file when its content was hashed.
    """

    path: str
    first: int
    last: int
    rate: int
    sample_rate: int
    state: _State

    def __len__(self) -> int:
        return round((self.last - self.first) * self.sample_rate / self.rate)

    def blocks(self) -> Iterator[Samples]:
        """The samples, `(samples,)` float32 each; joined, the same as of a stretch that is held.

        Raises:
            BadInput: when the file is no longer the one that was hashed.
        """
        resampler = Resampler(self.rate, self.sample_rate)
        for block in _between(self.path, self.first, self.last):
            yield resampler.update(block)
        yield resampler.finish()
        _refuse_changed(self.path, self.state)


class Recordings:
    """Files, one after another, and stretches of them.

    Args:
        hold: whether long recordings are held all the same, for encoders that hear them at once.
    """

    def __init__(self, *, hold: bool = False) -> None:
        self._longest = float("inf") if hold else LONG
        self._path = self.content = ""
        self._rate = self._count = 0
        self._state: _State = (0, 0, 0)
        self._whole: Samples | None = None
        self._window: _Window | None = None

    def open(self, path: str) -> tuple[str, os.stat_result] | None:
        """Go to another file.

        Args:
            path: of the file.

        Returns:
            Hash of its content and its state before it was read; `None` when it was open already.

        Raises:
            BadInput: when it cannot be read to its end.
            OSError: when it is not there.
        """
        if path == self._path:
            return None
        self._path, self._whole, self._window = "", None, None
        status = os.stat(path)  # noqa: PTH116 - of the path before it is read
        with stream(path, sample_rate=None) as blocks:
            held: list[Samples] = []
            for block in blocks:
                if blocks.native_samples <= self._longest * blocks.sample_rate:
                    held.append(block)
                else:
                    held.clear()
            self._rate, self._count = blocks.sample_rate, blocks.native_samples
            self.content = blocks.sha256
        self._whole = np.concatenate(held) if held else None
        self._state, self._path = _state(status), path
        return self.content, status

    def cut(self, start: float | None, end: float | None, sample_rate: int) -> Samples | LongStretch:
        """A stretch of the open file.

        Args:
            start: in seconds; `None` for the beginning. Of a long recording, stretches are best
                asked for in the order of their beginnings.
            end: in seconds; `None` for the end.
            sample_rate: wanted, in Hz.

        Raises:
            BadInput: when there is no such stretch.
        """
        first = 0 if start is None else round(start * self._rate)
        last = self._count if end is None else round(end * self._rate)
        if not 0 <= first < last <= self._count + self._rate // 100:
            raise BadInput(f"has no stretch from {start} to {end} s", where=self._path)
        last = min(last, self._count)
        if self._whole is not None:
            return resample(self._whole[first:last], self._rate, sample_rate)
        if last - first > self._longest * self._rate:
            return LongStretch(self._path, first, last, self._rate, sample_rate, self._state)
        if self._window is None or first < self._window.first:
            self._window = _Window(self._path)
        samples = self._window.cut(first, last)
        _refuse_changed(self._path, self._state)
        return resample(samples, self._rate, sample_rate)


class _Window:
    """What lies between the beginning of the last stretch and the end of the furthest one so far."""

    def __init__(self, path: str) -> None:
        self._blocks = iter(stream(path, sample_rate=None))
        self.first = self._end = 0
        self._held: list[Samples] = []

    def cut(self, first: int, last: int) -> Samples:
        while self._end < last:
            block = next(self._blocks, None)
            if block is None:
                break
            self._held.append(block)
            self._end += len(block)
            self._drop(first)
        self._drop(first)
        return np.concatenate(self._held)[first - self.first : last - self.first]

    def _drop(self, first: int) -> None:
        """Let go of blocks that end before a sample."""
        while self._held and self.first + len(self._held[0]) <= first:
            self.first += len(self._held.pop(0))


def _between(path: str, first: int, last: int) -> Iterator[Samples]:
    at = 0
    with stream(path, sample_rate=None) as blocks:
        for block in blocks:
            kept = block[max(0, first - at) : max(0, last - at)]
            at += len(block)
            if len(kept):
                yield kept
            if at >= last:
                return


def _state(status: os.stat_result) -> _State:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _refuse_changed(path: str, state: _State) -> None:
    if not Path(path).exists() or _state(Path(path).stat()) != state:
        raise BadInput("was changed while it was read", where=path)
