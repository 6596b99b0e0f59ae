"""Which encoder frames are speech, decided while the recording arrives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from earwitness.audio.activity import HOP_SECONDS, speech_segments

_SETTLED = 0.5
"""Seconds after which a value of the speech activity can no longer change what lies before it: more
than its shortest speech, shortest gap and padding together."""
_CONTEXT = 256
"""Values of the speech activity (8 s) looked at before those to be decided, to know whether speech
was going on."""


class SpeechMask:
    """Speech probabilities in, a mask over encoder frames out.

    A frame is speech when its middle lies in a stretch of speech (`audio.activity`).

    Args:
        frame_rate: of the encoder, in Hz.

    Example:
        >>> mask = SpeechMask(50.0)
        >>> mask.push(np.ones(100, np.float32))
        >>> mask.decided
        135
    """

    def __init__(self, frame_rate: float) -> None:
        self._rate = frame_rate
        self._values = np.zeros(0, np.float32)
        self._taken = 0
        self._ended = False

    @property
    def values(self) -> npt.NDArray[np.float32]:
        """Speech probabilities so far, one for each 32 ms."""
        return self._values

    def push(self, probabilities: npt.NDArray[np.float32]) -> None:
        """Take the next speech probabilities, one for each 32 ms."""
        self._values = np.concatenate([self._values, probabilities])

    def finish(self) -> None:
        """The recording has ended: every frame can be decided."""
        self._ended = True

    @property
    def decided(self) -> int:
        """Frames from the start whose mask is known."""
        settled = len(self._values) * HOP_SECONDS - (0.0 if self._ended else _SETTLED)
        # Beyond the last value of an ended recording nothing is speech, so any frame can be asked for.
        return np.iinfo(np.int64).max if self._ended else max(0, int(settled * self._rate))

    def take(self, frames: int) -> npt.NDArray[np.bool_]:
        """Mask of the next frames.

        Args:
            frames: how many; no more than are decided.

        Returns:
            Shape `(frames,)`, true = speech.
        """
        first, last = self._taken, self._taken + frames
        if last > self.decided:
            raise ValueError(f"asked for {last} frames where {self.decided} are decided")
        self._taken = last
        begin = max(0, int(first / self._rate / HOP_SECONDS) - _CONTEXT)
        end = int(np.ceil((last / self._rate + _SETTLED) / HOP_SECONDS)) + 1
        # Rounded, because a border often lies exactly on a middle, and must fall the same way from anywhere.
        middles = np.round((np.arange(first, last) + 0.5) / self._rate, 6)
        mask = np.zeros(frames, bool)
        for start, stop in speech_segments(self._values[begin:end]):
            borders = np.round([start + begin * HOP_SECONDS, stop + begin * HOP_SECONDS], 6)
            inside = np.searchsorted(middles, borders)
            mask[inside[0] : inside[1]] = True
        return mask

    def seconds(self, duration: float) -> float:
        """Speech in the whole recording, in seconds.

        Args:
            duration: of the recording, in seconds; the last stretch ends with it.
        """
        return sum(max(0.0, min(end, duration) - start) for start, end in speech_segments(self._values))
