"""Counts against those of a complete copy, and keys that seem turned round."""

from __future__ import annotations

import polars as pl
import pytest

from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.expected_counts import differences


def card(real: int, spoof: int, **where: str) -> CorpusCard:
    return CorpusCard(
        name="x", title="X", tasks=("detection",), licence="", access="open", get="", citation="",
        expected=(
            Expected(rows=real, where={"label": "bona fide", **where}, known="established"),
            Expected(rows=spoof, where={"label": "spoof", **where}),
        ),
    )  # fmt: skip


def rows(real: int, spoof: int, split: str = "test") -> pl.DataFrame:
    return pl.DataFrame({"label": ["bona fide"] * real + ["spoof"] * spoof}).with_columns(split=pl.lit(split))


def test_a_complete_copy_has_nothing_to_tell() -> None:
    assert differences(card(10, 90, split="test"), rows(10, 90)) == ()


def test_differences_say_what_is_recalled() -> None:
    assert differences(card(10, 90), rows(9, 91)) == (
        "label bona fide: 9 rows, a complete copy has 10",
        "label spoof: 91 rows, a complete copy has 90 (a figure from memory)",
    )


@pytest.mark.parametrize(("real", "spoof"), [(1000, 100), (995, 100), (1000, 99)])
def test_counts_the_other_way_round_are_told(real: int, spoof: int) -> None:
    told = differences(card(100, 1000, split="test"), rows(real, spoof))
    assert told[0].startswith(f"split test: {real:,} bona fide and {spoof:,} spoof rows")
    assert told[0].endswith("this key may have the other polarity")
    assert len(told) == 3


@pytest.mark.parametrize(("real", "spoof"), [(100, 1000), (500, 50), (1000, 0), (60, 600), (1000, 1000)])
def test_other_counts_are_no_reason_to_suspect_a_key(real: int, spoof: int) -> None:
    assert not [line for line in differences(card(100, 1000), rows(real, spoof)) if "polarity" in line]


def test_classes_of_one_size_cannot_be_told_apart() -> None:
    assert (
        differences(card(100, 101), rows(101, 100))[0] == "label bona fide: 101 rows, a complete copy has 100"
    )
