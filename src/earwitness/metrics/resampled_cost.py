"""Bootstrap of the minimum detection cost: branch and bound with binomial splits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from earwitness.metrics.detection_cost import weights
from earwitness.metrics.staircase import Staircase


def resampled_min_dcf(
    stairs: Staircase,
    replicates: int,
    generator: np.random.Generator,
    *,
    p_target: float,
    c_miss: float = 1.0,
    c_fa: float = 1.0,
    normalise: bool = True,
) -> NDArray[np.float64]:
    """Minimum detection cost of bootstrap replicates, stratified by class, exact in distribution.

    Scores are grouped into a tree of ranges. How many resampled trials fall into either half of a
    range is binomial given how many are in it. No threshold in a range can cost less than the
    misses at its start and the false alarms at its end; ranges that cannot beat the best cost
    seen so far are left alone, so only those around the minimum are ever opened.

    Args:
        stairs: sorted scores of both classes.
        replicates: how many.
        generator: source of randomness.
        p_target: prior probability of a target.
        c_miss: cost of rejecting a target.
        c_fa: cost of accepting a nontarget.
        normalise: divide by the cost of the better of "accept all" and "reject all".

    Returns:
        `(replicates,)` costs.

    Example:
        >>> stairs = Staircase.of(np.arange(50, 150), np.arange(100))
        >>> resampled_min_dcf(stairs, 1000, np.random.default_rng(0), p_target=0.5).mean().round(1)
        np.float64(0.4)
    """
    miss_weight, fa_weight, default = weights(p_target, c_miss, c_fa)
    counts = stairs.steps
    # Trials up to and with each distinct score; thresholds lie between distinct scores.
    upto = np.stack([np.concatenate([[0], np.cumsum(c)]) for c in counts])
    sizes = upto[:, -1]
    price = np.array([miss_weight / sizes[0], fa_weight / sizes[1]])
    best = np.full(replicates, default)
    owner = np.arange(replicates)
    start = np.zeros(replicates, dtype=np.int64)
    stop = np.full(replicates, upto.shape[1] - 1)
    below = np.zeros((2, replicates), dtype=np.int64)
    inside = np.repeat(sizes[:, None], replicates, axis=1)
    first = True
    while len(owner):
        # The first cut is at the observed minimum: every replicate's own is near.
        middle = (start + stop) // 2
        if first:
            middle = np.clip(np.full(replicates, _observed(upto, price)), start + 1, stop - 1)
            first = False
            if upto.shape[1] < 3:
                break
        left = np.empty_like(inside)
        for side in range(2):
            size = upto[side, stop] - upto[side, start]
            share = (upto[side, middle] - upto[side, start]) / np.maximum(size, 1)
            left[side] = generator.binomial(inside[side], share)
        at = below + left
        np.minimum.at(best, owner, price[0] * at[0] + price[1] * (sizes[1] - at[1]))
        owner = np.concatenate([owner, owner])
        start, stop = np.concatenate([start, middle]), np.concatenate([middle, stop])
        below, inside = np.concatenate([below, at], axis=1), np.concatenate([left, inside - left], axis=1)
        floor = price[0] * below[0] + price[1] * (sizes[1] - below[1] - inside[1])
        hopeful = (stop - start > 1) & (floor < best[owner] * (1 - 1e-12))
        owner, start, stop = owner[hopeful], start[hopeful], stop[hopeful]
        below, inside = below[:, hopeful], inside[:, hopeful]
    return best / default if normalise else best


def _observed(upto: NDArray[np.int64], price: NDArray[np.float64]) -> int:
    return int(np.argmin(price[0] * upto[0] + price[1] * (upto[1, -1] - upto[1])))
