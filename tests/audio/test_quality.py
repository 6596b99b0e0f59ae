"""Quality: the published package's own figures, on the windows of any recording."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.audio.quality import MOST, WINDOW, collector, quality, window_quality, windows
from earwitness.audio.recording import Samples


def sound(samples: int) -> Samples:
    time = np.arange(samples) / 16000
    beat = np.sin(2 * np.pi * 2.5 * time) ** 2
    tone = 0.3 * np.sin(2 * np.pi * 140 * time) + 0.15 * np.sin(2 * np.pi * 820 * time)
    return (tone * beat + 0.01 * np.random.default_rng(7).standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize(
    ("samples", "published", "within"),
    [
        # speechmos 0.0.1.1 on the same samples (its sig_mos, bak_mos, ovrl_mos).
        (144160, (1.82722205, 2.91118283, 1.54013691), 1e-4),
        (16000, (2.07597055, 3.03865841, 1.65299426), 1e-4),
        # The first window of the package where a clip repeats in step, so that half of it is computed.
        (64000, (1.84727195, 2.90285615, 1.54912925), 1e-4),
        # Where a clip is repeated and does not divide a second, the package averages several shifts of it.
        (60000, (1.99135846, 3.09071402, 1.65295976), 0.05),
    ],
)
def test_published_values(samples: int, published: tuple[float, ...], within: float) -> None:
    assert quality(windows(sound(samples))) == pytest.approx(published, abs=within)


@pytest.mark.parametrize("length", [64_000, 32_000, 16_000, 1_280, 640, 1])
def test_what_repeats_in_step_is_not_computed_again(length: int) -> None:
    whole = np.resize(sound(length), WINDOW)
    assert window_quality(sound(length)) == pytest.approx(window_quality(whole), abs=1e-4)


@pytest.mark.parametrize("length", [64_001, 70_000, 100_000])
def test_what_does_not_is(length: int) -> None:
    whole = np.resize(sound(length), WINDOW)
    assert window_quality(sound(length)) == window_quality(whole)


def test_threads_do_not_matter() -> None:
    assert window_quality(sound(WINDOW), 2) == pytest.approx(window_quality(sound(WINDOW)), abs=1e-4)


def test_a_stream_keeps_the_same_windows() -> None:
    samples = sound(30 * WINDOW // 2)
    kept = collector()
    for start in range(0, len(samples), 70_001):
        kept.update(samples[start : start + 70_001])
    assert all(map(np.array_equal, kept.windows(), windows(samples)))
    assert MOST // 2 <= len(windows(samples)) <= MOST


def test_nothing_has_no_quality() -> None:
    with pytest.raises(ValueError, match="at least one window"):
        quality(windows(np.zeros(0, np.float32)))
    with pytest.raises(ValueError, match="at least one sample"):
        window_quality(np.zeros(0, np.float32))


def test_beyond_full_scale() -> None:
    assert np.isfinite(window_quality(30000 * sound(16000))).all()
    assert np.isfinite(window_quality(np.zeros(1, np.float32))).all()
