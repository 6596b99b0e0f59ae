from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_corpora import clips, ids, shuffled, voices

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.dealing import counts_of, deal, homes
from earwitness.corpora.protocols.grouped_folds import grouped_folds
from earwitness.corpora.protocols.holding_back import hold_validation
from earwitness.corpora.protocols.random_folds import random_folds
from earwitness.errors import BadInput


def test_grouped_folds_cover_every_row_once() -> None:
    corpus = voices().where(pl.col("speaker") != "")
    splits = grouped_folds(corpus, by="speaker", folds=3, seed=1)
    assert sorted(np.concatenate([split.test for split in splits])) == list(range(len(corpus)))
    again = grouped_folds(corpus, by="speaker", folds=3, seed=1)
    assert all(np.array_equal(one.test, two.test) for one, two in zip(splits, again, strict=True))
    with pytest.raises(BadInput, match="too few"):
        grouped_folds(corpus, by="speaker", folds=30)
    with pytest.raises(BadInput, match="without 'speaker'"):
        grouped_folds(voices(), by="speaker")


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6), folds=st.integers(2, 4), by=st.sampled_from(["speaker", "session", "group"])
)
def test_grouped_folds_part_the_rows_and_keep_values_apart(seed: int, folds: int, by: str) -> None:
    corpus = clips(seed)
    allow = ("speaker",) if by == "group" else ()
    mixed = shuffled(corpus, seed)
    splits = grouped_folds(corpus, by=by, folds=folds, seed=seed, label="emotion", allow=allow)
    other = grouped_folds(mixed, by=by, folds=folds, seed=seed, label="emotion", allow=allow)
    tested = np.concatenate([split.test for split in splits])
    assert sorted(tested.tolist()) == list(range(len(corpus)))
    for split, again in zip(splits, other, strict=True):
        held = hold_validation(corpus, split, share=0.3, by=by, label="emotion", seed=seed)
        parts = [held.train, held.validation, held.test]
        assert sorted(np.concatenate(parts).tolist()) == list(range(len(corpus)))
        assert all(len(part) for part in parts)
        for key in (by, "group"):
            column = corpus.table[key].to_numpy()
            sides = [set(column[part]) for part in parts]
            assert not sides[0] & sides[1]
            assert not (sides[0] | sides[1]) & sides[2]
        assert ids(corpus, split.test) == ids(mixed, again.test)
        held_again = hold_validation(mixed, again, share=0.3, by=by, label="emotion", seed=seed)
        assert ids(corpus, held.validation) == ids(mixed, held_again.validation)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), folds=st.integers(2, 6))
def test_random_folds_keep_the_classes_and_say_what_they_are(seed: int, folds: int) -> None:
    corpus = clips(seed)
    mixed = shuffled(corpus, seed)
    splits = random_folds(corpus, label="emotion", folds=folds, seed=seed)
    label = corpus.table["emotion"].to_numpy()
    assert sorted(np.concatenate([split.test for split in splits]).tolist()) == list(range(len(corpus)))
    for split, again in zip(
        splits, random_folds(mixed, label="emotion", folds=folds, seed=seed), strict=True
    ):
        assert "speakers overlap" in split.how
        assert "speaker" in split.overlap
        assert ids(corpus, split.test) == ids(mixed, again.test)
        for name in set(label):
            share = (label == name).sum() / folds
            assert abs((label[split.test] == name).sum() - share) < 1
    sizes = [len(split.test) for split in splits]
    assert max(sizes) - min(sizes) <= 1


def test_folds_are_balanced_by_class() -> None:
    # Speakers of one class each: dealt by size alone, a fold might get one class only.
    corpus = clips(3, count=400, speakers=40)
    number = corpus.table["speaker"].str.slice(1).cast(pl.Int64)
    corpus = Corpus(corpus.table.with_columns(emotion=pl.Series(np.where(number % 2, "anger", "fear"))))
    label = corpus.table["emotion"].to_numpy()
    whole = (label == "anger").mean()
    for split in grouped_folds(corpus, folds=4, label="emotion"):
        assert abs((label[split.test] == "anger").mean() - whole) < 0.06
        assert abs(len(split.test) - len(corpus) / 4) < 0.05 * len(corpus)


def test_groups_tie_speakers_together() -> None:
    table = clips().table.with_columns(
        group=pl.when(pl.col("speaker").is_in(["s0", "s1"])).then(pl.lit("shared")).otherwise("group"),
        split=pl.lit(""),
    )
    for split in grouped_folds(Corpus(table), folds=3):
        inside = set(table["speaker"][split.test].to_list())
        assert ("s0" in inside) == ("s1" in inside)
    tied = Corpus(table.with_columns(group=pl.lit("one")))
    with pytest.raises(BadInput, match="tied together by their groups to 1, too few for 2 folds"):
        grouped_folds(tied, folds=2)


def test_rows_without_a_speaker_can_be_dealt_by_group() -> None:
    corpus = voices()
    splits = grouped_folds(corpus, folds=3, unnamed=True)
    assert sorted(np.concatenate([split.test for split in splits])) == list(range(len(corpus)))


def test_too_little_is_refused() -> None:
    corpus = clips()
    for make in (lambda: grouped_folds(corpus, folds=1), lambda: random_folds(corpus, label="id", folds=1)):
        with pytest.raises(BadInput, match="at least 2 folds"):
            make()
    with pytest.raises(BadInput, match="has 1 rows of 'clip0', too few for 2 folds"):
        random_folds(corpus, label="id", folds=2)
    with pytest.raises(BadInput, match="rows without 'family'"):
        random_folds(voices(), label="family")
    with pytest.raises(BadInput, match="no column 'colour'"):
        grouped_folds(corpus, label="colour")


def test_one_speaker_cannot_be_held_back() -> None:
    corpus = clips(speakers=2)
    split = grouped_folds(corpus, folds=2)[0]
    with pytest.raises(BadInput, match="one speaker to train on"):
        hold_validation(corpus, split)
    held = hold_validation(corpus, split, by="group", share=0.2)
    assert held.overlap == ("speaker",)
    assert "(speakers overlap)" in held.how
    assert hold_validation(corpus, held) is held
    with pytest.raises(BadInput, match="between 0 and 1"):
        hold_validation(corpus, split, share=1.0)


@settings(max_examples=30, deadline=None)
@given(
    counts=st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=1, max_size=40),
    folds=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_every_value_has_one_fold(counts: list[list[int]], folds: int, seed: int) -> None:
    table = np.array(counts) + np.array([1, 0, 0])
    dealt = deal(table, folds, seed)
    assert dealt.shape == (len(counts),)
    assert ((dealt >= 0) & (dealt < folds)).all()
    assert len(set(dealt.tolist())) == min(folds, len(counts))
    assert dealt.tolist() == deal(table, folds, seed).tolist()


def test_homes_and_counts() -> None:
    values, group = np.array([0, 0, 2, -1, 3, -1]), pl.Series(["a", "b", "c", "d", "c", ""])
    assert homes(values, list("klmn"), group).tolist() == [0, 0, 1, 2, 1, 3]
    order = np.array([5, 3, 1, 4, 0, 2])
    assert homes(values[order], list("klmn"), group[order]).tolist() == [3, 2, 0, 1, 0, 1]
    # A group that ties a row without a value to one that has it.
    assert homes(np.array([1, -1, 0]), ["k", "l"], pl.Series(["a", "a", "b"])).tolist() == [1, 1, 0]
    assert counts_of(np.array([0, 0, 1, -1]), 2, np.array([0, 1, -1, 0])).tolist() == [[0, 1, 1], [1, 0, 0]]
