"""A table of figures as a picture: shaded cells with their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from earwitness.errors import BadInput
from earwitness.metrics.plots.figure import Figure


def matrix_plot(
    values: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    subtitle: str = "",
    x: str = "",
    y: str = "",
    low: float = 0.0,
    high: float = 1.0,
    percent: bool = True,
) -> str:
    """Figures by row and column; what is not finite stays empty.

    Args:
        values: `(rows, columns)`.
        rows: names of the rows, the first on top.
        columns: names of the columns.
        title: what is shown.
        subtitle: on which data.
        x: what the columns are.
        y: what the rows are.
        low: value of the faintest shade.
        high: value of the fullest shade; above `low`.
        percent: values are fractions and written in percent.

    Returns:
        An SVG picture.

    Raises:
        BadInput: when names and values do not fit.

    Example:
        >>> matrix_plot([[0.5, 1.0]], ["a"], ["x", "y"], title="t").count("<rect")
        4
    """
    table = np.asarray(values, dtype=np.float64)
    if table.shape != (len(rows), len(columns)) or not table.size:
        raise BadInput(f"{table.shape} values for {len(rows)} rows and {len(columns)} columns", where=title)
    if not high > low:
        raise BadInput("the fullest shade must be above the faintest", where=title)
    high_rows, wide = len(rows), len(columns)
    longest = max(map(len, columns))
    cell = max(64.0, 7.0 * min(longest, 16) + 10)
    left = 52 + 6.6 * max(map(len, rows))
    figure = Figure(
        title, subtitle, x, y, (0, wide), (0, high_rows),
        [(at + 0.5, name if len(name) <= 16 else name[:15] + "…") for at, name in enumerate(columns)],
        [(high_rows - at - 0.5, name) for at, name in enumerate(rows)],
        size=(int(max(left + 28 + cell * wide, left + 10.5 * len(title), left + 6.3 * len(subtitle))),
              int(134 + 34 * high_rows)),
        left=left,
    )  # fmt: skip
    figure._axes = [mark for mark in figure._axes if not mark.startswith("<path")]
    for row in range(high_rows):
        for column in range(wide):
            value = table[row, column]
            if not np.isfinite(value):
                continue
            strength = float(np.clip((value - low) / (high - low), 0, 1))
            words = f"{100 * value:.1f}" if percent else f"{value:.3g}"
            figure.cell((column, column + 1), (high_rows - row - 1, high_rows - row), strength, words)
    return figure.svg()
