"""Clipping: flat tops at a recording's own ceiling, wherever that ceiling lies.

Full scale is the wrong place to look: a clipped call that is turned down afterwards is still clipped,
and a loud recording that just touches full scale is not. A flat top is three equal samples or
more at the highest (or lowest) value of the whole recording, left by a step larger than
quantisation explains.
"""

from __future__ import annotations

import numpy as np

from earwitness.audio.recording import Samples

_SHORTEST = 3
# A step away from the top that no rounding makes: in 16-bit audio, and in coarsely quantised audio
# (8 bits, G.711), where neighbours lie up to 1/32 of the top apart.
_FINE_STEP = 1.5 / 32768
_COARSE_STEP = 0.05
# Below this ceiling a signal is a few steps high, and flat for that reason alone.
_LOWEST_CEILING = 64 / 32768


def flat_tops(samples: Samples, ceiling: float) -> tuple[int, int]:
    """Samples in flat runs at a ceiling.

    Args:
        samples: `(samples,)`.
        ceiling: value of the top.

    Returns:
        How many samples lie in runs left by more than a fine step, and by more than a coarse step.

    Example:
        >>> flat_tops(np.array([0, 0.5, 0.9, 0.9, 0.9, 0.4], np.float32), 0.9)
        (3, 3)
    """
    at = np.flatnonzero(samples >= np.float32(ceiling))
    if len(at) < _SHORTEST:
        return 0, 0
    breaks = np.flatnonzero(np.diff(at) > 1) + 1
    first = at[np.concatenate([[0], breaks])]
    last = at[np.concatenate([breaks, [len(at)]]) - 1]
    length = last - first + 1
    before = samples[np.maximum(first - 1, 0)]
    after = samples[np.minimum(last + 1, len(samples) - 1)]
    step = ceiling - np.minimum(before, after)
    long = length >= _SHORTEST
    fine = int(length[long & (step > _FINE_STEP)].sum())
    return fine, int(length[long & (step > _COARSE_STEP * ceiling)].sum())


class ClippingMeter:
    """Count flat tops block by block; a higher peak starts the count anew.

    Example:
        >>> meter = ClippingMeter()
        >>> wave = np.sin(np.arange(16000) / 10).astype(np.float32)
        >>> meter.update(np.clip(wave, -0.5, 0.5))
        >>> 0.6 < meter.share(coarse=False) < 0.7
        True
    """

    def __init__(self) -> None:
        self._ceilings = [0.0, 0.0]
        self._counts = [(0, 0), (0, 0)]
        self._samples = 0

    def update(self, samples: Samples) -> None:
        """Take in the next samples.

        Args:
            samples: `(samples,)`; a run cut by the border of two blocks counts as two.
        """
        if not len(samples):
            return
        self._samples += len(samples)
        for side, (top, turned) in enumerate(((samples.max(), 1), (-samples.min(), -1))):
            if top < self._ceilings[side] or top <= 0:
                continue
            fine, coarse = flat_tops(samples if turned == 1 else -samples, float(top))
            if top > self._ceilings[side]:
                self._ceilings[side] = float(top)
                self._counts[side] = (fine, coarse)
            else:
                self._counts[side] = (self._counts[side][0] + fine, self._counts[side][1] + coarse)

    def share(self, *, coarse: bool) -> float:
        """Share of the samples that are clipped, 0 to 1.

        Args:
            coarse: whether the recording has so few distinct values that rounding alone makes
                flat tops.
        """
        clipped = sum(
            count[coarse]
            for count, ceiling in zip(self._counts, self._ceilings, strict=True)
            if ceiling >= _LOWEST_CEILING
        )
        return clipped / self._samples if self._samples else 0.0
