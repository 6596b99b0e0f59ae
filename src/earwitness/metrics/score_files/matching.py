"""Scores beside their key: every trial once, none missing, none extra."""

from __future__ import annotations

import polars as pl

from earwitness.errors import BadInput
from earwitness.metrics.score_files.reading import few


def matched(scores: pl.DataFrame, key: pl.DataFrame, *, where: str, subset: bool = False) -> pl.DataFrame:
    """Join scores to the key.

    Args:
        scores: columns `id` and `score`.
        key: columns `id` and `label` and more.
        where: the score file, for the refusal.
        subset: allow scores of trials that the key does not ask for (a key filtered to a phase).

    Returns:
        The rows of the key, in its order, with their scores.

    Raises:
        BadInput: when trials of the key have no score, or scores no trial in the key; some are named.

    Example:
        >>> scores = pl.DataFrame({"id": ["a", "b"], "score": [1.0, 2.0]})
        >>> key = pl.DataFrame({"id": ["b", "a"], "label": ["spoof", "bona fide"]})
        >>> matched(scores, key, where="scores.txt")["score"].to_list()
        [2.0, 1.0]
    """
    clash = [name for name in scores.columns if name not in ("id", "score") and name in key.columns]
    key = key.drop([name for name in ("score", "cm_score", "asv_score") if name in key.columns])
    joined = key.join(scores.drop(clash), on="id", how="left", maintain_order="left")
    column = next(name for name in scores.columns if name != "id" and name not in clash)
    missing = joined.filter(pl.col(column).is_null())["id"]
    if len(missing):
        raise BadInput(f"has no score for {len(missing)} of {len(key)} trials: {few(missing)}", where=where)
    if not subset and len(scores) > len(key):
        extra = scores.join(key, on="id", how="anti")["id"]
        raise BadInput(f"scores {len(extra)} trials that the key does not have: {few(extra)}", where=where)
    return joined
