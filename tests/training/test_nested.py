from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.training.logistic import fit_affine
from earwitness.training.nested import nested_held_back
from earwitness.training.rounds import Rows, even_folds
from earwitness.training.verdicts import Verdicts, fit_verdicts, outcome


def corpus(n: int = 300) -> tuple[Rows, np.ndarray]:
    rng = np.random.default_rng(0)
    family = rng.choice(["", "espeak", "flite", "kokoro"], n, p=[0.4, 0.2, 0.2, 0.2])
    source = np.where(family == "", rng.choice(["queen", "fillets", "tuxpaint"], n), family)
    truth = (family == "").astype(float)
    rows = Rows(
        bona_fide=family == "",
        family=family,
        source=source,
        group=np.arange(n),
        voice=np.array([f"{s}{k}" for s, k in zip(source, rng.integers(12, size=n), strict=True)]),
    )
    return rows, truth * 2 + rng.normal(0, 1, n)


def test_nothing_of_an_outer_round_reaches_its_calibrator_or_thresholds() -> None:
    rows, score = corpus()
    every = np.arange(300)
    seen: list[tuple[frozenset[int], frozenset[int]]] = []

    def spy(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        seen.append((frozenset(train.tolist()), frozenset(test.tolist())))
        return score[test]

    folds = even_folds(rows, every, 3)
    held = nested_held_back(rows, every, folds, spy)
    outer = {frozenset(one.test.tolist()): number for number, one in enumerate(held.rounds)}
    inner = [pair for pair in seen if pair[1] not in outer]
    assert len(inner) == len(held.rounds) * 2 * 2
    # Changing every held-back score of a round must leave its calibrator and thresholds as they are.
    one = held.rounds[0]

    def moved(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        here = set(test.tolist()) == set(one.test.tolist())
        return score[test] + (100.0 if here else 0.0)

    again = nested_held_back(rows, every, folds, moved)
    assert again.calibrators[0] == held.calibrators[0]
    assert again.verdicts[0] == held.verdicts[0]
    assert (again.raw[again.round == 0] != held.raw[held.round == 0]).all()


def test_every_row_is_held_back_once_in_each_family() -> None:
    rows, score = corpus()
    held = nested_held_back(
        rows, np.arange(300), even_folds(rows, np.arange(300), 3), lambda train, test: score[test]
    )
    for family in ("espeak", "flite", "kokoro"):
        mine = held.row[held.family == family]
        assert len(mine) == len(set(mine.tolist()))
        assert set(mine) == set(np.flatnonzero(rows.bona_fide | (rows.family == family)))


def test_calibration_is_that_of_the_truth_and_needs_both_classes() -> None:
    rng = np.random.default_rng(1)
    score = np.concatenate([rng.normal(1, 1, 4000), rng.normal(-1, 1, 500)])
    real = np.arange(4500) < 4000
    found = fit_affine(score * 3 + 5, real, np.ones(4500))
    assert found.scale * 3 == pytest.approx(2, rel=0.1)
    assert found.offset + 5 * found.scale == pytest.approx(0, abs=0.15)
    with pytest.raises(BadInput, match="needs"):
        fit_affine(score, np.ones(4500, bool), np.ones(4500))
    with pytest.raises(BadInput, match="below"):
        fit_affine(-score, real, np.ones(4500))


def test_separated_classes_keep_the_scale_finite() -> None:
    found = fit_affine(np.array([0.0, 1.0, 5.0, 6.0]), np.array([False, False, True, True]), np.ones(4))
    assert np.isfinite(found.scale)
    assert found.scale < 100


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.02, 0.05, 0.2]))
def test_verdicts_keep_their_promise_on_what_they_were_fitted_on(seed: int, wrong: float) -> None:
    rng = np.random.default_rng(seed)
    real = rng.random(200) < 0.5
    real[:2] = [True, False]
    llr = np.round(real * rng.uniform(0, 3) + rng.normal(0, 1, 200), 1)  # with ties
    verdicts = fit_verdicts(llr, real, np.ones(200), wrong=wrong)
    found = outcome(llr, real, verdicts)
    assert verdicts.spoof_below <= verdicts.bona_fide_above
    if verdicts.spoof_below < verdicts.bona_fide_above:
        assert found.wrong <= wrong * found.given + 1e-9


def test_outcome_counts() -> None:
    found = outcome(
        np.array([2.0, -2.0, 0.0, 2.0]),
        np.array([True, True, False, False]),
        Verdicts(spoof_below=-1, bona_fide_above=1),
    )
    assert (found.given, found.wrong, found.wrong_share) == (3, 2, 2 / 3)
