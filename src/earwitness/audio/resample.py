"""Change of sample rate: one path, so that a stream and a whole recording agree bit for bit."""

from __future__ import annotations

import numpy as np
import soxr

from earwitness.audio.recording import Samples

# soxr's "HQ": 20-bit precision, pass band to 0.913 of the lower Nyquist frequency, linear phase.
_QUALITY = "HQ"


class Resampler:
    """Resample a stream block by block.

    The output depends on the samples alone, not on how they are cut into blocks.

    Args:
        from_rate: of what comes in, in Hz.
        to_rate: of what goes out, in Hz.

    Example:
        >>> resampler = Resampler(8000, 16000)
        >>> first = resampler.update(np.zeros(4000, np.float32))
        >>> len(first) + len(resampler.finish())
        8000
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        self._stream = None
        if from_rate != to_rate:
            self._stream = soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", quality=_QUALITY)

    def update(self, samples: Samples) -> Samples:
        """Take in samples; give those that are ready.

        Args:
            samples: `(samples,)` at the first rate.

        Returns:
            `(samples,)` at the second rate, possibly none yet.
        """
        if self._stream is None:
            return samples
        return self._stream.resample_chunk(np.ascontiguousarray(samples, dtype=np.float32))

    def finish(self) -> Samples:
        """The samples still held back; nothing may be taken in afterwards."""
        rest = np.zeros(0, dtype=np.float32)
        return rest if self._stream is None else self._stream.resample_chunk(rest, last=True)


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """Resample a whole recording.

    Args:
        samples: `(samples,)`, mono.
        from_rate: of the samples, in Hz.
        to_rate: wanted, in Hz.

    Returns:
        `(round(samples * to_rate / from_rate),)` float32, the same values as a stream gives.

    Example:
        >>> resample(np.zeros(44100, np.float32), 44100, 16000).shape
        (16000,)
    """
    resampler = Resampler(from_rate, to_rate)
    values = np.ascontiguousarray(samples, dtype=np.float32)
    if from_rate == to_rate:
        return values
    # A step bounds what soxr holds at once; the values do not depend on it.
    step = 1 << 16
    parts = [resampler.update(values[start : start + step]) for start in range(0, len(values), step)]
    return np.concatenate([*parts, resampler.finish()])
