from __future__ import annotations

import numpy as np
import pytest
from small_corpora import clips, voices

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.leaks import LeakCheck, coded, refuse_leaks
from earwitness.corpora.protocols.split import Split
from earwitness.errors import BadInput


def test_a_leak_is_refused_by_name() -> None:
    corpus = voices()
    column = corpus.table["speaker"].to_numpy()
    both = np.flatnonzero(column == "s1")
    split = Split(name="bad", train=both[:1], test=both[1:2], how="by hand")
    with pytest.raises(BadInput, match="1 values of 'speaker' are in training and test, among them 's1'"):
        refuse_leaks(corpus, split, ("speaker",))
    with pytest.raises(BadInput, match="rows on both sides"):
        refuse_leaks(corpus, Split(name="bad", train=both, test=both, how=""))
    assert refuse_leaks(corpus, split, ()) is split


def test_empty_values_do_not_leak() -> None:
    corpus = voices()
    said = np.flatnonzero(corpus.table["family"].is_in(["espeak", "kokoro"]).to_numpy())
    split = Split(name="", train=said[:1], test=said[1:2], how="")
    assert refuse_leaks(corpus, split, ("speaker",)) is split


def test_validation_is_a_side_too() -> None:
    corpus = clips()
    rows = np.flatnonzero(corpus.table["speaker"].to_numpy() == "s1")
    for sides in (
        {"train": rows[:1], "validation": rows[1:2], "test": rows[:0]},
        {"train": rows[:0], "validation": rows[1:2], "test": rows[2:3]},
    ):
        with pytest.raises(BadInput, match=r"'speaker' are in (training and validation|validation and test)"):
            refuse_leaks(corpus, Split(name="bad", how="", **sides), ("speaker",))


def test_what_is_allowed_by_name_is_told() -> None:
    corpus = clips()
    rows = np.flatnonzero(corpus.table["speaker"].to_numpy() == "s1")
    split = Split(name="told", train=rows[:1], test=rows[2:3], how="by hand")
    found = LeakCheck(corpus, allow=("speaker",)).refuse(split)
    assert found.overlap == ("speaker",)
    assert found.how == "by hand, speakers overlap"
    with pytest.raises(BadInput, match="colour: cannot be allowed"):
        LeakCheck(corpus, allow=("colour",))


def test_codes_do_not_depend_on_the_order_of_rows() -> None:
    table = voices().table
    places, names = coded(Corpus(table), "speaker")
    assert names == sorted(set(names))
    again, same = coded(Corpus(table.reverse()), "speaker")
    assert same == names
    assert again[::-1].tolist() == places.tolist()
    assert (places < 0).tolist() == (table["speaker"] == "").to_list()
