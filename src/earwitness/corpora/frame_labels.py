"""Labels of frames of equal length, and the stretches that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

SEGMENTS = pl.List(pl.Struct({"start": pl.Float64, "end": pl.Float64, "label": pl.String}))
"""Type of a column `segments`: stretches in seconds, each with what it is."""


def stretches(frames: Mapping[str, NDArray], step: float, names: Sequence[str]) -> pl.DataFrame:
    """Frame labels as stretches of equal labels.

    Args:
        frames: id -> `(frames,)` whole numbers, positions in `names`.
        step: length of a frame, in seconds.
        names: of the labels.

    Returns:
        `id` and `segments`, in order of the ids given; the last stretch ends with its last frame,
        which may lie after the end of the recording.

    Example:
        >>> stretches({"a": np.array([0, 0, 1])}, 0.5, ("bona fide", "spoof"))["segments"][0].to_list()[1]
        {'start': 1.0, 'end': 1.5, 'label': 'spoof'}
    """
    lengths = np.array([len(values) for values in frames.values()], dtype=np.int64)
    if not lengths.sum():
        return pl.DataFrame({"id": list(frames)}).with_columns(pl.lit([], SEGMENTS).alias("segments"))
    flat = np.concatenate(list(frames.values()))
    owner = np.repeat(np.arange(len(lengths)), lengths)
    first = np.cumsum(lengths) - lengths
    begins = np.flatnonzero(np.r_[True, (flat[1:] != flat[:-1]) | (owner[1:] != owner[:-1])])
    ends = np.r_[begins[1:], len(flat)]
    offset = first[owner[begins]]
    table = pl.DataFrame(
        {
            "owner": owner[begins],
            "start": np.round((begins - offset) * step, 6),
            "end": np.round((ends - offset) * step, 6),
            "label": np.asarray(names, dtype=object)[flat[begins]],
        },
        schema_overrides={"label": pl.String},
    )
    grouped = table.group_by("owner", maintain_order=True).agg(
        pl.struct("start", "end", "label").alias("segments")
    )
    ids = pl.DataFrame({"id": list(frames), "owner": np.arange(len(lengths))})
    joined = ids.join(grouped, on="owner", how="left", maintain_order="left")
    return joined.select("id", pl.col("segments").cast(SEGMENTS).fill_null([]))
