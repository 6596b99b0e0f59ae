"""Whisper's log-mel spectrogram as an encoder of its own: needs no weights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np

from earwitness.audio.resample import resample
from earwitness.encoders.catalogue import Entry
from earwitness.encoders.chunking import SAMPLE_RATE, WHISPER, chunks
from earwitness.encoders.log_mel import Normalise, log_mel
from earwitness.errors import BadInput


class LogMelEncoder:
    """Log-mel frames at 50 Hz: the mean of two neighbours of Whisper's 100 Hz.

    Args:
        normalise: `rms` brings every chunk to one level first.

    Example:
        >>> LogMelEncoder().encode([np.zeros(16_000, np.float32)], 16_000)[0].shape
        (50, 80)
    """

    name, sample_rate, dimension, frame_rate = "log-mel", SAMPLE_RATE, 80, 50.0
    layers: tuple[int, ...] = ()
    policy, precision = "cropped", "fp32"
    chunking, threads = WHISPER, 1

    def __init__(self, normalise: Normalise = "none") -> None:
        self.normalise: Normalise = normalise
        self.revision = "1" if normalise == "none" else f"1+{normalise}"

    def encode(self, waveforms: Sequence[np.ndarray], sample_rate: int) -> list[np.ndarray]:
        """Frames of whole recordings, `(frames, 80)` each; the chunks are those of Whisper."""
        given = []
        for waveform in waveforms:
            samples = resample(np.asarray(waveform, np.float32), sample_rate, SAMPLE_RATE)
            parts = [
                self._frames(samples[place.start : place.end])[place.frames] for place in chunks(len(samples))
            ]
            given.append(np.concatenate([np.zeros((0, self.dimension), np.float32), *parts]))
        return given

    def submit(self, samples: np.ndarray) -> Future[np.ndarray]:
        """Frames of one chunk, `(1, frames, 80)`, at once."""
        done: Future[np.ndarray] = Future()
        done.set_result(self._frames(samples)[None])
        return done

    def _frames(self, samples: np.ndarray) -> np.ndarray:
        mel = log_mel(samples, bands=self.dimension, normalise=self.normalise)
        even = mel[:, : mel.shape[1] // 2 * 2]
        return np.ascontiguousarray(even.reshape(len(mel), -1, 2).mean(axis=2, dtype=np.float32).T)


def load_log_mel(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - one thread suffices
    normalise: Normalise = "none",
) -> LogMelEncoder:
    """The log-mel encoder.

    Raises:
        BadInput: when weights or layers are asked for.
    """
    if weights is not None or layers is not None:
        raise BadInput("has neither weights nor layers", where=entry.name)
    return LogMelEncoder(normalise)
