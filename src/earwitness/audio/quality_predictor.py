"""Predictors of listening quality that need no listener and no clean reference, behind one interface."""

from __future__ import annotations

import math
from typing import Protocol

from earwitness.audio.opened_file import FileInfo
from earwitness.audio.properties import PropertyMeter
from earwitness.audio.quality import quality, windows
from earwitness.audio.recording import Samples

_RATE = 16_000
# Where each factor of the proxy is 0 and 1; our choice, only its order of recordings means something.
_SNR_DB = (0.0, 40.0)
_BANDWIDTH_HZ = (500.0, 7_500.0)
_CLIPPED = 0.02  # at which share of clipped samples the factor has fallen to 1/e


class QualityPredictor(Protocol):
    """Gives a recording a number for how good it sounds, about 1 (bad) to 5 (excellent)."""

    @property
    def name(self) -> str:
        """By which a corpus and a command call it."""
        ...

    def predict(self, samples: Samples) -> float:
        """Quality of one recording, higher = better.

        Args:
            samples: `(samples,)` at 16 kHz, at least one.
        """
        ...


class DnsmosQuality:
    """Overall quality by DNSMOS P.835 (see `earwitness.audio.quality`).

    Example:
        >>> import numpy as np
        >>> noise = 0.1 * np.random.default_rng(0).standard_normal(16000).astype(np.float32)
        >>> DnsmosQuality().predict(noise) < 2
        True
    """

    name = "dnsmos"

    def predict(self, samples: Samples) -> float:
        """Mean of the overall value over at most eight windows of 9.01 s."""
        return quality(windows(samples))[2]


class SignalQuality:
    """A proxy from the signal alone: level over the noise floor, bandwidth, clipping; no mean opinion score.

    It is 1 + 4 times the geometric mean of three factors from 0 to 1. Use quantiles, not thresholds of a
    paper, to make classes of it.

    Example:
        >>> import numpy as np
        >>> wave = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
        >>> wave[:8000] *= 0.001
        >>> SignalQuality().predict(0.1 * wave) > SignalQuality().predict(np.clip(wave, -0.2, 0.2))
        True
    """

    name = "signal"

    def predict(self, samples: Samples) -> float:
        """1 to 5; 1 for digital silence."""
        meter = PropertyMeter(FileInfo("", "", _RATE, 1, len(samples) / _RATE))
        meter.update(samples)
        found = meter.result()
        if found.snr_db is None or found.bandwidth_hz is None:
            return 1.0
        clear = _within(found.snr_db, *_SNR_DB)
        wide = _within(math.log(max(found.bandwidth_hz, 1.0)), *map(math.log, _BANDWIDTH_HZ))
        whole = math.exp(-found.clipped / _CLIPPED)
        return 1 + 4 * math.cbrt(clear * wide * whole)


def _within(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0)
