"""What a scan found against what a complete copy has, and whether a key seems to be turned round."""

from __future__ import annotations

import polars as pl

from earwitness.corpora.corpus_card import CorpusCard, Expected

NEAR = 0.02
"""How far a count may be off and still be taken for the other label's: a copy that lacks a few files."""


def differences(card: CorpusCard, table: pl.DataFrame) -> tuple[str, ...]:
    """Expected counts that were not found, one line each; a key that seems turned round comes first.

    Args:
        card: of the corpus.
        table: its rows.

    Example:
        >>> known = Expected(rows=2, where={"label": "spoof"}, known="established")
        >>> card = CorpusCard(
        ...     name="x", title="X", tasks=(), licence="", access="open", get="", citation="",
        ...     expected=(known,),
        ... )
        >>> differences(card, pl.DataFrame({"label": ["spoof"]}))
        ('label spoof: 1 rows, a complete copy has 2',)
    """
    told = []
    found = {}
    for expected in card.expected:
        count = len(_rows(table, expected))
        found[_named(expected)] = count
        if count != expected.rows:
            known = "" if expected.known == "established" else " (a figure from memory)"
            told.append(f"{_named(expected)}: {count:,} rows, a complete copy has {expected.rows:,}{known}")
    return (*_turned(card, found), *told)


def _rows(table: pl.DataFrame, expected: Expected) -> pl.DataFrame:
    for column, value in expected.where.items():
        table = table.filter(pl.col(column).cast(pl.String) == value)
    return table


def _named(expected: Expected) -> str:
    return " ".join(f"{column} {value}" for column, value in expected.where.items()) or "all"


def _turned(card: CorpusCard, found: dict[str, int]) -> list[str]:
    """A line for each part whose bona fide and spoof counts are each about those of the other."""
    told = []
    for real in card.expected:
        if real.where.get("label") != "bona fide":
            continue
        other = next((e for e in card.expected if e.where == real.where | {"label": "spoof"}), None)
        if other is None or _about(real.rows, other.rows):
            continue
        bona_fide, spoof = found[_named(real)], found[_named(other)]
        if bona_fide and spoof and _about(bona_fide, other.rows) and _about(spoof, real.rows):
            part = " ".join(f"{c} {v}" for c, v in real.where.items() if c != "label") or "all"
            told.append(
                f"{part}: {bona_fide:,} bona fide and {spoof:,} spoof rows, a complete copy has them the "
                "other way round: this key may have the other polarity"
            )
    return told


def _about(count: int, other: int) -> bool:
    return abs(count - other) <= NEAR * max(count, other)
