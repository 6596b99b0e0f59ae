"""A split that public work makes of a corpus by naming its test speakers."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from earwitness.corpora.scanning import choice

SPLITS = ("none", "nkululeko")
"""Values of the option `split`: none, or that of the toolkit nkululeko (Burkhardt et al., LREC 2022)."""


def speaker_split(
    option: str, column: str, test: Collection[str], validation: Collection[str] = ()
) -> pl.Expr:
    """The column `split` by the option of that name.

    Args:
        option: one of `SPLITS`.
        column: with the speakers as they are named below.
        test: speakers of the test side.
        validation: speakers of the validation side.

    Returns:
        An expression: "" for all rows with "none", else train, validation or test.

    Raises:
        BadInput: when the option is not one of `SPLITS`.

    Example:
        >>> rows = pl.DataFrame({"who": ["a", "b"]})
        >>> rows.select(speaker_split("nkululeko", "who", {"b"}))["split"].to_list()
        ['train', 'test']
    """
    if choice("split", option, SPLITS) == "none":
        return pl.lit("").alias("split")
    return (
        pl.when(pl.col(column).is_in(list(test)))
        .then(pl.lit("test"))
        .when(pl.col(column).is_in(list(validation)))
        .then(pl.lit("validation"))
        .otherwise(pl.lit("train"))
        .alias("split")
    )
