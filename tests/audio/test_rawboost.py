"""RawBoost: the authors' numbers for the same draws, and nothing that depends on who works beside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.audio.rawboost import ALGORITHMS, RawBoostSettings, rawboost
from earwitness.errors import BadInput

GOLDEN = np.load(Path(__file__).parent / "data" / "rawboost.npz")
"""Outputs of the public code (seeds = the algorithm's number; probabilities of algorithms 10 and 11: 0.5)."""


class PublicDraws(np.random.RandomState):
    """The public code's draws: numpy's global state, but the chances of 10 and 11 from elsewhere."""

    chances: list[float]

    def random(self, size: int | None = None) -> np.ndarray | float:
        return self.chances.pop(0) if size is None and self.chances else self.random_sample(size)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_public_codes_numbers(algorithm: int) -> None:
    draws = PublicDraws(algorithm)
    draws.chances = GOLDEN[f"chances_{algorithm}"].tolist()
    heard = rawboost(GOLDEN["waveform"], 16_000, algorithm, draws, RawBoostSettings(chance=(0.5, 0.5, 0.5)))
    np.testing.assert_allclose(heard, GOLDEN[f"algorithm_{algorithm}"], atol=2e-7)


@given(
    algorithm=st.sampled_from(sorted(ALGORITHMS)),
    seed=st.integers(0, 2**32 - 1),
    length=st.integers(1, 3_000),
    rate=st.sampled_from([8_000, 16_000, 44_100]),
)
def test_any_clip_keeps_its_length_and_its_draws(algorithm: int, seed: int, length: int, rate: int) -> None:
    clip = np.random.default_rng(0).standard_normal(length).astype(np.float32)
    first, second = (rawboost(clip, rate, algorithm, np.random.default_rng(seed)) for _ in range(2))
    assert first.shape == clip.shape
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("algorithm", [1, 2, 3, 4, 8, 9])
def test_it_changes_the_clip_and_not_its_input(algorithm: int) -> None:
    clip = np.random.default_rng(0).standard_normal(4_000).astype(np.float32)
    kept = clip.copy()
    heard = rawboost(clip, 16_000, algorithm, np.random.default_rng(0))
    assert np.abs(heard - clip).max() > 1e-3
    np.testing.assert_array_equal(clip, kept)


def test_silence_stays_silence() -> None:
    silent = np.zeros(500, np.float32)
    for algorithm in ALGORITHMS:
        assert not rawboost(silent, 16_000, algorithm, np.random.default_rng(1)).any()


def test_the_noise_has_the_drawn_level() -> None:
    clip = np.random.default_rng(0).standard_normal(8_000).astype(np.float32)
    for snr in (10.0, 40.0):
        heard = rawboost(clip, 16_000, 3, np.random.default_rng(2), RawBoostSettings(snr=(snr, snr)))
        noise = heard.astype(np.float64) - clip
        assert 20 * np.log10(np.linalg.norm(clip) / np.linalg.norm(noise)) == pytest.approx(snr, abs=1e-3)


@pytest.mark.parametrize(
    ("clip", "algorithm", "told"),
    [
        (np.zeros(9, np.float32), 12, "algorithms 0 to 11"),
        (np.zeros((2, 9), np.float32), 1, "finite samples"),
        (np.zeros(0, np.float32), 1, "finite samples"),
        (np.full(9, np.nan, np.float32), 1, "finite samples"),
    ],
)
def test_what_cannot_be_boosted_is_refused(clip: np.ndarray, algorithm: int, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        rawboost(clip, 16_000, algorithm, np.random.default_rng(0))
