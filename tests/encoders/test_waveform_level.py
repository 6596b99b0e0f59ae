from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import Wav2Vec2FeatureExtractor

from earwitness.encoders.waveform_level import RMS, level


def noise(samples: int = 4000, scale: float = 0.1) -> np.ndarray:
    return (scale * np.random.default_rng(0).standard_normal(samples) + 0.01).astype(np.float32)


def test_unit_is_that_of_the_hubs_processor() -> None:
    for samples in (noise(), noise(scale=1e-4)):
        theirs = Wav2Vec2FeatureExtractor(do_normalize=True)(samples, sampling_rate=16_000).input_values[0]
        np.testing.assert_allclose(level(samples, "unit"), theirs, atol=1e-5)


@given(st.floats(0.1, 10), st.sampled_from(["rms", "unit", "peak"]))
def test_a_level_makes_gain_matter_not(gain: float, how: str) -> None:
    samples = noise()
    given, loud = level(samples, how), level(samples * np.float32(gain), how)  # type: ignore[arg-type]
    np.testing.assert_allclose(loud, given, atol=2e-3)


def test_what_each_level_says() -> None:
    samples = noise()
    assert level(samples, "none") is samples
    assert np.abs(level(samples, "peak")).max() == pytest.approx(1)
    assert np.sqrt(np.mean(level(samples, "rms") ** 2)) == pytest.approx(RMS, rel=1e-5)
    silence = np.zeros(10, np.float32)
    for how in ("none", "rms", "unit", "peak"):
        np.testing.assert_array_equal(level(silence, how), silence)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="none, rms, unit or peak"):
        level(samples, "loud")  # type: ignore[arg-type]
