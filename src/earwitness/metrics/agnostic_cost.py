"""a-DCF: detection cost of one score that must reject both impostors and spoofs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from earwitness.errors import BadInput
from earwitness.metrics.staircase import checked


def a_dcf(
    target: ArrayLike,
    nontarget: ArrayLike,
    spoof: ArrayLike,
    *,
    p_target: float = 0.9,
    p_nontarget: float = 0.05,
    p_spoof: float = 0.05,
    c_miss: float = 1.0,
    c_fa: float = 10.0,
    c_fa_spoof: float = 20.0,
) -> float:
    """Minimum normalised architecture-agnostic detection cost.

    Args:
        target: `(trials,)` scores of bona fide targets; higher = accept.
        nontarget: `(trials,)` scores of bona fide nontargets.
        spoof: `(trials,)` scores of spoofs.
        p_target: prior probability of a target.
        p_nontarget: prior probability of a nontarget.
        p_spoof: prior probability of a spoof; the three add up to 1.
        c_miss: cost of rejecting a target.
        c_fa: cost of accepting a nontarget.
        c_fa_spoof: cost of accepting a spoof.

    Returns:
        Cost in [0, 1]; 1 = the better of "accept all" and "reject all".

    Raises:
        BadInput: when a class is empty or holds NaN, or priors or costs are out of range.

    Reference:
        H. Shim et al., "a-DCF: an architecture agnostic metric with application to
        spoofing-robust speaker verification", 2024, eqs. 3-5 (whose costs are the defaults).

    Example:
        >>> round(a_dcf([3, 2, 1], [0, -1, 1.5], [2.5, -2, -3]), 4)
        0.5556
    """
    priors, costs = (p_target, p_nontarget, p_spoof), (c_miss, c_fa, c_fa_spoof)
    if min(priors) < 0 or abs(sum(priors) - 1) > 1e-9:
        raise BadInput(f"must be at least 0 and add up to 1, got {priors}", where="priors")
    if not all(0 < cost < math.inf for cost in costs):
        raise BadInput(f"must be positive and finite, got {costs}", where="costs")
    reject_all, impostor, spoofed = (prior * cost for prior, cost in zip(priors, costs, strict=True))
    kept = np.sort(checked(target, "target scores"))
    cost = np.arange(len(kept)) * (reject_all / len(kept))
    for weight, scores, name in ((impostor, nontarget, "nontarget"), (spoofed, spoof, "spoof")):
        ranked = np.sort(checked(scores, f"{name} scores"))
        cost += (len(ranked) - np.searchsorted(ranked, kept, side="left")) * (weight / len(ranked))
    # As in `lowest_cost`: some target score, or "reject all", is the best threshold.
    default = min(reject_all, impostor + spoofed)
    if default <= 0:
        raise BadInput("leave one side without weight", where="priors")
    return min(float(cost.min()), reject_all, impostor + spoofed) / default
