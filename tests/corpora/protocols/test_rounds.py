"""Official splits, leaving one out, open sets and pairs of corpora."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_corpora import clips, ids, shuffled

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.cross_corpus import cross_corpus, joined
from earwitness.corpora.protocols.grouped_folds import grouped_folds
from earwitness.corpora.protocols.label_space import SPACES, intersect
from earwitness.corpora.protocols.leave_one_out import leave_one_out
from earwitness.corpora.protocols.official import official
from earwitness.corpora.protocols.open_set import open_set
from earwitness.corpora.protocols.split import split_record
from earwitness.errors import BadInput


def test_the_official_split() -> None:
    corpus = clips()
    (split,) = official(corpus)
    column = corpus.table["split"].to_numpy()
    for side in ("train", "validation", "test"):
        assert set(column[getattr(split, side)]) == {side}
    assert split.how == "official split"
    table = corpus.table.with_columns(pl.col("split").replace("validation", "progress"))
    (split,) = official(Corpus(table))
    assert not len(split.validation)
    left = (table["split"] == "progress").sum()
    assert split.how == f"official split, {left} rows of progress left out"
    with pytest.raises(BadInput, match="no official split with rows of 'train'"):
        official(Corpus(table.with_columns(split=pl.lit("test"))))


def test_an_official_split_that_leaks_is_refused() -> None:
    corpus = Corpus(clips().table.with_columns(speaker=pl.lit("one")))
    with pytest.raises(BadInput, match="leaks: 1 values of 'speaker'"):
        official(corpus)
    assert official(corpus, allow=("speaker",))[0].how == "official split, speakers overlap"


def test_leaving_one_out() -> None:
    corpus = clips()
    splits = leave_one_out(corpus, by="session")
    column = corpus.table["session"].to_numpy()
    assert [split.name for split in splits] == sorted(set(column))
    for split in splits:
        assert set(column[split.test]) == {split.name}
        assert split.name not in set(column[split.train])
    assert sorted(np.concatenate([split.test for split in splits]).tolist()) == list(range(len(corpus)))
    with pytest.raises(BadInput, match="values of 'group', so many rounds; take group-folds:5, or most=80"):
        leave_one_out(corpus, by="group", most=10, allow=("speaker",))
    with pytest.raises(BadInput, match="rows without 'speaker'"):
        leave_one_out(Corpus(corpus.table.with_columns(speaker=pl.lit(""))), by="speaker")
    with pytest.raises(BadInput, match="one value"):
        leave_one_out(Corpus(corpus.table.with_columns(session=pl.lit("a"))))
    with pytest.raises(BadInput, match="leaks"):
        leave_one_out(Corpus(corpus.table.with_columns(speaker=pl.lit("a"))))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), share=st.sampled_from([0.2, 0.4, 0.6]))
def test_unknown_classes_are_never_trained_on(seed: int, share: float) -> None:
    corpus = clips(seed, count=200)
    folds = grouped_folds(corpus, folds=2, seed=seed, label="attack")
    attack = corpus.table["attack"].to_numpy()
    splits = open_set(corpus, folds, column="attack", unknown=share, seed=seed)
    for split, fold in zip(splits, folds, strict=True):
        assert len(split.unknown) == round(share * 5)
        assert not set(split.unknown) & set(attack[split.train])
        assert split.test is fold.test
        assert set(split.train) <= set(fold.train)
    mixed = shuffled(corpus)
    folds = grouped_folds(mixed, folds=2, seed=seed, label="attack")
    again = open_set(mixed, folds, column="attack", unknown=share, seed=seed)
    assert ids(corpus, splits[0].train) == ids(mixed, again[0].train)


def test_open_sets_that_are_none_are_refused() -> None:
    corpus = clips()
    folds = grouped_folds(corpus, folds=4)
    assert open_set(corpus, folds, column="attack", unknown=["A01"])[0].unknown == ("A01",)
    with pytest.raises(BadInput, match="has no attack 'A99'"):
        open_set(corpus, folds, column="attack", unknown=["A99"])
    with pytest.raises(BadInput, match="leaves 1 known and 4 unknown"):
        open_set(corpus, folds, column="attack", unknown=["A00", "A01", "A02", "A03"])
    with pytest.raises(BadInput, match="between 0 and 1"):
        open_set(corpus, folds, column="attack", unknown=1.5)


def two() -> Corpus:
    other = Corpus(
        clips(5).table.with_columns(pl.col("emotion").replace({"anger": "angry", "neutral": "calm"}))
    )
    return joined({"a": clips(4), "b": other})


def test_corpora_are_joined_without_meeting_by_name() -> None:
    corpus = two()
    assert corpus.table["id"].n_unique() == len(corpus)
    assert set(corpus.table["speaker"].str.split(":").list.first()) == {"a", "b"}
    assert corpus.table["path"][0] == "a/clip0.wav"
    with pytest.raises(BadInput, match="at least two"):
        joined({"a": clips()})


def test_pairs_of_corpora_share_their_labels() -> None:
    corpus = two()
    one, other = cross_corpus(corpus, label="emotion")
    assert one.split.name == "a -> b"
    assert one.table.classes == ("anger", "fear")
    assert other.split.name == "b -> a"
    name, labels = corpus.table["corpus"].to_numpy(), one.labels.to_numpy()
    assert set(name[one.split.train]) == {"a"}
    assert set(name[one.split.test]) == {"b"}
    assert set(labels[np.concatenate([one.split.train, one.split.test])]) == {"anger", "fear"}
    kept = corpus.table["emotion"].is_in(["anger", "fear", "angry"]).to_numpy()
    assert sorted([*one.split.train, *one.split.test]) == np.flatnonzero(kept).tolist()
    told = one.table.lines()
    assert told[0] == "a -> b, emotion: anger, fear"
    assert any("anger (" in line and "angry (" in line for line in told)
    assert any(line.startswith("  left out: neutral (") and "calm (" in line for line in told)


def test_a_mapping_brings_more_together() -> None:
    corpus = two()
    found = cross_corpus(corpus, label="emotion", pairs=[("b", "a")], mapping={"b": {"calm": "neutral"}})
    assert found[0].table.classes == ("anger", "fear", "neutral")
    found = cross_corpus(corpus, label="emotion", pairs=[("b", "a")], merges=["calm"])
    assert found[0].table.classes == ("anger", "fear", "neutral")
    with pytest.raises(BadInput, match="pain: is not merged by name; there are: excitement, calm"):
        cross_corpus(corpus, label="emotion", merges=["pain"])
    with pytest.raises(BadInput, match="maps 'joy', which b does not have"):
        cross_corpus(corpus, label="emotion", mapping={"b": {"joy": "happiness"}})
    with pytest.raises(BadInput, match="share the label fear"):
        cross_corpus(corpus, label="emotion", mapping={"b": {"angry": None}})
    with pytest.raises(BadInput, match="do not both have 'disgust'"):
        cross_corpus(corpus, label="emotion", classes=SPACES["five"])


def test_the_same_corpus_row_of_the_matrix() -> None:
    corpus = two()
    found = cross_corpus(corpus, label="emotion", classes=("anger", "fear"), same=3)
    names = [each.split.name for each in found]
    assert names == [
        *(f"{name}, fold {fold} of 3" for name in "ab" for fold in (1, 2, 3)), "a -> b", "b -> a",
    ]  # fmt: skip
    column = corpus.table["corpus"].to_numpy()
    assert set(column[np.concatenate([found[0].split.train, found[0].split.test])]) == {"a"}
    with pytest.raises(BadInput, match="need classes"):
        cross_corpus(corpus, label="emotion", same=3)


def test_pairs_that_are_none_are_refused() -> None:
    corpus = two()
    with pytest.raises(BadInput, match="no corpus 'c'; there are: a, b"):
        cross_corpus(corpus, label="emotion", pairs=[("a", "c")])
    with pytest.raises(BadInput, match="tested on what it is trained on"):
        cross_corpus(corpus, label="emotion", pairs=[("a", "a")])
    with pytest.raises(BadInput, match="has 1 corpora"):
        cross_corpus(corpus.where(pl.col("corpus") == "a"), label="emotion")
    with pytest.raises(BadInput, match="share no labels"):
        intersect(("a", {"x": 1}), ("b", {"y": 1}), column="emotion")


def test_the_record_holds_counts_and_hashes() -> None:
    corpus = clips()
    (split,) = official(corpus)
    found = split_record(corpus, split, "emotion")
    assert found.sides["train"].rows == len(split.train) == sum(found.sides["train"].classes.values())
    assert found.sides["train"].speakers == 4
    mixed = shuffled(corpus)
    assert split_record(mixed, official(mixed)[0], "emotion") == found
