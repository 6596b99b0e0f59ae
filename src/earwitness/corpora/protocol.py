"""How a corpus is split: every split says how it was made, and one that leaks is refused."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from earwitness.corpora.corpus import Corpus, require_columns
from earwitness.errors import BadInput

Rows = NDArray[np.int64]
KEYS = ("group", "speaker", "source", "language", "voice", "transcript", "sha256")
"""Columns whose values may lie on both sides of a split only where that is allowed by name."""


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """One way of cutting a corpus into training and test rows.

    Args:
        name: of the round ("kokoro, fold 2 of 3").
        train: rows to be trained on, sorted.
        test: rows to be tested on, sorted.
        how: how it was made, in words, for the record of a run.
    """

    name: str
    train: Rows
    test: Rows
    how: str


def refuse_leaks(corpus: Corpus, split: Split, keys: Sequence[str] = ("group",)) -> Split:
    """The split, or a refusal when a value is on both sides.

    Args:
        corpus: the rows.
        split: to be checked.
        keys: columns, of `KEYS`; empty values do not count.

    Raises:
        BadInput: naming the column and a value that leaks.
    """
    if np.intersect1d(split.train, split.test).size:
        raise BadInput("has rows on both sides", where=split.name)
    require_columns(corpus, keys)
    for key in keys:
        column = corpus.table[key].cast(pl.String).fill_null("")
        shared = sorted((set(column[split.train.tolist()]) & set(column[split.test.tolist()])) - {""})
        if shared:
            raise BadInput(
                f"leaks: {len(shared)} values of {key!r} are in training and test, among them {shared[0]!r}",
                where=split.name,
            )
    return split


def leave_families_out(
    corpus: Corpus, *, disjoint: str = "source", folds: int = 3, seed: int = 0
) -> list[Split]:
    """Leave each spoof family out, crossed with bona fide rows of sources never trained on.

    A round holds back one family and one fold of the values of `disjoint` (sources, speakers or
    languages). It is tested on that family and on bona fide rows of that fold; it trains on the
    other families and folds. Spoofs copied from a held-back clip, or sent through its channel
    (column `partner`), go with it. Text-to-speech rows, which come from no source, are tested in
    the fold of the clip whose channel they have.

    Args:
        corpus: with the columns `label`, `family`, `group`, and that of `disjoint`; spoofs keep the
            values of the clip they were made from, or have `partner_source`.
        disjoint: `source`, `speaker` or `language`.
        folds: at least 2; fewer where there are fewer values.
        seed: deals the values to folds.

    Returns:
        A round for each family and fold; over the folds of a family every row of it and every bona
        fide row is tested once.

    Raises:
        BadInput: when columns or classes are missing, there are fewer than two families or values,
            or a split would leak.
    """
    require_columns(corpus, ("label", "family", "group", disjoint))
    table = corpus.table.with_columns(
        pl.col(name).cast(pl.String).fill_null("") for name in ("label", "family", "group", disjoint)
    )
    real = (table["label"] == "bona fide").to_numpy()
    family = table["family"].to_numpy()
    families = sorted(set(family[~real].tolist()))
    home = _homes(table, real, disjoint)
    values = sorted(set(home[real].tolist()) - {""})
    if len(families) < 2 or len(values) < 2:
        raise BadInput(f"needs two spoof families and two values of {disjoint!r}", where=corpus.name)
    dealt = _dealt(home, real, values, min(folds, len(values)), seed)
    group = table["group"].to_numpy()
    splits = []
    for held in families:
        for number, fold in enumerate(dealt):
            inside = np.isin(home, fold)
            test = inside & (real | (family == held))
            train = ~inside & (real | (family != held))
            train &= ~np.isin(group, np.unique(group[test]))
            split = Split(
                name=f"{held}, fold {number + 1} of {len(dealt)}",
                train=np.flatnonzero(train),
                test=np.flatnonzero(test),
                how=f"family {held} left out, {disjoint} disjoint: {', '.join(fold)} held back, seed {seed}",
            )
            if not len(split.train) or not real[split.test].any() or real[split.test].all():
                raise BadInput("leaves a side or a class empty; take fewer folds", where=split.name)
            splits.append(refuse_leaks(corpus, split))
    return splits


def grouped_folds(corpus: Corpus, *, by: str = "speaker", folds: int = 5, seed: int = 0) -> list[Split]:
    """Folds of about equal size in which no value of a column is on both sides.

    Args:
        corpus: the rows.
        by: `speaker`, `group`, `session`, `source` or `language`.
        folds: at least 2.
        seed: deals the values.

    Raises:
        BadInput: when there are fewer values than folds, a row has none, or a group would leak.
    """
    require_columns(corpus, (by,))
    column = corpus.table[by].cast(pl.String).fill_null("").to_numpy()
    values = sorted(set(column.tolist()))
    if "" in values:
        raise BadInput(f"has rows without {by!r}", where=corpus.name)
    if len(values) < folds or folds < 2:
        raise BadInput(f"has {len(values)} values of {by!r}, too few for {folds} folds", where=corpus.name)
    dealt = _dealt(column, np.ones(len(column), bool), values, folds, seed)
    splits = []
    for number, fold in enumerate(dealt):
        inside = np.isin(column, fold)
        split = Split(
            name=f"fold {number + 1} of {folds}",
            train=np.flatnonzero(~inside),
            test=np.flatnonzero(inside),
            how=f"{folds} folds, {by} disjoint, seed {seed}",
        )
        splits.append(refuse_leaks(corpus, split, tuple(dict.fromkeys((by, "group")))))
    return splits


def _homes(table: pl.DataFrame, real: NDArray[np.bool_], disjoint: str) -> NDArray:
    """The value of each row's source clip: for text-to-speech, that of the clip whose channel it has."""
    if "partner" not in table.columns:
        return table[disjoint].to_numpy()
    owner = {
        str(group): str(value)
        for group, value in table.filter(pl.Series(real)).select("partner", disjoint).iter_rows()
    }
    return np.array(
        [
            str(own) if is_real else owner.get(str(partner), str(own))
            for own, partner, is_real in zip(table[disjoint], table["partner"], real, strict=True)
        ]
    )


def _dealt(
    home: NDArray, counted: NDArray[np.bool_], values: list[str], folds: int, seed: int
) -> list[list[str]]:
    """Values dealt to folds, the largest first, each to the fold that is smallest so far."""
    rng = np.random.default_rng(seed)
    sizes = {value: int(((home == value) & counted).sum()) for value in values}
    order = sorted(rng.permutation(values).tolist(), key=lambda value: -sizes[value])
    dealt: list[list[str]] = [[] for _ in range(folds)]
    weight = [0] * folds
    for value in order:
        smallest = weight.index(min(weight))
        dealt[smallest].append(value)
        weight[smallest] += sizes[value]
    return [sorted(fold) for fold in dealt]
