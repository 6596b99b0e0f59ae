"""Windows of a corpus of stretches, each within one label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from earwitness.errors import BadInput


def windows_by_label(
    table: pl.DataFrame,
    *,
    seconds: float = 10.0,
    hop: float = 0.5,
    duration: Callable[[Mapping[str, Any]], float] | None = None,
) -> pl.DataFrame:
    """Windows of equal length that never lie across two labels.

    The paper does not say how signals were cut: 10 s with half of it in common are our choice
    (30 s and 60 s suit `relabel` better). What is left at the end of a label is not used.

    Args:
        table: rows of a corpus. A row with `segments` (list of `start`, `end`, `label`) is cut
            within each of them; any other within itself, since it has one label.
        seconds: of a window.
        hop: from one window to the next, as a share of its length, above 0 to 1.
        duration: end in seconds of a row whose `end` is null.

    Returns:
        The table's columns without `segments`, one row a window: `id` with a number, `start` and
        `end` in seconds, and `label` of the segment where there were some.

    Raises:
        BadInput: when window or hop are not possible, or a row has no known end.

    Example:
        >>> table = pl.DataFrame({"id": ["a"], "path": ["a.npy"], "start": [2.0], "end": [23.0]})
        >>> windows_by_label(table).select("id", "start", "end").rows()
        [('a-0', 2.0, 12.0), ('a-1', 7.0, 17.0), ('a-2', 12.0, 22.0)]
    """
    if not seconds > 0 or not 0 < hop <= 1:
        raise BadInput(f"a window of {seconds:g} s with a hop of {hop:g} of it is not possible")
    made: list[dict[str, Any]] = []
    for row in table.iter_rows(named=True):
        segments = row.pop("segments", None)
        number = 0
        for start, end, label in _stretches(row, segments, duration):
            count = int((end - start - seconds) / (seconds * hop) + 1 + 1e-9) if end - start >= seconds else 0
            for k in range(count):
                first = start + k * seconds * hop
                window = {**row, "start": first, "end": first + seconds, **label}
                made.append(window | ({"id": f"{row['id']}-{number}"} if "id" in row else {}))
                number += 1
    schema = {name: kind for name, kind in table.schema.items() if name != "segments"}
    schema |= {"start": pl.Float64(), "end": pl.Float64()}
    if "segments" in table.columns:
        schema["label"] = pl.String()
    return pl.DataFrame(made, schema=schema, orient="row")


def _stretches(
    row: Mapping[str, Any],
    segments: list[dict[str, Any]] | None,
    duration: Callable[[Mapping[str, Any]], float] | None,
) -> list[tuple[float, float, dict[str, str]]]:
    if segments is not None:
        return [(float(s["start"]), float(s["end"]), {"label": s["label"]}) for s in segments]
    end = row.get("end")
    if end is None:
        if duration is None:
            raise BadInput("has no end", where=str(row.get("path")))
        end = duration(row)
    return [(float(row.get("start") or 0.0), float(end), {})]
