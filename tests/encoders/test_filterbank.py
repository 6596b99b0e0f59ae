from __future__ import annotations

import numpy as np

from earwitness.encoders.filterbank import filterbank


def test_a_tone_lies_in_its_band() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)
    found = filterbank(tone, bands=80, window="povey")
    mel = 1127 * np.log(1 + np.array([20, 1000, 8000]) / 700)
    expected = (mel[1] - mel[0]) / (mel[2] - mel[0]) * 81 - 1
    assert abs(found.mean(axis=0).argmax() - expected) <= 1


def test_only_whole_windows_count() -> None:
    assert [len(filterbank(np.ones(n), bands=40, window="hann")) for n in (0, 399, 400, 559, 560)] == [
        0, 0, 1, 1, 2,
    ]  # fmt: skip
