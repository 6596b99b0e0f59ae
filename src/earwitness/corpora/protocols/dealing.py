"""Values dealt to folds so that the folds are alike in size and in their classes."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

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


def joined_up(first: Numbers, second: Numbers) -> Numbers:
    """Rows that hang together, because they share a value of one column or of the other.

    Args:
        first: (rows,) place of each row's value, -1 = none.
        second: the same of another column; never -1.

    Returns:
        (rows,) number of each row's component, numbered by the smallest place of `second` in it.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right = int(first.max(initial=-1)) + 1, int(second.max(initial=-1)) + 1
    kept = first >= 0
    edges = coo_array(
        (np.ones(int(kept.sum()), np.int8), (second[kept], right + first[kept])),
        shape=(right + left, right + left),
    )
    _, component = connected_components(edges, directed=False)
    # scipy numbers components in the order in which it meets them: that of the places of `second`.
    return component[second].astype(np.int64)
