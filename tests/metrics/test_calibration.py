"""Calibrators: they help, they say on what they were fitted, they survive JSON."""

from __future__ import annotations

import math

import brute_force
import numpy as np
import pytest

from earwitness.errors import BadInput
from earwitness.metrics import cllr, ece_curve, min_cllr, tippett
from earwitness.metrics.calibration import (
    from_json,
    fusion,
    logistic,
    pav,
    quality_conditioned,
    read,
    temperature,
    to_json,
    write,
)
from earwitness.metrics.verbal_scale import verbal

RNG = np.random.default_rng(0)
TRAIN = brute_force.scores(RNG, 300, 500, 2.0)
HELD_BACK = brute_force.scores(RNG, 300, 500, 2.0)
LOGITS = RNG.normal(0, 3, (200, 3)) + 4 * np.eye(3)[RNG.integers(0, 3, 200)]
FITTED = {
    "logistic": logistic(*TRAIN, name="train"),
    "pav": pav(*TRAIN, name="train"),
    "fusion": fusion(
        np.column_stack([TRAIN[0], TRAIN[0] ** 2]), np.column_stack([TRAIN[1], TRAIN[1] ** 2]), name="train"
    ),
    "temperature": temperature(LOGITS, LOGITS.argmax(axis=1), name="train"),
}


@pytest.mark.parametrize("kind", ["logistic", "pav"])
def test_calibration_helps_on_held_back_data(kind: str) -> None:
    before = cllr(3 * HELD_BACK[0] + 5, 3 * HELD_BACK[1] + 5)
    after = cllr(*(FITTED[kind].apply(part).llrs for part in HELD_BACK))
    assert after < min(before, min_cllr(*HELD_BACK) + 0.06)


def test_logistic_finds_the_true_ratios() -> None:
    # Normal classes at 0 and 2 with variance 1: the log-likelihood ratio is 2 x - 2.
    target, nontarget = brute_force.scores(np.random.default_rng(1), 20000, 20000, 2.0)
    fitted = logistic(target, nontarget)
    assert (fitted.scale, fitted.offset) == pytest.approx((2, -2), abs=0.1)
    # Whatever the prior at which it is fitted, it is the same ratio.
    assert logistic(target, nontarget, p_target=0.05).scale == pytest.approx(2, abs=0.15)


def test_logistic_undoes_any_straight_line() -> None:
    plain, moved = logistic(*TRAIN), logistic(*(-1e4 * part + 7 for part in TRAIN))
    assert moved.scale * -1e4 == pytest.approx(plain.scale, rel=1e-6)
    assert moved.offset + 7 * moved.scale == pytest.approx(plain.offset, rel=1e-6)


def test_separated_classes_stay_finite() -> None:
    fitted = logistic([3, 4, 5], [0, 1, 2])
    assert 0 < fitted.scale < 100
    assert "separated" in fitted.notes[0]
    assert np.isfinite(pav([3, 4, 5], [0, 1, 2]).apply([-9, 9]).llrs).all()


def test_pav_never_falls_and_never_is_certain() -> None:
    fitted = FITTED["pav"]
    llrs = fitted.apply(np.linspace(-9, 9, 500)).llrs
    assert (np.diff(llrs) >= 0).all()
    assert np.abs(llrs).max() < math.log(600)
    assert (np.diff(fitted.scores) >= 0).all()


def test_fusion_is_no_worse_than_its_parts() -> None:
    rng = np.random.default_rng(2)
    parts = [brute_force.scores(rng, 800, 800, shift) for shift in (1.0, 1.5)]
    target, nontarget = (np.column_stack([part[side] for part in parts]) for side in range(2))
    fused = fusion(target, nontarget, systems=("a", "b"))
    together = cllr(fused.apply(target).llrs, fused.apply(nontarget).llrs)
    for part in parts:
        alone = logistic(*part)
        assert together <= cllr(alone.apply(part[0]).llrs, alone.apply(part[1]).llrs) + 1e-9
    # Two independent systems: the best weights are the shifts.
    assert fused.weights == pytest.approx((1.0, 1.5), abs=0.2)


def test_side_information_is_used() -> None:
    rng = np.random.default_rng(3)
    seconds = rng.uniform(1, 10, 1000), rng.uniform(1, 10, 1000)
    target, nontarget = rng.normal(2, 1, 1000) - 0.4 * seconds[0], rng.normal(0, 1, 1000) - 0.4 * seconds[1]
    plain, aware = logistic(target, nontarget), quality_conditioned(target, nontarget, *seconds)
    rows = [np.column_stack(pair) for pair in ((target, seconds[0]), (nontarget, seconds[1]))]
    assert cllr(*(aware.apply(part).llrs for part in rows)) < 0.8 * cllr(
        plain.apply(target).llrs, plain.apply(nontarget).llrs
    )
    assert aware.columns == ("score", "quality 1")


