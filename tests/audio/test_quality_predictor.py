from __future__ import annotations

import numpy as np
import pytest

from earwitness.audio.quality import quality, windows
from earwitness.audio.quality_predictor import DnsmosQuality, SignalQuality

RNG = np.random.default_rng(0)
GATE = np.repeat(np.arange(20) % 2, 1600).astype(np.float32)
BURSTS = (0.1 * GATE * RNG.standard_normal(32_000)).astype(np.float32)


def noisy(level: float) -> np.ndarray:
    return (BURSTS + level * RNG.standard_normal(32_000)).astype(np.float32)


def test_dnsmos_gives_the_overall_value() -> None:
    assert DnsmosQuality().predict(BURSTS) == quality(windows(BURSTS))[2]


def test_the_proxy_falls_with_noise_clipping_and_a_narrow_band() -> None:
    predict = SignalQuality().predict
    values = [predict(noisy(level)) for level in (0.0003, 0.003, 0.03)]
    assert values == sorted(values, reverse=True)
    assert all(1 <= value <= 5 for value in values)
    clean = noisy(0.0003)
    assert predict(np.clip(clean, -0.08, 0.08)) < values[0] - 0.5
    spectrum = np.fft.rfft(clean)
    spectrum[6_000:] = 0
    assert predict(np.fft.irfft(spectrum).astype(np.float32)) < values[0]


@pytest.mark.parametrize("samples", [np.zeros(16_000, np.float32), np.zeros(1, np.float32)])
def test_the_proxy_of_silence_is_the_lowest(samples: np.ndarray) -> None:
    assert SignalQuality().predict(samples) == 1.0
