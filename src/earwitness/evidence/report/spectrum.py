"""A spectrogram made ready for the page: small enough, and with the contrast of its own speech."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RANGE_DB = 60.0
"""What lies so far under the loudest is left blank."""

_STEPS_PER_DB = 255 / 100  # of a picture: 0 = -100 dB, 255 = 0 dB


def contrasted(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Spread the shades over the range that the recording uses.

    Args:
        levels: of a picture, any shape; 2.55 steps a decibel.

    Returns:
        255 at the loudest thousandth, 0 at `RANGE_DB` below it.

    Example:
        >>> contrasted(np.array([[0, 46, 200]], np.uint8)).tolist()
        [[0, 0, 255]]
    """
    top = float(np.percentile(levels, 99.9)) if levels.size else 0.0
    span = RANGE_DB * _STEPS_PER_DB
    top = max(top, span)  # silence stays blank
    return np.clip((levels - (top - span)) * (255 / span), 0, 255).round().astype(np.uint8)


def coarser_image(levels: NDArray[np.uint8], columns: int, rows: int) -> NDArray[np.uint8]:
    """Shrink a spectrogram by averaging, never enlarge it.

    Args:
        levels: `(rows, columns)`.
        columns: at most this many afterwards.
        rows: at most this many afterwards.

    Returns:
        The smaller image.

    Example:
        >>> coarser_image(np.full((4, 6), 9, np.uint8), 3, 4).shape
        (4, 3)
    """
    smaller = levels.astype(np.float64)
    for direction, wanted in ((0, rows), (1, columns)):
        size = smaller.shape[direction]
        if size > wanted:
            edges = np.linspace(0, size, wanted + 1).astype(int)
            sums = np.add.reduceat(smaller, edges[:-1], axis=direction)
            widths = np.diff(edges)
            smaller = sums / (widths[:, None] if direction == 0 else widths[None, :])
    return np.round(smaller).astype(np.uint8)
