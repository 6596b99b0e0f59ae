"""EER, AUC, detection costs and Cllr: golden values, properties, and the plainest reference."""

from __future__ import annotations

import math
from functools import partial

import brute_force
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.metrics import (
    Staircase,
    act_dcf,
    bayes_threshold,
    cllr,
    det_curve,
    eer,
    eer_threshold,
    min_cllr,
    min_dcf,
    roc_auc,
)
from earwitness.metrics.detection_cost import min_dcf_of
from earwitness.metrics.equal_error import eer_of
from earwitness.metrics.isotonic import pooled_ends
from earwitness.metrics.llr_cost import min_cllr_of
from earwitness.metrics.operating_curve import roc_auc_of

BONA_FIDE, SPOOF = [2, 1, 0.5, -0.5], [-2, -1, 0, 0.8]
ASVSPOOF5 = partial(min_dcf, p_target=0.95, c_miss=1, c_fa=10)
RANKED = [eer, roc_auc, ASVSPOOF5, min_cllr]
# Few distinct values: ties in every pattern, within and between the classes.
tied = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=12)
any_score = st.lists(
    st.floats(-50, 50).map(lambda x: x + 0.0) | st.sampled_from([-math.inf, math.inf]),
    min_size=1,
    max_size=12,
)
few = settings(max_examples=150, deadline=None)


def test_golden_values() -> None:
    assert eer(BONA_FIDE, SPOOF) == 0.25
    assert cllr(BONA_FIDE, SPOOF) == pytest.approx(0.756113, abs=5e-7)


@given(tied | any_score, tied | any_score)
@few
def test_brute_force(target: list[float], nontarget: list[float]) -> None:
    assert eer(target, nontarget) == pytest.approx(brute_force.eer(target, nontarget), abs=1e-12)
    assert roc_auc(target, nontarget) == pytest.approx(brute_force.roc_auc(target, nontarget), abs=1e-12)
    assert min_cllr(target, nontarget) == pytest.approx(brute_force.min_cllr(target, nontarget), abs=1e-12)
    for setting in ((0.5, 1, 1), (0.01, 1, 1), (0.95, 1, 10), (0.3, 7, 2)):
        ours = min_dcf(target, nontarget, p_target=setting[0], c_miss=setting[1], c_fa=setting[2])
        assert ours == pytest.approx(brute_force.min_dcf(target, nontarget, *setting), abs=1e-12)


@given(any_score, any_score)
@few
def test_det_curve_is_every_operating_point(target: list[float], nontarget: list[float]) -> None:
    curve = det_curve(target, nontarget)
    expected = brute_force.operating_points(target, nontarget)
    assert np.allclose(np.column_stack([curve.false_alarm, curve.miss]), expected, atol=1e-12)
    assert (np.diff(curve.threshold[:-1]) > 0).all()
    assert curve.threshold[-1] == math.inf


@given(tied | any_score, tied | any_score, st.randoms())
@few
def test_order_of_trials_is_nothing(target: list[float], nontarget: list[float], random) -> None:
    shuffled = random.sample(target, len(target)), random.sample(nontarget, len(nontarget))
    for metric in (*RANKED, partial(act_dcf, p_target=0.4)):
        assert metric(target, nontarget) == metric(*shuffled)


@given(tied, tied)
@few
def test_increasing_maps_change_nothing(target: list[float], nontarget: list[float]) -> None:
    for increasing in (lambda x: 3 * x - 7, np.exp, np.cbrt, lambda x: x**3 + x):
        moved = increasing(np.array(target)), increasing(np.array(nontarget))
        for metric in RANKED:
            assert metric(*moved) == metric(target, nontarget)


@given(tied | any_score, tied | any_score)
@few
def test_swapping_polarity(target: list[float], nontarget: list[float]) -> None:
    left, right = -np.array(nontarget), -np.array(target)
    assert eer(left, right) == pytest.approx(eer(target, nontarget), abs=1e-12)
    assert roc_auc(left, right) == pytest.approx(roc_auc(target, nontarget), abs=1e-12)
    assert min_cllr(left, right) == pytest.approx(min_cllr(target, nontarget), abs=1e-12)
    ours = min_dcf(left, right, p_target=0.3, c_miss=2, c_fa=5)
    assert ours == pytest.approx(min_dcf(target, nontarget, p_target=0.7, c_miss=5, c_fa=2), abs=1e-12)
    # Turning only one thing round turns the figure round.
    assert roc_auc(nontarget, target) == pytest.approx(1 - roc_auc(target, nontarget), abs=1e-12)
    assert eer(nontarget, target) == pytest.approx(1 - eer(target, nontarget), abs=1e-12)


@given(st.lists(st.tuples(tied, tied), min_size=1, max_size=4))
@few
def test_shards_give_the_whole(shards: list[tuple[list[float], list[float]]]) -> None:
    merged = Staircase.of(*shards[0])
    for shard in shards[1:]:
        merged = merged.merged(Staircase.of(*shard))
    whole = [score for target, _ in shards for score in target], [score for _, non in shards for score in non]
    assert eer_of(merged) == eer(*whole)
    assert roc_auc_of(merged) == roc_auc(*whole)
    assert min_cllr_of(merged) == min_cllr(*whole)
    assert min_dcf_of(merged, 0.95, 1, 10) == ASVSPOOF5(*whole)


