"""Parts of a corpus that hold different kinds of sound and are not to be scored together."""

from __future__ import annotations

import polars as pl

SPEECH = "speech"


def only(table: pl.DataFrame, part: str = SPEECH) -> pl.DataFrame:
    """The rows of a part; all rows of a table that has no parts.

    Args:
        table: of a corpus.
        part: value of the column `part`.

    Example:
        >>> only(pl.DataFrame({"id": ["a", "b"], "part": ["speech", "codec"]}))["id"].to_list()
        ['a']
        >>> len(only(pl.DataFrame({"id": ["a", "b"]})))
        2
    """
    return table.filter(pl.col("part") == part) if "part" in table.columns else table


def parts_of(table: pl.DataFrame) -> list[str]:
    """Parts in the order in which they come; `speech` alone for a table without parts."""
    if "part" not in table.columns:
        return [SPEECH]
    return table["part"].fill_null(SPEECH).unique(maintain_order=True).to_list()
