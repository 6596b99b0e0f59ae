"""Clustered bootstrap of the EER: weighted counts in cells, exact in the cell that matters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from earwitness.metrics.clusters import Clusters
from earwitness.metrics.resampled_eer import crossings
from earwitness.metrics.staircase import Scores


def clustered_eer(
    target: Scores,
    nontarget: Scores,
    clusters: Clusters,
    replicates: int,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """EER of bootstrap replicates in which whole clusters are drawn.

    Distinct scores are grouped into cells. The trials of a replicate in all cells come from one
    matrix product (draws of each cluster x its trials in each cell); only the cell in which the
    rates cross is opened and weighed score by score.

    Args:
        target: `(targets,)` scores in the order of `clusters`.
        nontarget: `(nontargets,)` scores in the order of `clusters`.
        clusters: cluster of each trial.
        replicates: how many.
        generator: source of randomness.

    Returns:
        `(replicates,)` fractions.

    Example:
        >>> clusters = Clusters.of((None, None), 2, 2)
        >>> clustered_eer(np.array([3.0, 4]), np.array([1.0, 2]), clusters, 3, np.random.default_rng(0))
        array([0., 0., 0.])
    """
    scores = np.concatenate([target, nontarget])
    _, step = np.unique(scores, return_inverse=True)
    order = np.argsort(step, kind="stable")
    step = step[order]
    code = np.concatenate([clusters.target, clusters.nontarget])[order]
    side = (order >= len(target)).astype(np.int64)
    steps = int(step[-1]) + 1
    cells = max(1, min(steps, 1024, int(2e7) // max(clusters.count, 1)))
    edges = np.linspace(0, len(step), cells + 1).astype(np.int64)[1:-1]
    cell_of_step = np.searchsorted(np.unique(step[edges]), np.arange(steps), side="right")
    cell = cell_of_step[step]
    cells = int(cell[-1]) + 1
    drawn = clusters.draw(replicates, generator)
    held = _held(side, code, cell, clusters.count, cells, drawn)
    sizes = held.sum(axis=2)
    upto = held.cumsum(axis=2)
    crossed = upto[0] * sizes[1][:, None] >= (sizes[1][:, None] - upto[1]) * sizes[0][:, None]
    which = crossed.argmax(axis=1)
    rows = np.arange(replicates)
    below = upto[:, rows, which] - held[:, rows, which]
    on_step = np.empty_like(below)
    starts = np.searchsorted(cell, np.arange(cells + 1))
    for here in np.unique(which):
        mine = np.flatnonzero(which == here)
        trials = slice(starts[here], starts[here + 1])
        local = step[trials] - step[trials.start]
        heads = np.flatnonzero(np.diff(local, prepend=-1))
        counts = np.empty((2, len(mine), len(heads)))
        weight = drawn[np.ix_(mine, code[trials])]
        for part in range(2):
            counts[part] = np.add.reduceat(weight * (side[trials] == part), heads, axis=1)
        inner = counts.cumsum(axis=2) + below[:, mine, None]
        total = sizes[:, mine, None]
        at = (inner[0] * total[1] >= (total[1] - inner[1]) * total[0]).argmax(axis=1)
        pick = np.arange(len(mine))
        on_step[:, mine] = counts[:, pick, at]
        below[:, mine] = inner[:, pick, at] - counts[:, pick, at]
    return crossings(below, on_step, sizes[0], sizes[1])


def _held(
    side: NDArray[np.int64],
    code: NDArray[np.int64],
    cell: NDArray[np.int64],
    count: int,
    cells: int,
    drawn: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Resampled trials of each class in each cell, `(2, replicates, cells)`."""
    from scipy.sparse import csr_array

    held = np.empty((2, len(drawn), cells))
    for part in range(2):
        of_class = side == part
        if count * cells <= 2e7:
            flat = np.bincount(code[of_class] * cells + cell[of_class], minlength=count * cells)
            held[part] = drawn @ flat.reshape(count, cells).astype(np.float64)
        else:
            pairs = (np.ones(int(of_class.sum())), (cell[of_class], code[of_class]))
            held[part] = (csr_array(pairs, shape=(cells, count)) @ drawn.T).T
    return held