@given(
    st.lists(st.floats(-30, 30), min_size=1, max_size=12),
    st.lists(st.floats(-30, 30), min_size=1, max_size=12),
)
@example([0.0] * 11, [0.0])  # rounded above 1 once
@few
def test_calibration_can_only_cost(target: list[float], nontarget: list[float]) -> None:
    assert min_cllr(target, nontarget) <= cllr(target, nontarget) + 1e-12
    assert cllr(target, nontarget) == pytest.approx(brute_force.cllr(target, nontarget), rel=1e-12, abs=1e-14)
    for prior in (0.05, 0.5, 0.95):
        lowest = min_dcf(target, nontarget, p_target=prior, c_fa=10)
        assert lowest <= act_dcf(target, nontarget, p_target=prior, c_fa=10) + 1e-12
        assert lowest <= 1


def test_pooling_that_eats_its_way_back() -> None:
    """A rise in a hundred steps and a deep fall at its end: every round pools but one more block."""
    target = [at for at in range(100) for _ in range(at + 1)]
    nontarget = [at for at in range(100) for _ in range(101 - at)] + [100] * 2000
    assert min_cllr(target, nontarget) == pytest.approx(brute_force.min_cllr(target, nontarget), abs=1e-12)
    long = pooled_ends(np.arange(1.0, 400), np.append(np.ones(398), 1e6))
    assert long.tolist() == [399]


def test_one_trial_and_equal_scores() -> None:
    assert (eer([1], [0]), eer([0], [1]), eer([0], [0])) == (0, 1, 0.5)
    assert (roc_auc([1], [0]), roc_auc([0], [1]), roc_auc([0], [0])) == (1, 0, 0.5)
    assert (min_cllr([1], [0]), min_cllr([0], [1]), min_cllr([3] * 5, [3] * 9)) == (0, 1, 1)
    assert eer([7] * 20, [7] * 3) == 0.5
    assert ASVSPOOF5([7] * 20, [7] * 3) == 1


def test_infinities_sort_last_and_first() -> None:
    assert eer([math.inf, 1], [-math.inf, 0]) == 0
    assert eer([math.inf, -math.inf], [-math.inf, math.inf]) == 0.5
    assert cllr([math.inf, 0], [-math.inf, 0]) == 0.5
    assert cllr([-math.inf, 0], [0]) == math.inf
    assert act_dcf([math.inf], [-math.inf], p_target=0.5) == 0


@pytest.mark.parametrize("metric", [*RANKED, cllr, partial(act_dcf, p_target=0.5), det_curve, eer_threshold])
@pytest.mark.parametrize(
    ("target", "nontarget", "message"),
    [
        ([], [1], "target scores: are empty"),
        ([1], [], "nontarget scores: are empty"),
        ([1, math.nan, 2], [1], r"target scores: hold NaN \(1 of 3, the first at 1\)"),
        ([1], [math.inf, -math.inf, math.nan], r"nontarget scores: hold NaN \(1 of 3, the first at 2\)"),
        ([[1, 2]], [1], "one-dimensional"),
        (["high"], [1], "are not numbers"),
    ],
)
def test_refusals(metric, target: list, nontarget: list, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        metric(target, nontarget)


@pytest.mark.parametrize("setting", [{"p_target": 0}, {"p_target": 1}, {"p_target": 0.5, "c_fa": 0}])
def test_costs_out_of_range(setting: dict[str, float]) -> None:
    for metric in (min_dcf, act_dcf):
        with pytest.raises(BadInput):
            metric([1], [0], **setting)


def test_thresholds() -> None:
    assert bayes_threshold(0.95, 1, 10) == pytest.approx(math.log(10 * 0.05 / 0.95))
    assert eer_threshold(BONA_FIDE, SPOOF) == 0.5
    assert eer_threshold([1, 2], [-1, 0]) == 1
    # On the threshold itself a trial is accepted.
    assert act_dcf([0.0], [-1.0], p_target=0.5) == 0


def test_precision_of_the_input_is_kept() -> None:
    rng = np.random.default_rng(5)
    target, nontarget = brute_force.scores(rng, 300, 500, 1.5)
    half = target.astype(np.float32), nontarget.astype(np.float32)
    assert eer(*half) == eer(half[0].astype(np.float64), half[1].astype(np.float64))
    assert eer(half[0], nontarget) == eer(half[0].astype(np.float64), nontarget)
    assert eer((target > 0.5), (nontarget > 0.5)) == eer((target > 0.5) * 1, (nontarget > 0.5) * 1)


def test_the_arrays_given_are_left_alone() -> None:
    target, nontarget = np.array([3.0, 1.0, 2.0]), np.array([2.0, 0.0])
    for metric in (*RANKED, cllr):
        metric(target, nontarget)
    assert target.tolist() == [3, 1, 2]
    assert nontarget.tolist() == [2, 0]
