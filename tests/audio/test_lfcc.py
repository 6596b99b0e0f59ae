"""LFCC by its definition, with plain sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.audio.lfcc import deltas, frames, lfcc, linear_filter_bank, with_deltas
from earwitness.errors import BadInput


def by_definition(samples: np.ndarray, rate: int) -> np.ndarray:
    """Baseline B02 of ASVspoof 2021 spelled out: no FFT, no library transform."""
    length, hop, size, filters, kept, high = int(0.03 * rate), int(0.015 * rate), 1024, 70, 20, 4000.0
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(length) / (length - 1))
    fourier = np.exp(-2j * np.pi * np.outer(np.arange(size // 2 + 1), np.arange(length)) / size)
    corners = [high * i / (filters + 1) for i in range(filters + 2)]
    bank = np.zeros((filters, size // 2 + 1))
    for i in range(filters):
        for k in range(size // 2 + 1):
            frequency = k * rate / size
            rise = (frequency - corners[i]) / (corners[i + 1] - corners[i])
            fall = (corners[i + 2] - frequency) / (corners[i + 2] - corners[i + 1])
            bank[i, k] = max(0.0, min(rise, fall))
    cosine = np.array(
        [[np.cos(np.pi * n * (2 * m + 1) / (2 * filters)) for m in range(filters)] for n in range(kept)]
    ) * np.sqrt(2 / filters)
    cosine[0] /= np.sqrt(2)
    rows = []
    for start in range(0, len(samples) - length + 1, hop):
        power = np.abs(fourier @ (samples[start : start + length] * window)) ** 2
        rows.append(cosine @ np.log10(bank @ power + 2.220446049250313e-16))
    return np.array(rows)


@pytest.mark.parametrize("rate", [8000, 16_000])
def test_by_definition(rate: int) -> None:
    rng = np.random.default_rng(0)
    samples = 0.1 * rng.standard_normal(rate // 4) + np.sin(np.arange(rate // 4) * 0.3)
    np.testing.assert_allclose(lfcc(samples, rate), by_definition(samples, rate), atol=2e-5)


def test_reference_values() -> None:
    # Obtained from the definition above; guards against both drifting together.
    samples = np.sin(2 * np.pi * 440 * np.arange(1600) / 16_000) * 0.5
    found = lfcc(samples, 16_000)
    assert found.shape == (5, 20)
    np.testing.assert_allclose(found[2, :4], REFERENCE, atol=1e-4)


REFERENCE = [-12.16827, 7.26164, 3.02412, 1.69212]


@settings(deadline=None, max_examples=20)
@given(st.floats(0.01, 50))
def test_a_gain_moves_only_the_zeroth_coefficient(gain: float) -> None:
    samples = np.random.default_rng(1).standard_normal(2000)
    change = lfcc(samples * gain, 16_000) - lfcc(samples, 16_000)
    np.testing.assert_allclose(change[:, 1:], 0, atol=1e-4)
    np.testing.assert_allclose(change[:, 0], 2 * np.log10(gain) * np.sqrt(70), atol=1e-4)


def test_all_coefficients_hold_all_of_the_spectrum() -> None:
    samples = np.random.default_rng(2).standard_normal(4000)
    whole = lfcc(samples, 16_000, coefficients=70)
    # Orthonormal: lengths are kept, and fewer coefficients are the first of them.
    np.testing.assert_array_equal(whole[:, :20], lfcc(samples, 16_000))


def test_what_lies_above_the_band_is_not_seen() -> None:
    time = np.arange(16_000) / 16_000
    low = np.sin(2 * np.pi * 500 * time) + 0.01 * np.random.default_rng(3).standard_normal(16_000)
    with_high = low + np.sin(2 * np.pi * 7000 * time)
    np.testing.assert_allclose(lfcc(with_high, 16_000), lfcc(low, 16_000), atol=0.5)
    wide = lfcc(with_high, 16_000, high=8000) - lfcc(low, 16_000, high=8000)
    assert np.abs(wide).max() > 1


def test_frames_and_padding() -> None:
    assert lfcc(np.ones(1), 16_000).shape == (1, 20)
    assert lfcc(np.ones(480), 16_000).shape == (1, 20)
    assert lfcc(np.ones(719), 16_000).shape == (1, 20)
    assert lfcc(np.ones(720), 16_000).shape == (2, 20)
    np.testing.assert_array_equal(frames(np.ones(2), 4, 2), [[1, 1, 0, 0]])


def test_silence_is_finite() -> None:
    assert np.isfinite(with_deltas(lfcc(np.zeros(1600), 16_000))).all()


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 3), st.floats(-5, 5), st.floats(-5, 5))
def test_slope_of_a_line(reach: int, slope: float, start: float) -> None:
    line = (start + slope * np.arange(12.0))[:, None]
    found = deltas(line, reach)
    np.testing.assert_allclose(found[reach:-reach], slope, atol=1e-9)


def test_slope_of_one_frame_is_nothing() -> None:
    np.testing.assert_array_equal(deltas(np.ones((1, 3), np.float32)), np.zeros((1, 3)))


def test_filters_touch_and_sum_to_one_inside() -> None:
    bank = linear_filter_bank(10, 2048, 16_000, 0, 4000)
    frequency = np.arange(1025) * 16_000 / 2048
    inside = (frequency >= 4000 / 11) & (frequency <= 4000 * 10 / 11)
    np.testing.assert_allclose(bank.sum(0)[inside], 1)
    assert not bank[:, frequency > 4000].any()


@pytest.mark.parametrize(
    "call",
    [
        lambda: lfcc(np.zeros(0), 16_000),
        lambda: lfcc(np.zeros(9000), 48_000),
        lambda: lfcc(np.zeros(900), 4000),
        lambda: linear_filter_bank(3, 8, 8000, 100, 100),
    ],
)
def test_bad_input(call: object) -> None:
    with pytest.raises(BadInput):
        call()  # type: ignore[operator]
