from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_corpora import voices

from earwitness.corpora.protocols.families_out import leave_families_out
from earwitness.errors import BadInput


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), folds=st.integers(2, 4), disjoint=st.sampled_from(["source", "speaker"]))
def test_no_group_family_or_source_is_on_both_sides(seed: int, folds: int, disjoint: str) -> None:
    corpus = voices(seed, clips=200)
    table = corpus.table
    splits = leave_families_out(corpus, disjoint=disjoint, folds=folds, seed=seed, allow=("speaker",))
    real = (table["label"] == "bona fide").to_numpy()
    family = table["family"].to_numpy()
    for split in splits:
        held = split.name.partition(",")[0]
        assert not np.intersect1d(split.train, split.test).size
        assert held not in set(family[split.train])
        assert set(family[split.test]) == {"", held}
        for key in ("group", "partner"):
            column = table[key].to_numpy()
            assert not set(column[split.train]) & set(column[split.test])
        column = table[disjoint].to_numpy()
        assert not set(column[split.train[real[split.train]]]) & set(column[split.test[real[split.test]]])
    for held in ("espeak", "kokoro", "vocoder"):
        tested = np.concatenate([split.test for split in splits if split.name.startswith(held)])
        assert sorted(tested) == np.flatnonzero(real | (family == held)).tolist()


def test_too_little_to_leave_out_is_refused() -> None:
    corpus = voices()
    with pytest.raises(BadInput, match="two values of"):
        leave_families_out(corpus.where(pl.col("family").is_in(["", "vocoder"])))
    with pytest.raises(BadInput, match="no column 'colour'"):
        leave_families_out(corpus, disjoint="colour")
    with pytest.raises(BadInput, match="two values"):
        leave_families_out(corpus.where(pl.col("source").is_in(["source0", "tts"])))
