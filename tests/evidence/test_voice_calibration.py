from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.evidence import voice_calibration as module
from earwitness.evidence.voice_calibration import Trials, fit_voice_calibration


def trials(seed: int = 0, apart: float = 0.3, odd: float = 0.0) -> Trials:
    """Six speakers; `odd` makes the trials of speaker `e` unlike the others'."""
    rng = np.random.default_rng(seed)
    rows = []
    for left in "abcdef":
        for right in "abcdef":
            if left > right:
                continue
            for _ in range(12):
                similarity = 0.6 + apart * (left == right) + 0.1 * rng.standard_normal()
                rows.append((similarity + odd * ("e" in (left, right)), left, right, "one"))
    similarity, left, right, source = zip(*rows, strict=True)
    return Trials(
        similarity=np.array(similarity), left=np.array(left), right=np.array(right), source=np.array(source)
    )


def fit(found: Trials) -> module.VoiceCalibration:
    return fit_voice_calibration(found, encoder="none", shortest_speech=2.0, limits=["few speakers"])


def test_better_separated_voices_are_better_told_apart() -> None:
    near, far = fit(trials(apart=0.1)), fit(trials(apart=0.4))
    assert far.eer.value < near.eer.value
    assert far.cllr.value < near.cllr.value < 1
    assert far.decided > near.decided
    assert (far.speakers, far.same, far.different) == (6, 72, 180)
    assert far.sources == ("one",)


def test_the_ratio_is_bounded_by_the_number_of_speakers() -> None:
    found = fit(trials())
    assert found.bound == math.log(7)
    assert found.llr(5.0) == found.bound
    assert found.llr(-5.0) == -found.bound


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_more_alike_is_never_less_same(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert FOUND.llr(low) <= FOUND.llr(high)


FOUND = fit(trials())


def test_a_trial_is_scored_by_fits_that_never_heard_its_speakers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = trials()
    seen = []
    real = module._fit

    def watched(similarity: np.ndarray, same: np.ndarray) -> tuple[float, float]:
        seen.append(set(similarity.tolist()))
        return real(similarity, same)

    monkeypatch.setattr(module, "_fit", watched)
    everything = np.ones(len(found.same), bool)
    for rest, held in module._rounds(found, everything):
        own = {*found.left[held].tolist(), *found.right[held].tolist()}
        assert not own & {*found.left[rest].tolist(), *found.right[rest].tolist()}
        seen.clear()
        module._held_out(found, rest, 3.0)
        heard = set.union(*seen)
        assert not heard & set(found.similarity[held].tolist())


def test_an_odd_speaker_shows_in_the_held_out_cost() -> None:
    assert fit(trials(odd=0.5)).cllr.value > fit(trials()).cllr.value + 0.1


def test_few_speakers_are_refused() -> None:
    found = trials()
    few = ~(np.isin(found.left, ("e", "f")) | np.isin(found.right, ("e", "f")))
    with pytest.raises(BadInput, match="at least six speakers"):
        fit(
            Trials(
                similarity=found.similarity[few],
                left=found.left[few],
                right=found.right[few],
                source=found.source[few],
            )
        )


def test_verdicts_are_mostly_right() -> None:
    found = fit(trials(apart=0.3))
    assert found.wrong_same < 0.2
    assert found.wrong_different < 0.2
    assert found.same_above >= math.log(2)
    assert found.different_below <= -math.log(2)
