"""Which values the samples take: the trace of 8-bit and of companded (G.711) recording."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from earwitness.audio.recording import Samples

_GRID = 32768
_COARSE = 256
_ENOUGH = 24  # fewer distinct values than this say nothing


@functools.cache
def mu_law_values() -> frozenset[int]:
    """The 16-bit values that G.711 mu-law decodes to.

    Example:
        >>> max(mu_law_values()), len(mu_law_values())
        (32124, 255)
    """
    code = np.arange(128)
    magnitude = (((code & 15) << 3) + 132 << (code >> 4)) - 132
    return frozenset(magnitude.tolist()) | frozenset((-magnitude).tolist())


@functools.cache
def a_law_values() -> frozenset[int]:
    """The 16-bit values that G.711 A-law decodes to.

    Example:
        >>> max(a_law_values()), len(a_law_values())
        (32256, 256)
    """
    code = np.arange(128)
    exponent, mantissa = code >> 4, code & 15
    low = (mantissa << 4) + 8
    magnitude = np.where(exponent == 0, low, (low + 256) << np.maximum(exponent - 1, 0))
    return frozenset(magnitude.tolist()) | frozenset((-magnitude).tolist())


class ValueMeter:
    """Collect the distinct sample values while they are few.

    Example:
        >>> meter = ValueMeter()
        >>> meter.update((np.arange(-100, 100) / 128).astype(np.float32))
        >>> meter.coarse, meter.words()
        (True, '8-bit quantisation')
    """

    def __init__(self) -> None:
        self._seen: npt.NDArray[np.bool_] | None = np.zeros(2 * _GRID + 1, dtype=bool)

    def update(self, samples: Samples) -> None:
        """Take in the next samples.

        Args:
            samples: `(samples,)`.
        """
        if self._seen is None:
            return
        steps = samples * np.float32(_GRID)
        whole = np.rint(steps)
        if not np.array_equal(steps, whole) or (len(whole) and np.abs(whole).max() > _GRID):
            self._seen = None  # not on the 16-bit grid: resampled, decoded from a lossy codec, or finer
            return
        self._seen[whole.astype(np.int32) + _GRID] = True
        if np.count_nonzero(self._seen) > _COARSE:
            self._seen = None

    @property
    def coarse(self) -> bool:
        """Are there at most 256 distinct values, and enough to say so?"""
        return self._seen is not None and int(np.count_nonzero(self._seen)) >= _ENOUGH

    def words(self) -> str | None:
        """What the values betray, or `None`."""
        if not self.coarse:
            return None
        assert self._seen is not None
        values = np.flatnonzero(self._seen) - _GRID
        # Eight bits either way; an 8-bit grid and a companded one share few values.
        if not np.any(values % 256):
            return "8-bit quantisation"
        found = set(values.tolist())
        if found <= mu_law_values():
            return "G.711 mu-law companding"
        if found <= a_law_values():
            return "G.711 A-law companding"
        return None
