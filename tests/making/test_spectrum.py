from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.making.spectrum import frames_of, istft, mel_bands, minimum_phase, overlap_add, stft


@settings(max_examples=25, deadline=None)
@given(length=st.integers(1, 5000), size=st.sampled_from([128, 512]), parts=st.sampled_from([2, 4, 8]))
def test_the_inverse_gives_back_what_went_in(length: int, size: int, parts: int) -> None:
    samples = np.random.default_rng(length).standard_normal(length)
    back = istft(stft(samples, size, size // parts), size, size // parts, length)
    assert np.allclose(back, samples, atol=1e-9)


def test_frames_are_centred() -> None:
    samples = np.zeros(100)
    samples[40] = 1
    assert frames_of(samples, 16, 8)[5, 8] == 1


@settings(max_examples=20, deadline=None)
@given(length=st.integers(1, 900), hop=st.sampled_from([4, 8]))
def test_overlap_add_sums_each_sample_size_over_hop_times(length: int, hop: int) -> None:
    samples = np.random.default_rng(0).standard_normal(length)
    total = overlap_add(frames_of(samples, 16, hop), hop, length)
    assert np.allclose(total[8:-16], samples[8 : length - 16] * (16 // hop))


@pytest.mark.parametrize("count", [16, 40, 80, 128])
def test_no_mel_band_is_empty(count: int) -> None:
    bands = mel_bands(count, 512, 16_000)
    assert bands.shape == (count, 257)
    assert (bands.max(axis=1) > 0).all()
    assert (bands >= 0).all()


def test_minimum_phase_keeps_the_magnitude_and_puts_the_energy_first() -> None:
    envelope = np.exp(-np.linspace(0, 3, 257))[None] + 0.1
    response = minimum_phase(envelope)
    assert np.allclose(np.abs(response), envelope, rtol=1e-3)
    impulse = np.fft.irfft(response)[0]
    assert np.sum(impulse[:50] ** 2) > 0.99 * np.sum(impulse**2)
