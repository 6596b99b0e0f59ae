"""Confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from earwitness.metrics.plots.figure import Figure


def confusion_plot(matrix: ArrayLike, classes: Sequence[str]) -> str:
    """Counts of predicted classes for each true class, shaded by row.

    Args:
        matrix: `(classes, classes)` counts; rows are the truth.
        classes: names in order.

    Returns:
        An SVG picture.

    Example:
        >>> confusion_plot([[3, 1], [0, 2]], ["calm", "angry"]).count("<rect")
        6
    """
    counts = np.asarray(matrix, dtype=np.int64)
    n = len(classes)
    ticks = [(at + 0.5, name if len(name) < 14 else name[:12] + "…") for at, name in enumerate(classes)]
    side = max(420, min(1200, 150 + 46 * n))
    figure = Figure(
        "Confusion",
        "shade: share of its row",
        "answer",
        "truth",
        (0, n),
        (0, n),
        ticks,
        [(n - at, name) for at, name in ticks],
        size=(side + 60, side),
        left=52 + 6.5 * max(len(word) for _, word in ticks),
    )
    figure._axes = [mark for mark in figure._axes if not mark.startswith("<path")]
    for row in range(n):
        total = max(int(counts[row].sum()), 1)
        for column in range(n):
            figure.cell(
                (column, column + 1),
                (n - row - 1, n - row),
                counts[row, column] / total,
                str(counts[row, column]),
            )
    return figure.svg()
