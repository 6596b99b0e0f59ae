"""Cut a row of log likelihood ratios into stretches of two classes, by the cost of a change."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def spoofed_frames(llrs: npt.ArrayLike, change: float) -> npt.NDArray[np.bool_]:
    r"""Which frames are spoof, if every change between the classes costs something.

    The labels minimise :math:`\sum_{i\,spoof} y_i + \lambda \cdot changes` exactly, in one pass forwards and
    one back. Frames are taken as if they were independent, which they are not: the cost must be chosen on
    recordings whose stretches are known. Of equals, a frame is real.

    Args:
        llrs: shape `(frames,)`, natural-log likelihood ratios, bona fide over spoof.
        change: cost of a change, in nats, 0 or more.

    Returns:
        Shape `(frames,)`, true = spoof.

    Reference: A. Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding
    algorithm", IEEE Transactions on Information Theory 13, 1967.

    Example:
        >>> spoofed_frames([2, -1, 2, -3, -3, 2], 2.0).tolist()
        [False, False, False, True, True, False]
    """
    came = []  # whether the best way to (real, spoof) came from spoof
    real = spoof = 0.0
    for value in np.asarray(llrs, np.float64).tolist():
        came.append((spoof + change < real, spoof < real + change))
        real, spoof = min(real, spoof + change), min(spoof, real + change) + value
    found = []
    state = spoof < real
    for way in reversed(came):
        found.append(state)
        state = way[state]
    return np.array(found[::-1], bool)


def differing(spoof: npt.NDArray[np.bool_]) -> tuple[list[tuple[int, int]], bool]:
    """Stretches of the class that holds less of the frames, and whether that is spoof; the rest is not said.

    Args:
        spoof: shape `(frames,)`, true = spoof.

    Example:
        >>> differing(np.array([True, True, False, True]))
        ([(2, 3)], False)
    """
    fewer = bool(2 * spoof.sum() <= len(spoof))
    return runs(spoof if fewer else ~spoof), fewer


def runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and one past the last place of every stretch of true.

    Example:
        >>> runs(np.array([True, False, True, True]))
        [(0, 1), (2, 4)]
    """
    borders = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in borders.reshape(-1, 2)]
