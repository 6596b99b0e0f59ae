"""Figures of runs whose rounds are one speaker each."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.training.primary import PRIMARY
from earwitness.training.run_figures import run_difference, run_figures
from earwitness.training.trial_scores import RoundScores


def rounds(right: list[float], rows: int = 20) -> dict[str, RoundScores]:
    """Round -> a speaker of whom so large a share is told right."""
    found = {}
    for number, share in enumerate(right):
        truth = np.arange(rows) % 2
        said = np.where(np.arange(rows) < share * rows, truth, 1 - truth)
        scores = np.stack([1 - said, said], 1).astype(float)
        found[f"P{number}"] = RoundScores(
            ids=tuple(f"{number}-{row}" for row in range(rows)), truth=truth,
            cluster=np.array([f"P{number}"] * rows), scores={0: scores},
        )  # fmt: skip
    return found


def test_one_speaker_left_out_draws_whole_speakers() -> None:
    shares = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 0.5, 0.7, 0.9, 0.4]
    found = run_figures(rounds(shares), PRIMARY["accuracy"], replicates=4000)
    assert found.mean.value == pytest.approx(np.mean(shares))
    # a mean of ten draws: its deviation over replicates is the textbook one
    assert found.mean.high - found.mean.low == pytest.approx(2 * 1.96 * np.std(shares) / 10**0.5, rel=0.06)


def test_a_difference_of_the_same_people_is_paired() -> None:
    low, high = rounds([0.2, 0.5, 0.8, 0.3, 0.6]), rounds([0.3, 0.6, 0.9, 0.4, 0.7])
    found = run_difference(high, low, PRIMARY["accuracy"])
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))
