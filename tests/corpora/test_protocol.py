from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocol import Split, grouped_folds, leave_families_out, refuse_leaks
from earwitness.errors import BadInput


def voices(seed: int = 0, clips: int = 60, sources: int = 4) -> Corpus:
    """Bona fide clips of several sources, copies of some, and text-to-speech in their channels."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(clips):
        source = f"source{number % sources}"
        real = {
            "id": f"real{number}", "speaker": f"s{number % 7}", "group": f"clip{number}",
            "label": "bona fide", "family": "", "source": source, "partner": f"clip{number}", "voice": "",
        }  # fmt: skip
        rows.append(real)
        if rng.random() < 0.6:
            rows.append(real | {"id": f"copy{number}", "label": "spoof", "family": "vocoder"})
        spoken = {"id": f"said{number}", "label": "spoof", "family": str(rng.choice(["espeak", "kokoro"]))}
        rows.append(
            real | spoken | {"group": f"text{number // 2}", "speaker": "", "source": "tts", "voice": "v"}
        )
    table = pl.DataFrame(rows).with_columns(
        path=pl.col("id") + ".wav", start=pl.lit(0.0), end=pl.lit(1.0), split=pl.lit("train")
    )
    return Corpus(table)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), folds=st.integers(2, 4), disjoint=st.sampled_from(["source", "speaker"]))
def test_no_group_family_or_source_is_on_both_sides(seed: int, folds: int, disjoint: str) -> None:
    corpus = voices(seed)
    table = corpus.table
    splits = leave_families_out(corpus, disjoint=disjoint, folds=folds, seed=seed)
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


def test_too_little_to_leave_out_is_refused() -> None:
    corpus = voices()
    with pytest.raises(BadInput, match="two spoof families"):
        leave_families_out(corpus.where(pl.col("family").is_in(["", "vocoder"])))
    with pytest.raises(BadInput, match="no column 'colour'"):
        leave_families_out(corpus, disjoint="colour")
    with pytest.raises(BadInput, match="two values"):
        leave_families_out(corpus.where(pl.col("source").is_in(["source0", "tts"])))


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
