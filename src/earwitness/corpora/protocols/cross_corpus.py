"""Trained on one corpus, tested on another, on the labels that both have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import polars as pl

from earwitness.corpora.corpus import Corpus, require_columns
from earwitness.corpora.protocols.grouped_folds import grouped_folds
from earwitness.corpora.protocols.label_space import LabelTable, Mapped, intersect
from earwitness.corpora.protocols.leaks import LeakCheck
from earwitness.corpora.protocols.split import Rows, Split
from earwitness.errors import BadInput


class Relabelled(msgspec.Struct, frozen=True, kw_only=True):
    """A split with labels of its own.

    Args:
        split: of the joined corpus; rows whose label is not shared are on no side.
        table: how the labels were brought together.
        labels: (rows of the joined corpus,) shared labels, "" where there is none.
    """

    split: Split
    table: LabelTable
    labels: pl.Series


def joined(corpora: Mapping[str, Corpus]) -> Corpus:
    """Several corpora as one, in which nothing is the same by chance of its name.

    Args:
        corpora: name -> corpus; the names become the column `corpus`, and stand before every id,
            speaker, group and path (`NAME/path`), so the folders lie side by side under one.

    Raises:
        BadInput: when there are fewer than two.
    """
    if len(corpora) < 2:
        raise BadInput("needs at least two corpora to join")
    tables = []
    for name, corpus in corpora.items():
        with_name = [
            pl.when(pl.col(column).fill_null("") == "")
            .then(pl.lit(""))
            .otherwise(name + sign + pl.col(column))
            .alias(column)
            for column, sign in (("id", ":"), ("speaker", ":"), ("group", ":"), ("path", "/"))
        ]  # fmt: skip
        tables.append(corpus.table.with_columns(*with_name, pl.lit(name).alias("corpus")))
    return Corpus(pl.concat(tables, how="diagonal_relaxed"), " and ".join(corpora))


def cross_corpus(
    corpus: Corpus,
    *,
    label: str,
    by: str = "corpus",
    pairs: Sequence[tuple[str, str]] | None = None,
    mapping: Mapping[str, Mapped] | None = None,
    merges: Sequence[str] = (),
    classes: Sequence[str] | None = None,
    same: int = 0,
    seed: int = 0,
    allow: Sequence[str] = (),
) -> list[Relabelled]:
    """A round for each ordered pair of corpora, and where wanted folds inside each for comparison.

    Args:
        corpus: rows of several corpora (`joined`).
        label: column of the labels.
        by: column that names the corpora.
        pairs: (trained on, tested on); all ordered pairs without it.
        mapping: corpus -> label -> shared label, or `None` to leave it out.
        merges: labels that count as others, by name ("calm", "excitement").
        classes: the labels wanted; without it those that each pair shares.
        same: speaker-disjoint folds inside each corpus that is trained on, for the same-corpus row of
            the matrix; they need `classes`, so that all rounds have one label space.
        seed: of the folds.
        allow: columns that may overlap.

    Raises:
        BadInput: when there are fewer than two corpora, a pair names another, fewer than two labels
            are shared, or a speaker or group leaks.
    """
    require_columns(corpus, (by, label))
    column = corpus.table[by].cast(pl.String).fill_null("")
    names = [name for name in column.unique().sort().to_list() if name]
    if len(names) < 2:
        raise BadInput(f"has {len(names)} corpora in column {by!r}; join two first", where=corpus.name)
    if pairs is None:
        pairs = [(one, other) for one in names for other in names if one != other]
    for name in (name for pair in pairs for name in pair):
        if name not in names:
            raise BadInput(f"has no corpus {name!r}; there are: {', '.join(names)}", where=corpus.name)
    if same and classes is None:
        raise BadInput("same-corpus folds need classes, so that all rounds have the same", where="same")
    rows: dict[str, Rows] = {name: (column == name).arg_true().to_numpy().astype(np.int64) for name in names}
    check = LeakCheck(corpus, ("group", "speaker"), allow)
    found = []
    for name in dict.fromkeys(one for one, _ in pairs) if same else ():
        found += _inside(corpus, name, rows[name], label, mapping, merges, classes or (), same, seed)
    for one, other in pairs:
        if one == other:
            raise BadInput("cannot be tested on what it is trained on; same=5 makes folds", where=one)
        sides = [(name, _counted(corpus, rows[name], label)) for name in (one, other)]
        table, mapped, other_mapped = intersect(
            *sides, column=label, mapping=mapping, merges=merges, classes=classes
        )
        labels = _labels(corpus, label, {one: (rows[one], mapped), other: (rows[other], other_mapped)})
        kept = (labels != "").to_numpy()
        split = Split(
            name=f"{one} -> {other}",
            train=rows[one][kept[rows[one]]],
            test=rows[other][kept[rows[other]]],
            how=f"trained on {one}, tested on {other}, on the {label}s {', '.join(table.classes)}",
        )
        found.append(Relabelled(split=check.refuse(split), table=table, labels=labels))
    return found


def _inside(
    corpus: Corpus, name: str, rows: Rows, label: str, mapping: Mapping[str, Mapped] | None,
    merges: Sequence[str], classes: Sequence[str], folds: int, seed: int,
) -> list[Relabelled]:  # fmt: skip
    counted = _counted(corpus, rows, label)
    table, mapped, _ = intersect(
        (name, counted), (name, counted), column=label, mapping=mapping, merges=merges, classes=classes
    )
    labels = _labels(corpus, label, {name: (rows, mapped)})
    kept = rows[(labels != "").to_numpy()[rows]]
    part = Corpus(corpus.table[kept], name)
    found = []
    for split in grouped_folds(part, folds=folds, seed=seed, label=label, unnamed=True):
        moved = msgspec.structs.replace(
            split, name=f"{name}, {split.name}", train=kept[split.train], test=kept[split.test],
            how=f"{split.how}, inside {name}",
        )  # fmt: skip
        found.append(Relabelled(split=moved, table=table, labels=labels))
    return found


def _counted(corpus: Corpus, rows: Rows, label: str) -> dict[str, int]:
    column = corpus.table[label].cast(pl.String)[rows].fill_null("")
    counts = column.filter(column != "").value_counts(name="rows")
    return {str(name): int(count) for name, count in counts.sort(label).iter_rows()}


def _labels(corpus: Corpus, label: str, maps: Mapping[str, tuple[Rows, Mapped]]) -> pl.Series:
    column = corpus.table[label].cast(pl.String).fill_null("")
    shared = np.full(len(corpus), "", dtype=object)
    for rows, mapped in maps.values():
        known = {name: to or "" for name, to in mapped.items()} | {"": ""}
        shared[rows] = column[rows].replace_strict(known, return_dtype=pl.String).to_numpy()
    return pl.Series(label, shared, pl.String)
