"""Resampling: a pass band that stays, a stop band that goes, no dependence on blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.audio.resample import Resampler, resample


def tone(frequency: float, rate: int) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(2 * rate) / rate).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000, 384000])
def test_tones(rate: int) -> None:
    inside = resample(tone(1000, rate), rate, 16000)
    assert len(inside) == 32000
    assert np.abs(inside - tone(1000, 16000))[1000:-1000].max() < 1e-4  # in phase, no delay
    if rate > 22050:
        assert np.abs(resample(tone(9000, rate), rate, 16000))[1000:-1000].max() < 1e-4


@settings(max_examples=30, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 20_000), max_size=8),
    rates=st.tuples(st.integers(100, 400_000), st.sampled_from([8000, 16000, 44100])),
)
def test_blocks_do_not_matter(cuts: list[int], rates: tuple[int, int]) -> None:
    sound = np.random.default_rng(0).standard_normal(20_000).astype(np.float32)
    resampler = Resampler(*rates)
    parts = [resampler.update(part) for part in np.split(sound, sorted(cuts))]
    assert np.array_equal(np.concatenate([*parts, resampler.finish()]), resample(sound, *rates))


def test_same_rate_is_the_same() -> None:
    assert np.array_equal(resample(tone(440, 16000), 16000, 16000), tone(440, 16000))
    assert len(resample(np.zeros(0, np.float32), 8000, 16000)) == 0
