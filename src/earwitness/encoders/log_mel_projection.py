"""Statistics of the log-mel spectrogram, brought to any dimension by a fixed random projection.

For tests and teaching: a vector of the size of any foundation model's, without weights, the same on
every machine.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence

import numpy as np

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.log_mel_encoder import LogMelEncoder
from earwitness.encoders.one_by_one import OneByOne
from earwitness.errors import BadInput

SEED = 20_240_601
"""Of the projection."""


def log_mel_statistics(frames: np.ndarray) -> np.ndarray:
    """Mean and standard deviation over time of the frames and of their steps from one to the next.

    Args:
        frames: `(frames, bands)`.

    Returns:
        `(4 * bands,)`; zeros where there are too few frames.

    Example:
        >>> log_mel_statistics(np.array([[1.0], [3.0]])).tolist()
        [2.0, 1.0, 2.0, 0.0]
    """
    steps = np.diff(frames, axis=0)
    parts = [(part.mean(axis=0), part.std(axis=0)) if len(part) else (0, 0) for part in (frames, steps)]
    bands = frames.shape[1]
    return np.concatenate([np.broadcast_to(value, bands) for pair in parts for value in pair])


@functools.lru_cache(maxsize=8)
def projection(inputs: int, outputs: int, seed: int = SEED) -> np.ndarray:
    """A matrix of signs that keeps distances, but for a few per cent.

    The signs are the bits of Philox itself: numpy guarantees them for ever, which it does not of
    its normal distribution.

    Args:
        inputs: dimension of what is projected.
        outputs: dimension of the result.
        seed: of the signs.

    Returns:
        `(inputs, outputs)`, float64, every entry +-1 / sqrt(outputs).

    References:
        Achlioptas: Database-friendly random projections. PODS 2001.

    Example:
        >>> bool(np.all(np.abs(projection(3, 4)) == 0.5))
        True
    """
    words = np.random.Philox(key=seed).random_raw(-(-inputs * outputs // 64))
    bits = np.unpackbits(words.astype("<u8").view(np.uint8), bitorder="little")[: inputs * outputs]
    return (bits.reshape(inputs, outputs) * 2.0 - 1.0) / np.sqrt(outputs)


def load_projection(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - one thread suffices
) -> OneByOne:
    """Log-mel statistics in the dimension that the name says (`log-mel-projection-1024`).

    Raises:
        BadInput: when weights or layers are asked for.
    """
    if weights is not None or layers is not None:
        raise BadInput("has neither weights nor layers", where=entry.name)
    frames = LogMelEncoder()

    def hear(samples: np.ndarray) -> np.ndarray:
        statistics = log_mel_statistics(frames.encode([samples], entry.sample_rate)[0].astype(np.float64))
        return statistics @ projection(len(statistics), entry.dimension)

    return OneByOne(entry, "1", hear)