def test_temperature_brings_probabilities_to_the_share_of_right_answers() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 4, 5000)
    logits = rng.normal(0, 1, (5000, 4)) + 2 * np.eye(4)[truth]  # right scale: 2
    fitted = temperature(10 * logits, truth)
    assert fitted.temperature == pytest.approx(5, abs=0.3)
    probability = np.exp(fitted.apply(10 * logits).llrs)
    assert probability.sum(axis=1) == pytest.approx(np.ones(5000))
    assert probability.max(axis=1).mean() == pytest.approx((logits.argmax(axis=1) == truth).mean(), abs=0.01)
    assert temperature([[1, 0], [0, 1]], [0, 1]).notes == (
        "no finite temperature is best; the limit was taken",
    )


@pytest.mark.parametrize("kind", FITTED)
def test_json_keeps_every_bit(kind: str, tmp_path) -> None:
    assert from_json(to_json(FITTED[kind])) == FITTED[kind]
    write(FITTED[kind], tmp_path / "calibrator.json")
    assert read(tmp_path / "calibrator.json") == FITTED[kind]
    assert FITTED[kind].fitted_on.name == "train"


@pytest.mark.parametrize("kind", ["logistic", "pav"])
def test_it_says_when_applied_to_what_it_was_fitted_on(kind: str) -> None:
    fitted = FITTED[kind]
    for same in (TRAIN[0], TRAIN[1], np.random.default_rng(0).permutation(np.concatenate(TRAIN))):
        assert "fitted on" in fitted.apply(same).notes[-1]
    assert fitted.apply(HELD_BACK[0]).notes == ()
    rows = np.column_stack([TRAIN[0], TRAIN[0] ** 2])
    assert "fitted on" in FITTED["fusion"].apply(rows).notes[-1]
    assert "fitted on" in FITTED["temperature"].apply(LOGITS).notes[-1]


def test_refusals(tmp_path) -> None:
    with pytest.raises(BadInput, match="infinite"):
        logistic([1, np.inf], [0])
    with pytest.raises(BadInput, match="infinite"):
        pav([1, np.inf], [0])
    with pytest.raises(BadInput, match="p_target"):
        logistic([1], [0], p_target=1)
    with pytest.raises(BadInput, match="2 and 1 columns"):
        fusion([[1, 2]], [[1]])
    with pytest.raises(BadInput, match="must have the columns"):
        FITTED["fusion"].apply([[1.0]])
    with pytest.raises(BadInput, match="rows of side information"):
        quality_conditioned([1, 2], [0], [1], [1])
    with pytest.raises(BadInput, match="labels"):
        temperature([[0, 1]], [2])
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text('{"kind": "logistic", "scale": "two"}')
    with pytest.raises(BadInput, match="scale"):
        read(tmp_path / "bad.json")


def test_ece_at_even_odds_is_cllr() -> None:
    curve = ece_curve(*HELD_BACK, prior=[-40.0, 0.0, 40.0])
    assert curve.observed[1] == pytest.approx(cllr(*HELD_BACK), abs=1e-12)
    assert curve.calibrated[1] == pytest.approx(min_cllr(*HELD_BACK), abs=1e-12)
    assert curve.neutral == pytest.approx([0, 1, 0], abs=1e-9)
    whole = ece_curve(*HELD_BACK)
    assert (whole.calibrated <= whole.observed + 1e-12).all()
    assert (whole.calibrated <= whole.neutral + 1e-12).all()


def test_tippett_by_counting() -> None:
    curves = tippett(*HELD_BACK)
    for at in (0, 100, -1):
        assert curves.target[at] == (HELD_BACK[0] >= curves.llr[at]).mean()
        assert curves.nontarget[at] == (HELD_BACK[1] >= curves.llr[at]).mean()


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1, "no support"),
        (1.99, "no support"),
        (2, "weak"),
        (9.99, "weak"),
        (10, "moderate support"),
        (100, "moderately strong"),
        (1000, "strong"),
        (10_000, "very strong"),
        (999_999, "very strong"),
        (1_000_001, "extremely strong"),
        (math.inf, "extremely strong"),
    ],
)
def test_words(ratio: float, words: str) -> None:
    assert verbal(math.log(ratio)).startswith(words)
    assert verbal(-math.log(ratio)).startswith(words)
    if ratio >= 2:
        assert verbal(math.log(ratio)).endswith("for bona fide over spoof")
        assert verbal(-math.log(ratio)).endswith("for spoof over bona fide")


def test_nan_has_no_words() -> None:
    with pytest.raises(BadInput, match="NaN"):
        verbal(math.nan)
