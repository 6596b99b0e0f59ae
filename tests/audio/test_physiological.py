from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.audio.physiological import to_waveform
from earwitness.errors import BadInput


def heart(seconds: float, rate: int) -> np.ndarray:
    """Beats of 1 Hz on a slow drift."""
    time = np.arange(int(seconds * rate)) / rate
    return 0.2 * np.sin(0.3 * time) + np.exp(-(((time % 1) - 0.5) ** 2) / 2e-4)


@pytest.mark.parametrize("rate", [700, 2048])
def test_resample_keeps_the_seconds_and_relabel_the_samples(rate: int) -> None:
    signal = heart(10, rate)
    kept, relabelled = (to_waveform(signal, rate, mapping) for mapping in ("resample", "relabel"))
    assert abs(len(kept) - 160_000) <= 1
    assert len(relabelled) == len(signal)
    for waveform, fast in ((kept, 1.0), (relabelled, 16_000 / rate)):
        spectrum = np.abs(np.fft.rfft(waveform - waveform.mean()))
        share = np.cumsum(spectrum**2) / np.sum(spectrum**2)
        edge = np.fft.rfftfreq(len(waveform), 1 / 16_000)[np.searchsorted(share, 0.95)]
        assert 0.9 * edge / fast < 60
        assert edge > 5 * fast


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-3, 1e4), st.floats(-1e3, 1e3), st.sampled_from(["resample", "relabel"]))
def test_unit_and_offset_do_not_matter(gain: float, offset: float, mapping: str) -> None:
    signal = heart(2, 700)
    plain = to_waveform(signal, 700, mapping)
    other = to_waveform(gain * signal + gain * offset, 700, mapping)
    np.testing.assert_allclose(other, plain, atol=1e-4)
    assert abs(np.abs(plain).max() - 1) < 1e-6


def test_spikes_are_clipped() -> None:
    signal = np.random.default_rng(0).standard_normal(7000)
    signal[100] = 1000
    assert np.std(to_waveform(signal, 700, "relabel")) > np.std(
        to_waveform(signal, 700, "relabel", limit=None)
    )


def test_a_signal_that_does_not_change_is_silence() -> None:
    assert not to_waveform(np.full(700, 3.7), 700, "resample").any()


@pytest.mark.parametrize("signal", [np.zeros(0), np.zeros((2, 3)), np.array([1.0, np.nan])])
def test_refusals(signal: np.ndarray) -> None:
    with pytest.raises(BadInput):
        to_waveform(signal, 700, "relabel")
    with pytest.raises(BadInput, match="mapping is resample or relabel"):
        to_waveform(np.arange(3.0), 700, "stretch")  # type: ignore[arg-type]
