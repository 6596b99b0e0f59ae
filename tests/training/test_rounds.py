from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.training.rounds import Rows, balanced_weights, crossed_rounds, even_folds


def table(seed: int, n: int = 120) -> Rows:
    rng = np.random.default_rng(seed)
    source = rng.choice(["asterisk", "fillets", "queen", "tuxpaint"], n)
    family = rng.choice(["", "", "espeak", "flite", "vocoder"], n)
    source = np.where(np.isin(family, ["espeak", "flite"]), family, source)
    return Rows(
        bona_fide=family == "",
        family=family,
        source=source,
        group=np.where(family == "vocoder", np.arange(n) // 2, np.arange(n)),
        voice=np.array([f"{s}{k}" for s, k in zip(source, rng.integers(9, size=n), strict=True)]),
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_nothing_held_back_is_trained_on(seed: int) -> None:
    rows = table(seed)
    every = np.arange(len(rows.family))
    rounds = crossed_rounds(rows, every, even_folds(rows, every, 3))
    for one in rounds:
        assert one.family not in rows.family[one.train]
        assert not set(one.sources) & set(rows.source[one.train])
        assert not set(rows.group[one.train]) & set(rows.group[one.test])
        assert not np.intersect1d(one.train, one.test).size
    for family in rows.families(every):
        tested = np.concatenate([one.test for one in rounds if one.family == family])
        assert len(tested) == len(set(tested))
        assert set(tested) == set(every[rows.bona_fide | (rows.family == family)])


def test_inner_rounds_stay_inside_their_outer_round() -> None:
    rows = table(1)
    outer = crossed_rounds(rows, np.arange(120), even_folds(rows, np.arange(120), 3))[0]
    for inner in crossed_rounds(rows, outer.train, even_folds(rows, outer.train, 2)):
        assert set(inner.train) | set(inner.test) <= set(outer.train)
        assert outer.family not in rows.family[inner.test]


def test_refuses_folds_that_miss_a_source() -> None:
    with pytest.raises(BadInput, match="each source"):
        crossed_rounds(table(0), np.arange(120), [["asterisk"], ["queen"]])


def test_weights_balance_classes_and_strata() -> None:
    rows = table(2)
    weights = balanced_weights(rows, np.arange(120))
    assert weights[rows.bona_fide].sum() == pytest.approx(weights[~rows.bona_fide].sum())
    by_family = [weights[rows.family == family].sum() for family in rows.families(np.arange(120))]
    assert by_family == pytest.approx([by_family[0]] * len(by_family))
