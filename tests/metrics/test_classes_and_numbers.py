"""Classifiers, predicted numbers, AS-Norm and continual learning, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.errors import BadInput
from earwitness.metrics import (
    as_norm,
    classification,
    confusion_matrix,
    continual,
    eer,
    one_vs_rest_eer,
    pearson,
    regression,
    spearman,
)

EMOTIONS = ["angry", "calm", "sad"]


def test_the_majority_row_is_always_there() -> None:
    found = classification(["angry"] * 6 + ["calm"] * 3 + ["sad"], ["angry"] * 10, EMOTIONS)
    assert found.figures == found.majority
    assert found.majority.accuracy == 0.6
    assert found.majority.uar == pytest.approx(1 / 3)
    trained = classification(["angry", "calm"], ["angry", "calm"], EMOTIONS, prior_labels=["sad"])
    assert trained.majority.accuracy == 0
    assert trained.notes == ("no trials of: sad",)
    assert trained.recall == (1.0, 1.0, None)


def test_the_label_set_is_fixed() -> None:
    two = classification(["angry", "calm"], ["angry", "calm"], ["angry", "calm"]).figures.macro_f1
    three = classification(["angry", "calm"], ["angry", "calm"], EMOTIONS).figures.macro_f1
    assert (two, three) == (1.0, pytest.approx(2 / 3))
    with pytest.raises(BadInput, match="'happy' is not in the label set"):
        classification(["angry"], ["happy"], EMOTIONS)
    with pytest.raises(BadInput, match="names a class twice"):
        confusion_matrix(["a"], ["a"], ["a", "a"])
    with pytest.raises(BadInput, match="2 labels but 1 answers"):
        confusion_matrix(["a", "a"], ["a"], ["a"])
    with pytest.raises(BadInput, match="empty"):
        confusion_matrix([], [], ["a"])


def test_one_against_the_rest_names_the_worst() -> None:
    rng = np.random.default_rng(0)
    truth = np.array(EMOTIONS)[rng.integers(0, 3, 300)]
    scores = rng.normal(0, 1, (300, 3)) + np.array([3, 2, 0.5]) * (truth[:, None] == np.array(EMOTIONS))
    found = one_vs_rest_eer(scores, truth, EMOTIONS)
    assert found.worst == "sad"
    assert found.rates["angry"] == eer(scores[truth == "angry", 0], scores[truth != "angry", 0])
    assert found.mean == pytest.approx(np.mean(list(found.rates.values())))
    with pytest.raises(BadInput, match="at least two classes"):
        one_vs_rest_eer([[1, 2, 3]], ["sad"], EMOTIONS)
    with pytest.raises(BadInput, match="must be"):
        one_vs_rest_eer([[1, 2]], ["sad"], EMOTIONS)


def test_the_mean_predictor_row_is_always_there() -> None:
    found = regression([1.0, 2, 3, 6], [1, 2, 3, 6])
    assert (found.figures.rmse, found.figures.ccc, found.figures.r2) == (0, 1, 1)
    assert found.mean_predictor.r2 == 0
    assert found.mean_predictor.rmse == pytest.approx(np.std([1, 2, 3, 6]))
    assert (found.mean_predictor.ccc, found.mean_predictor.pearson) == (0, None)
    assert regression([1.0, 2], [1, 2], training_mean=5).mean_predictor.mae == 3.5
    assert pearson([1, 1], [1, 2]) is None
    assert spearman([1, 2, 2, 3], [1, 5, 5, 9]) == pytest.approx(1)
    assert regression([2.0, 2], [2, 2]).figures.r2 is None
    for bad in ([], [np.nan], [1, 2]):
        with pytest.raises(BadInput):
            regression([1.0], bad)


def test_as_norm_by_hand() -> None:
    rng = np.random.default_rng(1)
    scores, left, right = rng.normal(0, 1, 5), rng.normal(0, 1, (2, 50)), rng.normal(1, 2, (3, 50))
    rows, tests = np.array([0, 1, 1, 0, 1]), np.array([2, 0, 1, 1, 2])
    found = as_norm(scores, left, right, top=10, enrolment=rows, test=tests)
    for at in range(5):
        a, b = np.sort(left[rows[at]])[-10:], np.sort(right[tests[at]])[-10:]
        assert found[at] == pytest.approx(
            ((scores[at] - a.mean()) / a.std() + (scores[at] - b.mean()) / b.std()) / 2
        )
    everyone = as_norm(scores, left, right, top=None, enrolment=rows, test=tests)
    assert everyone == pytest.approx(as_norm(scores, left, right, top=9999, enrolment=rows, test=tests))


def test_as_norm_takes_out_scale_and_shift() -> None:
    rng = np.random.default_rng(2)
    scores, cohort = rng.normal(0, 1, 6), rng.normal(0, 1, (6, 40))
    assert as_norm(3 * scores - 5, 3 * cohort - 5, 3 * cohort - 5) == pytest.approx(
        as_norm(scores, cohort, cohort)
    )


@pytest.mark.parametrize(
    ("cohort", "top", "message"),
    [
        ([[1.0, 1.0]], 2, "has no spread"),
        ([[1.0]], 2, "at least 2 impostors"),
        ([[1.0, np.nan]], 2, "NaN"),
        ([[1.0, 2.0]], 1, "at least 2"),
        ([[1.0, 2.0], [1, 3]], 2, None),
    ],
)
def test_as_norm_refusals(cohort: list, top: int, message: str | None) -> None:
    if message is None:
        with pytest.raises(BadInput, match="rows for 3 trials"):
            as_norm([1.0, 2, 3], cohort, cohort, top=top)
    else:
        with pytest.raises(BadInput, match=message):
            as_norm([1.0], cohort, cohort, top=top)


def test_continual_learning_by_hand() -> None:
    table = [[0.8, 0.5, 0.3], [0.9, 0.7, 0.4], [0.6, 0.75, 0.9]]
    found = continual(table, chance=[0.25, 0.25, 0.25])
    assert found.average == pytest.approx(0.75)
    assert found.learning == pytest.approx(0.8)
    assert found.backward_transfer == pytest.approx((0.6 - 0.8 + 0.75 - 0.7) / 2)
    assert found.forgetting == pytest.approx((0.9 - 0.6 + 0.7 - 0.75) / 2)
    assert found.forward_transfer == pytest.approx((0.25 + 0.15) / 2)
    assert continual(table).forward_transfer is None
    with pytest.raises(BadInput, match="two or more tasks"):
        continual([[1.0]])
    with pytest.raises(BadInput, match="misses a value"):
        continual([[0.5, 0], [np.nan, 0.5]])
    with pytest.raises(BadInput, match="forward transfer"):
        continual(table, chance=[0.1])
