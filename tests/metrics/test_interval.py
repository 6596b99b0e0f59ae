"""Intervals: the fast replicates against naive ones, few errors, clusters, coverage by simulation."""

from __future__ import annotations

import math
from functools import partial

import brute_force
import numpy as np
import pytest
from scipy.stats import binomtest, ks_2samp, norm

from earwitness.errors import BadInput
from earwitness.metrics import (
    Staircase,
    act_dcf,
    cllr,
    eer,
    exact_bounds,
    interval,
    min_cllr,
    min_dcf,
    paired_difference,
    roc_auc,
)
from earwitness.metrics.clustered_eer import clustered_eer
from earwitness.metrics.clusters import Clusters
from earwitness.metrics.large_samples import auc_bounds, resampled_act_dcf, resampled_cllr, resampled_min_cllr
from earwitness.metrics.paired_eer import paired_eer
from earwitness.metrics.resampled_cost import resampled_min_dcf
from earwitness.metrics.resampled_eer import resampled_eer

ASVSPOOF5 = partial(min_dcf, p_target=0.95, c_miss=1, c_fa=10)


def patterns() -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(3)
    target, nontarget = brute_force.scores(rng, 60, 90, 1.2)
    return [
        (target, nontarget),
        (target.round(0), nontarget.round(0)),
        ((target > 0.5) * 1.0, (nontarget > 0.5) * 1.0),
        (np.append(target, np.inf), np.append(nontarget, [-np.inf, np.inf])),
    ]


def naive(metric, target: np.ndarray, nontarget: np.ndarray, replicates: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array([metric(rng.choice(target, len(target)), rng.choice(nontarget, len(nontarget)))
                     for _ in range(replicates)])  # fmt: skip


@pytest.mark.parametrize("scores", patterns(), ids=["continuous", "rounded", "hard", "infinite"])
def test_fast_replicates_have_the_distribution_of_naive_ones(scores: tuple[np.ndarray, np.ndarray]) -> None:
    stairs = Staircase.of(*scores)
    rng = np.random.default_rng(11)
    fast = {
        eer: resampled_eer(stairs, 1500, rng),
        ASVSPOOF5: resampled_min_dcf(stairs, 1500, rng, p_target=0.95, c_miss=1, c_fa=10),
        partial(act_dcf, p_target=0.4): resampled_act_dcf(*scores, 1500, rng, p_target=0.4),
    }
    for metric, drawn in fast.items():
        slow = naive(metric, *scores, 1500, seed=7)
        # Rounded, since the two sum in different orders and equal values must be seen as equal.
        assert ks_2samp(drawn.round(9), slow.round(9)).pvalue > 0.001


def test_constant_scores_stay_at_chance() -> None:
    stairs = Staircase.of([1.0] * 30, [1.0] * 40)
    assert set(resampled_eer(stairs, 50, np.random.default_rng(0))) == {0.5}
    assert set(resampled_min_dcf(stairs, 50, np.random.default_rng(0), p_target=0.5)) == {1.0}
    alone = Staircase.of([1], [0])
    assert set(resampled_eer(alone, 5, np.random.default_rng(0))) == {0.0}
    assert set(resampled_min_dcf(alone, 5, np.random.default_rng(0), p_target=0.5)) == {0.0}


def test_coverage() -> None:
    """The interval of the EER holds the true EER about as often as it says."""
    rng = np.random.default_rng(2024)
    true = norm.sf(1.0)  # two normal classes, two standard deviations apart
    held = 0
    for at in range(1000):
        found = interval(eer, *brute_force.scores(rng, 200, 300, 2.0), replicates=400, seed=at)
        held += found.low <= true <= found.high
    assert 930 <= held <= 970


def test_large_samples_agree_with_resampling() -> None:
    rng = np.random.default_rng(4)
    target, nontarget = brute_force.scores(rng, 400, 600, 1.5)
    stairs = Staircase.of(target, nontarget)
    slow = naive(roc_auc, target, nontarget, 1500, seed=1)
    assert auc_bounds(stairs, 0.95) == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.004)
    drawn, _ = resampled_cllr(target, nontarget, 1500, rng)
    slow = naive(cllr, target, nontarget, 1500, seed=1)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.01)
    drawn, method = resampled_min_cllr(stairs, 400, rng)
    slow = naive(min_cllr, target, nontarget, 400, seed=1)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.02)
    assert "512 score cells" in method


