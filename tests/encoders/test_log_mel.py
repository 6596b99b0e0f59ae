from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import WhisperFeatureExtractor

from earwitness.encoders.log_mel import log_mel, mel_bands
from earwitness.encoders.waveform_level import RMS


def clip(seed: int, samples: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (0.2 * np.sin(np.arange(samples) / 900) ** 2 * rng.standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize("bands", [80, 128])
@pytest.mark.parametrize("samples", [480_000, 50_000, 3_200])
def test_agrees_with_transformers(bands: int, samples: int) -> None:
    samples_16k = clip(1, samples)
    reference = WhisperFeatureExtractor(feature_size=bands)(
        samples_16k, sampling_rate=16_000, return_tensors="np", padding=False
    )["input_features"][0]
    ours = log_mel(samples_16k, bands=bands)
    assert ours.shape == (bands, samples // 160)
    assert np.abs(ours - reference[:, : ours.shape[1]]).max() < 1e-4


@given(st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_any_length_gives_finite_frames(samples: int) -> None:
    found = log_mel(clip(0, samples))
    assert found.shape == (80, samples // 160)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


@given(st.floats(0.01, 100))
@settings(max_examples=20, deadline=None)
def test_rms_makes_level_matter_not(gain: float) -> None:
    samples = clip(2, 20_000)
    loud = log_mel(samples * np.float32(gain), normalise="rms")
    np.testing.assert_allclose(loud, log_mel(samples, normalise="rms"), atol=2e-4)


def test_rms_is_what_it_says() -> None:
    samples = clip(3, 16_000)
    at_level = samples * np.float32(RMS / np.sqrt(np.mean(samples.astype(float) ** 2)))
    np.testing.assert_allclose(log_mel(samples, normalise="rms"), log_mel(at_level), atol=1e-5)


def test_silence_is_not_raised() -> None:
    silence = np.zeros(16_000, np.float32)
    np.testing.assert_array_equal(log_mel(silence, normalise="rms"), log_mel(silence))


def test_filters_have_area_one() -> None:
    areas = mel_bands(40, window=8000).sum(axis=1) * 2
    np.testing.assert_allclose(areas, 1, rtol=0.02)


def test_refuses_what_it_cannot_read() -> None:
    with pytest.raises(ValueError, match="shape"):
        log_mel(np.zeros((2, 100)))
    with pytest.raises(ValueError, match="a level is"):
        log_mel(np.zeros(100), normalise="loud")  # type: ignore[arg-type]
