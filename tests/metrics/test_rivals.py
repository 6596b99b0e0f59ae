"""Agreement with independent implementations where they are right; their values where they are not."""

from __future__ import annotations

import audmetric
import brute_force
import numpy as np
import pytest
from lir.data.models import LLRData
from lir.metrics import cllr as lir_cllr
from lir.metrics import cllr_min as lir_cllr_min
from scipy.optimize import brentq
from scipy.stats import pearsonr, rankdata, spearmanr
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    r2_score,
    roc_auc_score,
    roc_curve,
)

from earwitness.metrics import (
    calibration,
    classification,
    cllr,
    concordance,
    eer,
    min_cllr,
    regression,
    roc_auc,
)


def pooled(target: np.ndarray, nontarget: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat([1, 0], [len(target), len(nontarget)]), np.concatenate([target, nontarget])


@pytest.fixture(params=[0, 1, 2], ids=lambda seed: f"seed{seed}")
def scores(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    return brute_force.scores(np.random.default_rng(request.param), 311, 907, 1.0 + request.param)


def sklearn_eer(target: np.ndarray, nontarget: np.ndarray) -> float:
    false_alarm, hit, _ = roc_curve(*pooled(target, nontarget))
    return brentq(lambda rate: 1 - rate - np.interp(rate, false_alarm, hit), 0, 1, xtol=1e-14)


def test_without_ties_all_agree(scores: tuple[np.ndarray, np.ndarray]) -> None:
    assert eer(*scores) == pytest.approx(sklearn_eer(*scores), abs=1e-9)
    assert roc_auc(*scores) == pytest.approx(roc_auc_score(*pooled(*scores)), abs=1e-9)
    labels, values = pooled(*scores)
    # audmetric takes the mean of both rates at the nearest threshold: off the staircase by up to half a step.
    assert abs(eer(*scores) - audmetric.equal_error_rate(labels, values)[0]) <= 0.5 / 311
    data = LLRData(features=values / np.log(10), labels=labels)
    assert cllr(*scores) == pytest.approx(lir_cllr(data), abs=1e-9)
    assert min_cllr(*scores) == pytest.approx(lir_cllr_min(data), abs=1e-9)


def test_equal_sizes_without_ties_agree_with_audmetric() -> None:
    target, nontarget = brute_force.scores(np.random.default_rng(5), 400, 400, 2.0)
    assert eer(target, nontarget) == pytest.approx(
        audmetric.equal_error_rate(*pooled(target, nontarget))[0], abs=1e-9
    )


def test_ties_and_what_others_make_of_them() -> None:
    """Hard decisions and constant scores: the crossing lies on the step between operating points."""
    target, nontarget = np.repeat([1.0, 0.0], [80, 20]), np.repeat([1.0, 0.0], [40, 60])
    # Operating points (false alarm, miss): (1, 0), (0.4, 0.2), (0, 1). The line from the second to the
    # third crosses the diagonal at one third.
    assert eer(target, nontarget) == pytest.approx(1 / 3)
    assert sklearn_eer(target, nontarget) == pytest.approx(1 / 3)
    with pytest.warns(RuntimeWarning, match="do not intersect"):
        assert audmetric.equal_error_rate(*pooled(target, nontarget))[0] == 1.0
    constant = np.ones(50), np.ones(70)
    assert eer(*constant) == 0.5
    with pytest.warns(RuntimeWarning, match="do not intersect"):
        assert audmetric.equal_error_rate(*pooled(*constant))[0] == 1.0  # every trial wrong: it is not


def nearest_rates(target: np.ndarray, nontarget: np.ndarray) -> float:
    """The method of the ASVspoof packages: a threshold between any two trials, tied or not."""
    labels, values = pooled(target, nontarget)
    hits = np.cumsum(labels[np.argsort(values, kind="stable")])
    miss = np.append(0, hits / len(target))
    alarm = np.append(1, (len(nontarget) - np.arange(1, len(labels) + 1) + hits) / len(nontarget))
    at = np.argmin(np.abs(miss - alarm))
    return float((miss[at] + alarm[at]) / 2)


def test_parting_tied_trials_is_no_threshold() -> None:
    """Tied trials that are parted give a figure that hangs on their order, and errs towards the worst."""
    target, nontarget = np.repeat([1.0, 0.0], [80, 20]), np.repeat([1.0, 0.0], [40, 60])
    assert nearest_rates(target, nontarget) == pytest.approx(0.4)
    assert 1 - nearest_rates(nontarget, target) == pytest.approx(0.2)  # the same data, classes swapped
    assert eer(target, nontarget) == pytest.approx(1 - eer(nontarget, target)) == pytest.approx(1 / 3)
    assert nearest_rates(np.ones(50), np.ones(70)) == 1.0
    rounded = [part.round(1) for part in brute_force.scores(np.random.default_rng(9), 400, 600, 1.0)]
    assert nearest_rates(*rounded) > eer(*rounded) + 0.005


def test_logits_are_not_squashed() -> None:
    """A sigmoid in float32 makes ties of confident logits; here scores are used as they are."""
    target, nontarget = brute_force.scores(np.random.default_rng(6), 500, 500, 2.0)
    squashed = [1 / (1 + np.exp(-(part + 40).astype(np.float32))) for part in (target, nontarget)]
    assert eer(target + 40, nontarget + 40) == eer(target, nontarget)
    assert eer(*squashed) > eer(target, nontarget) + 0.1


def test_pav_is_isotonic_regression(scores: tuple[np.ndarray, np.ndarray]) -> None:
    labels, values = pooled(*scores)
    posterior = IsotonicRegression(y_min=0, y_max=1).fit(values, labels).predict(values)
    prior = np.log(len(scores[0]) / len(scores[1]))
    fitted = calibration.pav(*scores).apply(values).llrs
    inside = (posterior > 0.2) & (posterior < 0.8)  # away from the virtual trials at both ends
    expected = np.log(posterior[inside] / (1 - posterior[inside])) - prior
    assert np.abs(fitted[inside] - expected).max() < 0.05


def test_logistic_is_logistic_regression(scores: tuple[np.ndarray, np.ndarray]) -> None:
    labels, values = pooled(*scores)
    weight = np.where(labels == 1, 0.5 / len(scores[0]), 0.5 / len(scores[1])) * 1e4
    model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000).fit(
        values[:, None], labels, sample_weight=weight
    )
    fitted = calibration.logistic(*scores)
    assert fitted.scale == pytest.approx(model.coef_[0, 0], abs=1e-5)
    assert fitted.offset == pytest.approx(model.intercept_[0], abs=1e-5)


def test_class_figures() -> None:
    rng = np.random.default_rng(7)
    truth, answer = rng.integers(0, 4, 300), rng.integers(0, 4, 300)
    found = classification(truth, answer, ["0", "1", "2", "3"]).figures
    assert found.accuracy == pytest.approx(accuracy_score(truth, answer), abs=1e-12)
    assert found.uar == pytest.approx(balanced_accuracy_score(truth, answer), abs=1e-12)
    assert found.uar == pytest.approx(audmetric.unweighted_average_recall(truth, answer), abs=1e-12)
    assert found.macro_f1 == pytest.approx(f1_score(truth, answer, average="macro"), abs=1e-12)


def test_numbers() -> None:
    rng = np.random.default_rng(8)
    truth = rng.normal(3, 2, 200).round(1)
    predicted = (0.7 * truth + rng.normal(0, 1, 200)).round(1)
    found = regression(truth, predicted).figures
    assert found.ccc == pytest.approx(audmetric.concordance_cc(truth, predicted), abs=1e-9)
    assert concordance(truth, predicted) == found.ccc
    assert found.pearson == pytest.approx(pearsonr(truth, predicted).statistic, abs=1e-9)
    assert found.spearman == pytest.approx(spearmanr(truth, predicted).statistic, abs=1e-9)
    assert found.spearman == pytest.approx(pearsonr(rankdata(truth), rankdata(predicted)).statistic, abs=1e-9)
    assert found.r2 == pytest.approx(r2_score(truth, predicted), abs=1e-9)
    assert found.rmse == pytest.approx(audmetric.mean_squared_error(truth, predicted) ** 0.5, abs=1e-9)
    assert found.mae == pytest.approx(audmetric.mean_absolute_error(truth, predicted), abs=1e-9)
