"""Protocols by their names."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from small_corpora import clips, voices

from earwitness.corpora.protocols.cross_corpus import joined
from earwitness.corpora.protocols.naming import PROTOCOLS, named
from earwitness.errors import BadInput


@pytest.mark.parametrize(
    ("text", "rounds"),
    [
        ("official", 1),
        ("random-folds:4,label=emotion", 4),
        ("speaker-folds", 5),
        ("session-folds:2,seed=3,label=emotion", 2),
        ("group-folds:3,allow=speaker,validation=0", 3),
        ("leave-one-out", 4),
        ("leave-one-out:speaker,validation=0.2", 8),
        ("open-set:attack,unknown=A01+A03", 1),
        ("open-set:attack,unknown=0.4,base=speaker-folds:3", 3),
    ],
)
def test_each_gives_three_sides_and_a_record(text: str, rounds: int) -> None:
    corpus = clips(2)
    protocol = named(text)
    assert named(protocol.text) == protocol
    found = protocol.divide(corpus)
    assert len(found) == rounds
    for one in found:
        assert len(one.split.train)
        assert len(one.split.test)
        assert bool(len(one.split.validation)) == ("validation=0" not in text.split(","))
        record = protocol.record(one, "emotion")
        assert record.protocol == protocol.text
        assert record.split.sides["test"].rows == len(one.split.test)


def test_families_are_crossed_with_sources() -> None:
    corpus = voices().where(pl.col("family") != "vocoder")
    found = named("leave-one-out:family,disjoint=source,folds=2,allow=speaker,validation-by=group").divide(
        corpus
    )
    assert [one.split.name.partition(",")[0] for one in found] == ["espeak", "espeak", "kokoro", "kokoro"]
    assert found[0].split.overlap == ("speaker",)


def test_pairs_come_with_their_labels(tmp_path: Path) -> None:
    corpus = joined({"a": clips(1), "b": clips(2)})
    (one,) = named("cross-corpus:a>b,label=emotion,classes=anger+fear").divide(corpus)
    assert one.labels is not None
    assert one.labels.classes == ("anger", "fear")
    assert set(one.corpus.table["emotion"]) == {"anger", "fear", ""}
    mapping = tmp_path / "labels.toml"
    mapping.write_text('[a]\nneutral = "fear"\n[b]\nneutral = ""\n')
    (one,) = named(f"cross-corpus:a>b,mapping={mapping}").divide(corpus, label="emotion")
    rows = corpus.table["emotion"].to_numpy() == "neutral"
    assert rows[one.split.train].any()
    assert not rows[one.split.test].any()
    for content, told in (("[a", "no mapping"), ("[a]\nx = 3", "no mapping")):
        mapping.write_text(content)
        with pytest.raises(BadInput, match=told):
            named(f"cross-corpus,mapping={mapping}").divide(corpus, label="emotion")
    with pytest.raises(BadInput, match="cannot be read"):
        named("cross-corpus,mapping=nowhere.toml").divide(corpus, label="emotion")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("folds", "no such protocol; there are: official"),
        ("speaker-folds:5,colour=red", "no setting 'colour'; there are: unnamed"),
        ("speaker-folds:5,seed", "has 'seed' where SETTING=VALUE stands once"),
        ("speaker-folds:5,seed=1,seed=2", "stands once"),
        ("official:5", "nothing after a colon"),
        ("open-set:attack", "says which classes are unknown"),
        ("official,validation=2", "a share from 0 to below 1"),
        ("official,validation=some", "a share from 0 to below 1"),
    ],
)
def test_a_wrong_name_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        named(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("speaker-folds:few", "a whole number of at least 2, not 'few'"),
        ("speaker-folds:5,seed=-1", "at least 0"),
        ("speaker-folds:5,unnamed=perhaps", "is yes or no"),
        ("leave-one-out:speaker,disjoint=source", "crossed only for"),
        ("random-folds:5", "label=COLUMN"),
        ("cross-corpus:a", "label=COLUMN"),
        ("cross-corpus:a,label=emotion", "names a pair as A>B"),
        ("open-set:attack,unknown=A01,base=leave-one-out", "open sets stand on"),
        ("leave-one-out:corpus", "no column 'source'"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        named(text).divide(clips())


def test_every_protocol_has_its_line() -> None:
    assert all(line for line, _ in PROTOCOLS.values())
