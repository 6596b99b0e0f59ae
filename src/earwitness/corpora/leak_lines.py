"""Leaks across the splits of a corpus and repeats in it: counted, and told in words."""

from __future__ import annotations

import polars as pl

from earwitness.corpora.parts import only, parts_of

KEYS = ("speaker", "group", "sha256", "transcript")
"""Columns whose values should not be on both sides of a split."""


def leaks_and_repeats(table: pl.DataFrame, label: str = "label") -> tuple[dict[str, int], int, list[str]]:
    """What is in several splits, how many rows repeat another, and both in words; each part by itself.

    Args:
        table: of a corpus.
        label: column of the classes: the same content under two of them is told.

    Returns:
        Column -> values in several splits (only where there are some); rows whose content hash another
        row of their part has; one line a finding.

    Example:
        >>> rows = pl.DataFrame({"speaker": ["a", "a", "b"], "split": ["train", "test", "test"]})
        >>> leaks_and_repeats(rows)
        ({'speaker': 1}, 0, ["1 of 2 values of 'speaker' are in several splits"])
    """
    leaks: dict[str, int] = {}
    repeats, lines = 0, []
    parts = parts_of(table)
    for part in parts:
        rows = only(table, part)
        where = f"{part}: " if len(parts) > 1 else ""
        for key in (key for key in KEYS if key in table.columns):
            named = rows.filter(pl.col(key).is_not_null() & (pl.col(key).cast(pl.String) != ""))
            splits = named.group_by(key).agg(pl.col("split").n_unique())
            shared = len(splits.filter(pl.col("split") > 1))
            if shared:
                leaks[key] = leaks.get(key, 0) + shared
                lines.append(f"{where}{shared:,} of {len(splits):,} values of {key!r} are in several splits")
        count, told = _repeats(rows, label)
        repeats += count
        lines += [f"{where}{line}" for line in told]
    return leaks, repeats, lines


def _repeats(rows: pl.DataFrame, label: str) -> tuple[int, list[str]]:
    if "sha256" not in rows.columns:
        return 0, []
    same = rows.filter(pl.col("sha256").fill_null("") != "").filter(pl.col("sha256").is_duplicated())
    if not len(same):
        return 0, []
    apart = same.filter(pl.col("group").n_unique().over("sha256") > 1) if "group" in rows.columns else same
    tied = "; they are in one group, so no protocol parts them" if not len(apart) else ""
    lines = [f"{len(same):,} rows have the same content as another{tied}"]
    if label in rows.columns:
        torn = same.filter(pl.col(label).n_unique().over("sha256") > 1)["sha256"].n_unique()
        if torn:
            lines.append(f"{torn:,} contents have several values of {label!r}")
    return len(same), lines