def test_few_errors_get_exact_bounds() -> None:
    target, nontarget = np.arange(50.0) + 100, np.arange(400.0) - 500
    for metric in (eer, ASVSPOOF5, min_cllr, roc_auc):
        found = interval(metric, target, nontarget)
        assert found.low < found.high, metric  # a bootstrap would say [0, 0]
        assert any("fewer than 10 errors" in note for note in found.notes)
    found = interval(eer, target, nontarget)
    assert (found.low, found.method) == (0.0, "exact binomial")
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 50))


@pytest.mark.parametrize(("errors", "trials"), [(0, 30), (3, 30), (30, 30), (17, 400)])
def test_exact_bounds_are_clopper_pearson(errors: int, trials: int) -> None:
    reference = binomtest(errors, trials).proportion_ci(0.95, method="exact")
    assert exact_bounds(errors, trials) == pytest.approx((reference.low, reference.high), abs=1e-9)


def test_clusters_of_one_are_plain_resampling() -> None:
    for target, nontarget in patterns()[:3]:
        groups = Clusters.of((None, None), len(target), len(nontarget))
        drawn = clustered_eer(target, nontarget, groups, 1200, np.random.default_rng(5))
        slow = naive(eer, target, nontarget, 1200, seed=6)
        assert ks_2samp(drawn.round(9), slow.round(9)).pvalue > 0.001


def test_clustered_replicates_against_repeating_whole_clusters() -> None:
    rng = np.random.default_rng(8)
    target, nontarget = brute_force.scores(rng, 80, 120, 1.0)
    speakers = np.array([f"s{at % 12}" for at in range(80)]), np.array([f"s{at % 20}" for at in range(120)])
    groups = Clusters.of(speakers, 80, 120)
    fast = clustered_eer(target, nontarget, groups, 200, np.random.default_rng(1))
    drawn = groups.draw(200, np.random.default_rng(1)).astype(int)
    slow = [
        eer(np.repeat(target, row[groups.target]), np.repeat(nontarget, row[groups.nontarget]))
        for row in drawn
    ]
    assert fast == pytest.approx(slow, abs=1e-12)
    assert groups.count == 20
    assert (drawn.sum(axis=1) == 20).all()


def test_clustered_means_against_repeating_whole_clusters() -> None:
    rng = np.random.default_rng(10)
    target, nontarget = brute_force.scores(rng, 300, 400, 1.0)
    names = np.arange(300) % 15, np.arange(400) % 25
    for metric in (cllr, partial(act_dcf, p_target=0.4, c_fa=2)):
        fast = interval(metric, target, nontarget, clusters=names, replicates=300)
        slow = interval(lambda t, n, m=metric: m(t, n), target, nontarget, clusters=names, replicates=300)
        assert (fast.low, fast.high) == pytest.approx((slow.low, slow.high), abs=1e-9)


def test_clusters_widen_and_warn() -> None:
    rng = np.random.default_rng(9)
    shift = np.repeat(rng.normal(0, 1, 8), 50)
    target, nontarget = rng.normal(2, 1, 400) + shift, rng.normal(0, 1, 400)
    plain = interval(eer, target, nontarget)
    wide = interval(eer, target, nontarget, clusters=(np.repeat(np.arange(8), 50), None))
    assert wide.high - wide.low > 1.5 * (plain.high - plain.low)
    assert wide.notes == ("only 8 clusters: the interval is not to be relied on",)
    other = interval(roc_auc, target, nontarget, replicates=50, clusters=(np.repeat(np.arange(8), 50), None))
    assert other.method == "percentile bootstrap, clustered"
    with pytest.raises(BadInput, match="clusters"):
        interval(eer, target, nontarget, clusters=(["a"], None))


