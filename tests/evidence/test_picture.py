"""The picture of a recording: bounded, and the same however the samples arrive."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.evidence.picture import BINS, Picture, PictureMaker


def picture(samples: np.ndarray, cuts: list[int]) -> Picture:
    maker = PictureMaker()
    first = 0
    for cut in [*cuts, len(samples)]:
        maker.update(samples[first : first + cut])
        first += cut
    return maker.result()


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 400_000), st.lists(st.integers(1, 90_000), max_size=8))
def test_any_cut_gives_the_same_picture(count: int, cuts: list[int]) -> None:
    samples = np.random.default_rng(count).standard_normal(count).astype(np.float32)
    one, other = picture(samples, cuts), picture(samples, [])
    assert np.array_equal(one.envelope, other.envelope)
    assert np.array_equal(one.spectrogram, other.spectrogram)
    assert one.seconds == pytest.approx(count / 16_000)


def test_a_long_recording_stays_bounded() -> None:
    maker = PictureMaker()
    for _ in range(40):
        maker.update(np.zeros(16_000 * 20, np.float32))
    drawn = maker.result()
    assert 1024 <= len(drawn.envelope) <= 2049
    assert drawn.spectrogram.shape == (BINS, len(drawn.envelope))


@pytest.mark.parametrize("seconds", [1, 200])
def test_a_tone_stands_in_its_row(seconds: int) -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000 * seconds) / 16_000).astype(np.float32)
    drawn = picture(tone, [])
    middle = drawn.spectrogram[:, len(drawn.envelope) // 2]
    assert int(middle.argmax()) == 16  # 1000 Hz in steps of 62.5 Hz
    assert middle.max() >= 252  # 0 dB full scale, but for the window's ripple
    assert middle[80] < 60
    assert drawn.envelope[:-1].min() == pytest.approx(-1, abs=0.01)


def test_nothing_gives_an_empty_picture() -> None:
    assert PictureMaker().result().envelope.shape == (0, 2)
