"""An encoder that hears one recording at a time: no company, so nothing that company could change."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from earwitness.audio.resample import resample
from earwitness.encoders.catalogue import Entry
from earwitness.encoders.finite import finite

LONGEST = 30 * 16_000
"""Samples that a network for vectors hears at once; of a longer recording it hears equal parts."""


class OneByOne:
    """A function on samples as an encoder.

    Args:
        entry: of the catalogue.
        revision: changes whenever the values may change.
        hear: `(samples,)` float32 at the entry's rate -> `(frames, dimension)` or `(dimension,)`.
        dimension: where the catalogue does not know it.

    Example:
        >>> from earwitness.encoders.catalogue import entry
        >>> encoder = OneByOne(entry("log-mel"), "1", lambda samples: np.zeros((2, 80), np.float32))
        >>> encoder.encode([np.zeros(16_000)], 16_000)[0].shape
        (2, 80)
    """

    layers: tuple[int, ...] = ()
    policy, precision = "cropped", "fp32"

    def __init__(
        self,
        entry: Entry,
        revision: str,
        hear: Callable[[np.ndarray], np.ndarray],
        *,
        dimension: int | None = None,
    ) -> None:
        self.name, self.revision = entry.name, revision
        self.sample_rate, self.frame_rate = entry.sample_rate, entry.frame_rate
        self.dimension = entry.dimension if dimension is None else dimension
        self._hear = hear

    def encode(self, waveforms: Sequence[np.ndarray], sample_rate: int) -> list[np.ndarray]:
        """Encode whole recordings.

        Args:
            waveforms: each of shape `(samples,)`, float, full scale 1.
            sample_rate: of all of them, in Hz.

        Returns:
            `(frames, dimension)` or `(dimension,)` of each, float32.

        Raises:
            BadInput: when a value is NaN or infinite.
        """
        given = []
        for waveform in waveforms:
            samples = resample(np.asarray(waveform, np.float32), sample_rate, self.sample_rate)
            given.append(finite(np.asarray(self._hear(samples), np.float32), self.name))
        return given


def in_parts(
    hear: Callable[[np.ndarray], np.ndarray], *, longest: int = LONGEST
) -> Callable[[np.ndarray], np.ndarray]:
    """A function for vectors that hears long recordings in constant memory.

    A recording longer than `longest` is cut into equal parts, and the vector is the mean of
    theirs. The alternative, one pass over the whole, takes memory with the length and hears more
    than the networks were trained on.

    Args:
        hear: `(samples,)` -> `(dimension,)`.
        longest: samples of a part at most.

    Example:
        >>> in_parts(lambda samples: np.array([len(samples)]), longest=10)(np.zeros(25)).tolist()
        [8.333333333333334]
    """

    def heard(samples: np.ndarray) -> np.ndarray:
        count = max(1, -(-len(samples) // longest))
        if count == 1:
            return hear(samples)
        edges = np.arange(count + 1) * len(samples) // count
        parts = [hear(samples[first:last]) for first, last in itertools.pairwise(edges)]
        return np.mean(parts, axis=0)

    return heard
