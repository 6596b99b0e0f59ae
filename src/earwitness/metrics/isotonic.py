"""Pooling adjacent violators: the best non-decreasing posterior along the scores."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earwitness.metrics.staircase import Scores, Staircase

ROUNDS = 30
"""Rounds of pooling all violators at once, before pooling one by one."""


class Blocks(NamedTuple):
    """Runs of scores that share one posterior, ascending.

    Args:
        first: `(blocks,)` lowest score of each block.
        last: `(blocks,)` highest score of each block.
        targets: `(blocks,)` targets in each block.
        nontargets: `(blocks,)` nontargets in each block.
    """

    first: Scores
    last: Scores
    targets: NDArray[np.float64]
    nontargets: NDArray[np.float64]


def pool_adjacent_violators(stairs: Staircase) -> Blocks:
    """Blocks of the isotonic fit of class membership on score.

    Args:
        stairs: sorted scores of both classes; tied scores always share a block.

    Returns:
        The blocks; the fraction of targets rises from block to block.

    Reference:
        N. Brümmer and J. du Preez, "The PAV algorithm optimizes binary proper scoring rules", 2013.

    Example:
        >>> pool_adjacent_violators(Staircase.of([1, 3], [0, 2])).targets
        array([0., 1., 1.])
    """
    targets, nontargets = stairs.steps
    ends = pooled_ends(targets.astype(np.float64), nontargets.astype(np.float64))
    starts = np.concatenate([[0], ends[:-1]])
    return Blocks(
        stairs.thresholds[starts],
        stairs.thresholds[ends - 1],
        np.add.reduceat(targets, starts).astype(np.float64),
        np.add.reduceat(nontargets, starts).astype(np.float64),
    )


def pooled_ends(targets: NDArray[np.float64], nontargets: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where each block of the isotonic fit ends.

    Every round pools all runs of violators at once; noise is gone after a dozen rounds. What is left
    after `ROUNDS` (a fall that eats its way back block by block) is pooled one by one.

    Args:
        targets: `(steps,)` weight of targets at each distinct score, ascending in score.
        nontargets: `(steps,)` weight of nontargets there; a step must not be empty of both.

    Returns:
        `(blocks,)` index one past the last step of each block.

    Example:
        >>> pooled_ends(np.array([0.0, 1, 0, 1]), np.array([1.0, 0, 1, 0]))
        array([1, 3, 4])
    """
    ends = np.arange(1, len(targets) + 1)
    for _ in range(ROUNDS):
        # A block violates if its share of targets is at least that of the next: t1 / n1 >= t2 / n2.
        parted = targets[:-1] * nontargets[1:] < targets[1:] * nontargets[:-1]
        if parted.all():
            return ends
        last = np.append(np.flatnonzero(parted), len(targets) - 1)
        starts = np.concatenate([[0], last[:-1] + 1])
        ends = ends[last]
        targets, nontargets = np.add.reduceat(targets, starts), np.add.reduceat(nontargets, starts)
    from scipy.optimize import isotonic_regression

    total = targets + nontargets
    fitted = isotonic_regression(targets / total, weights=total)
    return np.asarray(ends[np.asarray(fitted.blocks[1:], dtype=np.int64) - 1])
