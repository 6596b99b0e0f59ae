"""One way of cutting a corpus into training, validation and test rows, and its record."""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from earwitness.corpora.corpus import Corpus

Rows = NDArray[np.int64]
SIDES = ("train", "validation", "test")


def no_rows() -> Rows:
    """An empty side."""
    return np.zeros(0, np.int64)


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """One way of cutting a corpus.

    Args:
        name: of the round ("kokoro, fold 2 of 3").
        train: rows to be trained on, sorted.
        validation: rows by which training is stopped, sorted; none where nothing was held back.
        test: rows to be tested on, sorted.
        how: how it was made, in words, for the record of a run.
        overlap: columns whose values are on two sides, because that was allowed by name.
        unknown: classes that are tested and never trained on (open-set).
    """

    name: str
    train: Rows
    test: Rows
    how: str
    validation: Rows = msgspec.field(default_factory=no_rows)
    overlap: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class SideRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One side of a split.

    Args:
        rows: how many.
        speakers: how many are known by name.
        classes: label -> rows; empty without a label column.
        sha256: of the ids in order, one a line (hexadecimal).
    """

    rows: int
    speakers: int
    classes: dict[str, int]
    sha256: str


class SplitRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a run keeps of its split.

    Args:
        name: of the round.
        how: in words.
        overlap: columns whose values are on two sides.
        unknown: classes that were never trained on.
        sides: train, validation, test.
    """

    name: str
    how: str
    overlap: tuple[str, ...]
    unknown: tuple[str, ...]
    sides: dict[str, SideRecord]


def split_record(corpus: Corpus, split: Split, label: str | None = "label") -> SplitRecord:
    """The record of a split: counts, classes and the hash of the ids of each side.

    Args:
        corpus: that was split.
        split: of it.
        label: column that is counted by class, where there is one.

    Example:
        >>> table = pl.DataFrame([dict(id=i, path=i, start=0.0, end=1.0, split="", speaker=i, group=i)
        ...     for i in "ab"])
        >>> split = Split(name="by hand", train=np.array([0]), test=np.array([1]), how="by hand")
        >>> split_record(Corpus(table), split).sides["test"].rows
        1
    """
    sides = {}
    for side in SIDES:
        rows = corpus.table[getattr(split, side)]
        classes: dict[str, int] = {}
        if label is not None and label in rows.columns:
            counted = rows.group_by(pl.col(label).cast(pl.String)).len().sort(label)
            classes = {str(name): count for name, count in counted.iter_rows()}
        ids = "\n".join(rows["id"].sort().to_list())
        sides[side] = SideRecord(
            rows=len(rows),
            speakers=rows["speaker"].drop_nulls().replace("", None).drop_nulls().n_unique(),
            classes=classes,
            sha256=hashlib.sha256(ids.encode()).hexdigest(),
        )
    return SplitRecord(
        name=split.name, how=split.how, overlap=split.overlap, unknown=split.unknown, sides=sides
    )