def test_few_errors_in_clusters_get_the_wider_end() -> None:
    # Five errors in two hundred trials, all of them in one cluster of five.
    target = np.where(np.arange(200) < 5, -9.0, 9.0) + np.arange(200) / 1e6
    nontarget = np.arange(1000) / 1e6
    names = np.arange(200) // 5, None
    plain = interval(eer, target, nontarget)
    found = interval(eer, target, nontarget, clusters=names)
    assert found.method == "exact binomial, widened by clusters"
    assert found.low <= plain.low
    assert found.high > plain.high


def test_the_same_seed_gives_the_same_interval() -> None:
    scores = brute_force.scores(np.random.default_rng(0), 100, 100, 1.0)
    assert interval("eer", *scores, seed=3) == interval("eer", *scores, seed=3)
    assert interval("eer", *scores, seed=3) != interval("eer", *scores, seed=4)


def test_infinite_figures_are_said_so() -> None:
    found = interval(cllr, [-math.inf, 1, 2], [0, -1])
    assert found.value == math.inf
    assert "with certainty" in found.notes[0]


@pytest.mark.parametrize("setting", [{"confidence": 1.0}, {"confidence": 0}, {"replicates": 1}])
def test_settings_out_of_range(setting: dict) -> None:
    with pytest.raises(BadInput):
        interval(eer, [1, 2], [0, 1], **setting)
    with pytest.raises(BadInput, match="unknown metric"):
        interval("err", [1], [0])


def paired_scores(targets: int, nontargets: int) -> tuple[tuple, tuple]:
    rng = np.random.default_rng(12)
    a = brute_force.scores(rng, targets, nontargets, 1.5)
    b = tuple(part + rng.normal(0, 0.6, len(part)) for part in a)
    return a, b


@pytest.mark.parametrize("digits", [8, 0])
def test_paired_eer_has_the_distribution_of_naive_pairs(digits: int) -> None:
    a, b = (tuple(part.round(digits) for part in side) for side in paired_scores(70, 110))
    fast = paired_eer((a[0], b[0]), (a[1], b[1]), 1500, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    slow = []
    for _ in range(1500):
        t, n = rng.integers(70, size=70), rng.integers(110, size=110)
        slow.append(eer(a[0][t], a[1][n]) - eer(b[0][t], b[1][n]))
    assert ks_2samp(fast.round(9), np.round(slow, 9)).pvalue > 0.001


def test_paired_difference() -> None:
    a, b = paired_scores(500, 800)
    for metric in ("eer", "cllr", partial(act_dcf, p_target=0.5)):
        found = paired_difference(metric, a, b)
        assert found.value == found.a - found.b
        assert found.low <= found.value <= found.high
        # An interval of 95 % holds zero exactly when p is above 5 %.
        assert (found.p_value < 0.05) == (found.high < 0 or found.low > 0), metric
        turned = paired_difference(metric, b, a, replicates=50)
        assert turned.value == -found.value
        if metric in ("eer", "cllr"):
            assert found.p_value < 0.05
        same = paired_difference(metric, a, a, replicates=50)
        assert (same.value, same.low, same.high, same.p_value) == (0, 0, 0, 1)
    # Taken for unrelated, the two would overlap.
    alone = [interval("eer", *side) for side in (a, b)]
    found = paired_difference("eer", a, b)
    assert found.high - found.low < 0.9 * math.hypot(*(side.high - side.low for side in alone))


def test_paired_difference_of_anything_and_of_clusters() -> None:
    a, b = paired_scores(60, 80)
    speakers = np.arange(60) % 12, np.arange(80) % 12
    found = paired_difference(roc_auc, a, b, replicates=50, clusters=speakers)
    assert found.method == "paired percentile bootstrap, clustered"
    assert found.low <= found.value <= found.high
    with pytest.raises(BadInput, match="compare the same trials"):
        paired_difference("eer", a, (b[0][1:], b[1]))
