"""A split in which a speaker or a group is on two sides is refused, unless it is allowed by name."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from earwitness.corpora.corpus import Corpus, require_columns
from earwitness.corpora.protocols.split import SIDES, Rows, Split
from earwitness.errors import BadInput

KEYS = ("group", "speaker", "source", "language", "voice", "transcript", "sha256", "session")
"""Columns whose values may lie on two sides of a split only where that is allowed by name."""
WORDS = {"train": "training", "validation": "validation", "test": "test"}


def coded(corpus: Corpus, column: str) -> tuple[NDArray[np.int64], list[str]]:
    """A column as numbers.

    Args:
        corpus: the rows.
        column: of any type; nulls count as empty.

    Returns:
        (rows,) place of each row's value, -1 where it is empty; and the values in order of their names,
        so that the numbers do not depend on the order of the rows.

    Raises:
        BadInput: when there is no such column.
    """
    require_columns(corpus, (column,))
    return coded_values(corpus.table[column])


def coded_values(column: pl.Series) -> tuple[NDArray[np.int64], list[str]]:
    """The same of a column that stands by itself."""
    named = pl.DataFrame({"value": column.cast(pl.String).fill_null("")})
    values = named["value"].unique().sort()
    values = values.filter(values != "")
    order = pl.DataFrame({"value": values}).with_row_index("place")
    places = named.join(order, on="value", how="left", maintain_order="left")["place"]
    return places.cast(pl.Int64).fill_null(-1).to_numpy(), values.to_list()


class LeakCheck:
    """Looks at splits of one corpus; the columns are read once.

    Args:
        corpus: the rows.
        keys: columns whose values must not be on two sides; empty values do not count.
        allow: those of them that may; a split in which they do says so.

    Raises:
        BadInput: when a column is missing, or one is allowed that is not looked at.
    """

    def __init__(
        self, corpus: Corpus, keys: Sequence[str] = ("group", "speaker"), allow: Sequence[str] = ()
    ) -> None:
        strange = [key for key in allow if key not in (*keys, *KEYS)]
        if strange:
            raise BadInput(f"cannot be allowed to overlap; there are: {', '.join(KEYS)}", where=strange[0])
        require_columns(corpus, keys)
        self._allow = tuple(allow)
        self._columns = {key: corpus.table[key].cast(pl.String).fill_null("") for key in dict.fromkeys(keys)}
        # By hash, which is quick; what seems to leak is then looked at by name.
        self._places: dict[str, Rows] = {
            key: column.hash().set(column == "", None).rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
            for key, column in self._columns.items()
        }
        self._rows = len(corpus)

    def refuse(self, split: Split) -> Split:
        """The split, with what overlaps in it; or a refusal.

        Raises:
            BadInput: naming the column and a value that leaks.
        """
        sides = {side: getattr(split, side) for side in SIDES}
        taken = np.zeros(self._rows, np.uint8)
        for rows in sides.values():
            taken[rows] += 1
        if (taken > 1).any() or taken.sum() != sum(map(len, sides.values())):
            raise BadInput("has rows on both sides", where=split.name)
        overlap = []
        for key, places in self._places.items():
            seen = np.zeros((3, int(places.max()) + 1), bool)  # place 0 is that of empty values
            for at, rows in enumerate(sides.values()):
                seen[at, places[rows]] = True
            for one, two in combinations(SIDES, 2):
                suspect = np.flatnonzero(seen[SIDES.index(one)] & seen[SIDES.index(two)])
                shared = self._shared(key, sides[one], sides[two], suspect[suspect > 0])
                if not shared:
                    continue
                if key not in self._allow:
                    raise BadInput(
                        f"leaks: {len(shared)} values of {key!r} are in {WORDS[one]} and {WORDS[two]}, "
                        f"among them {shared[0]!r}",
                        where=split.name,
                    )
                overlap.append(key)
        told = [key for key in dict.fromkeys(overlap) if key not in split.overlap]
        if not told:
            return split
        how = ", ".join((split.how, *(f"{key}s overlap" for key in told)))
        return msgspec.structs.replace(split, how=how, overlap=(*split.overlap, *told))

    def _shared(self, key: str, one: Rows, two: Rows, places: Rows) -> list[str]:
        """Values on both sides, by name: a hash alone accuses nobody."""
        if not len(places):
            return []
        column, mine = self._columns[key], self._places[key]
        left, right = (column[rows[np.isin(mine[rows], places)]].unique() for rows in (one, two))
        return left.filter(left.is_in(right.implode())).sort().to_list()


def refuse_leaks(
    corpus: Corpus, split: Split, keys: Sequence[str] = ("group",), allow: Sequence[str] = ()
) -> Split:
    """The split, or a refusal when a value is on two sides.

    Args:
        corpus: the rows.
        split: to be checked.
        keys: columns, of `KEYS`; empty values do not count.
        allow: those of them that may leak; the split then says that they overlap.

    Raises:
        BadInput: naming the column and a value that leaks.
    """
    return LeakCheck(corpus, keys, allow).refuse(split)
