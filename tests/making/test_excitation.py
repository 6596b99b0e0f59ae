from __future__ import annotations

import numpy as np
import pytest

from earwitness.making.excitation import excite, pitch


@pytest.mark.parametrize("hertz", [80, 120, 200, 330])
def test_pitch_of_a_pulse_train(hertz: int) -> None:
    samples = np.zeros(16_000)
    samples[:: 16_000 // hertz] = 1
    found = pitch(np.convolve(samples, np.hanning(20), "same"), 16_000, 160)
    assert np.median(found[5:-5]) == pytest.approx(16_000 / (16_000 // hertz), rel=0.02)


def test_noise_and_silence_have_no_pitch() -> None:
    noise = np.random.default_rng(0).standard_normal(16_000)
    assert (pitch(noise, 16_000, 160) > 0).mean() < 0.1
    assert not pitch(np.zeros(4000), 16_000, 160).any()


def test_excitation_has_unit_power_voiced_and_unvoiced() -> None:
    hertz = np.array([0.0] * 100 + [150.0] * 100)
    driven = excite(hertz, 16_000, 160, 32_000, np.random.default_rng(0), 0.0)
    assert np.mean(driven[:15_000] ** 2) == pytest.approx(1, rel=0.1)
    assert np.mean(driven[17_000:] ** 2) == pytest.approx(1, rel=0.1)
    assert np.count_nonzero(driven[17_000:]) == pytest.approx(150 * 15_000 / 16_000, abs=3)


def test_excitation_without_any_voice_is_noise() -> None:
    driven = excite(np.zeros(10), 16_000, 160, 1600, np.random.default_rng(0), 0.1)
    assert np.array_equal(driven, np.random.default_rng(0).standard_normal(1600))
