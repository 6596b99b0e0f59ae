"""Values dealt to folds so that the folds are alike in size and in their classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from earwitness.corpora.protocols.leaks import coded_values

Numbers = NDArray[np.int64]


def counts_of(values: Numbers, count: int, classes: Numbers | None = None) -> Numbers:
    """How many rows each value has of each class.

    Args:
        values: (rows,) place of each row's value; -1 is left out.
        count: of values.
        classes: (rows,) class of each row, -1 = none; all rows are of one class without it.

    Returns:
        Shape (values, classes).
    """
    kept = values >= 0
    if classes is None:
        return np.bincount(values[kept], minlength=count)[:, None]
    width = int(classes.max(initial=-1)) + 2  # rows without a class count as a class of their own
    flat = values[kept] * width + classes[kept] + 1
    return np.bincount(flat, minlength=count * width).reshape(count, width)


def deal(counts: Numbers, folds: int, seed: int) -> Numbers:
    """Deal values to folds, the largest first, each where it is missed most.

    A value goes to the fold where the sum over the classes (and over all rows, as one more) of
    share held already times share that it brings is least. Values with the same counts are dealt
    evenly in one go, so a million single rows cost no more than a few.

    Args:
        counts: shape (values, classes), rows of each.
        folds: at least 1.
        seed: breaks ties; with the same seed the same values have the same folds.

    Returns:
        Shape (values,), the fold of each.

    Example:
        >>> dealt = deal(np.array([[4, 0], [4, 0], [0, 3], [0, 3]]), 2, seed=0)
        >>> sorted(dealt[:2].tolist()), sorted(dealt[2:].tolist())
        ([0, 1], [0, 1])
    """
    wide = np.hstack([counts, counts.sum(axis=1, keepdims=True)])
    share = wide / np.maximum(wide.sum(axis=0), 1)
    rank = np.random.default_rng(seed).permutation(len(counts))
    columns = [f"c{at}" for at in range(wide.shape[1])]
    # Values of equal counts as one kind, its members in the seed's order, the largest kind first.
    kinds = (
        pl.DataFrame(wide, schema=dict.fromkeys(columns, pl.Int64))
        .with_columns(pl.Series("rank", rank), pl.int_range(pl.len()).alias("value"))
        .sort("rank")
        .group_by(columns, maintain_order=True)
        .agg(pl.col("value"))
        .sort(columns[-1], descending=True, maintain_order=True)
    )
    held = np.zeros((folds, wide.shape[1]))
    dealt = np.zeros(len(counts), np.int64)
    for members in kinds["value"]:
        places = members.to_numpy()
        brought = share[places[0]]
        even = len(places) // folds * folds
        dealt[places[:even]] = np.arange(even) % folds
        held += brought * (even // folds)
        for place in places[even:]:
            cost = held @ brought
            fold = int(np.lexsort((held[:, -1], cost))[0])
            dealt[place] = fold
            held[fold] += brought
    return dealt


def homes(values: Numbers, names: Sequence[str], group: pl.Series) -> Numbers:
    """What must lie on one side together: rows of one value, and values that share a group.

    Rows without a value stand by their group; those without both stand together.

    Args:
        values: (rows,) place of each row's value, -1 = none.
        names: of the values, in order.
        group: (rows,) of each row; an empty one ties nothing.

    Returns:
        (rows,) numbers from 0 up, in the order of the names, whatever the order of the rows.

    Example:
        >>> homes(np.array([0, 1, 2, -1]), ["a", "b", "c"], pl.Series(["x", "x", "y", "z"])).tolist()
        [0, 0, 1, 2]
    """
    values, count = values.copy(), len(names)
    lone = values < 0
    if lone.any():
        places, found = coded_values(group.filter(pl.Series(lone)))
        # Rows that have not even a group cannot be told apart, and stay together.
        values[lone] = count + np.where(places < 0, len(found), places)
        count = int(values.max()) + 1
    pairs = pl.DataFrame({"group": group.hash(), "named": group != "", "value": values})
    apart = pl.col("value").max() != pl.col("value").min()
    tied = pairs.filter("named").group_by("group").agg(apart.alias("apart")).filter("apart")["group"]
    home = np.arange(count)
    if len(tied):
        suspect = pairs["group"].is_in(tied.implode()) & pairs["named"]
        groups, found = coded_values(group.filter(suspect))
        edges = (np.ones(len(groups), np.int8), (values[suspect.to_numpy()], count + groups))
        size = count + len(found)
        home = connected_components(coo_array(edges, shape=(size, size)), directed=False)[1][:count]
    present = home[values]
    # Numbered by the first name in each, so that the numbering is that of the names.
    first = np.full(int(home.max()) + 1, count)
    np.minimum.at(first, home, np.arange(count))
    return np.unique(first[present], return_inverse=True)[1]
