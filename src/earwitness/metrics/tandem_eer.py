"""t-EER: one equal error rate for a countermeasure and a speaker verifier in tandem."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.metrics.operating_curve import det_curve
from earwitness.metrics.staircase import checked


class TandemPoint(NamedTuple):
    """The concurrent operating point of a tandem.

    Args:
        rate: concurrent t-EER, a fraction.
        cm_threshold: countermeasure score at and below which a trial is blocked.
        asv_threshold: verifier score at and below which a trial is rejected.
    """

    rate: float
    cm_threshold: float
    asv_threshold: float


def t_eer(
    cm_bona_fide: ArrayLike,
    cm_spoof: ArrayLike,
    asv_target: ArrayLike,
    asv_nontarget: ArrayLike,
    asv_spoof: ArrayLike,
) -> float:
    """Concurrent tandem equal error rate: the same whatever the share of spoofs among impostors.

    Args:
        cm_bona_fide: `(trials,)` countermeasure scores of targets and nontargets; higher = bona fide.
        cm_spoof: `(trials,)` countermeasure scores of spoofs.
        asv_target: `(trials,)` verifier scores of targets; higher = same speaker.
        asv_nontarget: `(trials,)` verifier scores of nontargets.
        asv_spoof: `(trials,)` verifier scores of spoofs.

    Returns:
        A fraction; see `tandem_point`, which also gives the thresholds.

    Raises:
        BadInput: when a class is empty or holds NaN.

    Reference:
        T. Kinnunen et al., "t-EER: parameter-free tandem evaluation of countermeasures and
        biometric comparators", 2023, section 4.

    Example:
        >>> round(t_eer([2, 1, 3, 4], [-1, 0, 1.5], [5, 6], [0, 1], [4, 7]), 4)
        0.1667
    """
    return tandem_point(cm_bona_fide, cm_spoof, asv_target, asv_nontarget, asv_spoof).rate


def tandem_point(
    cm_bona_fide: ArrayLike,
    cm_spoof: ArrayLike,
    asv_target: ArrayLike,
    asv_nontarget: ArrayLike,
    asv_spoof: ArrayLike,
) -> TandemPoint:
    """The concurrent operating point of a tandem of countermeasure and speaker verifier.

    For every verifier threshold the countermeasure threshold at which the tandem's misses and false
    alarms are nearest is found by bisection; of these pairs the one counts at which nontargets
    and spoofs get through equally often. n log n in place of the quadratic search of the
    ASVspoof 5 package, and exact where that package works on a thinned grid (above 3000 trials).

    Args:
        cm_bona_fide: `(trials,)` countermeasure scores of targets and nontargets; higher = bona fide.
        cm_spoof: `(trials,)` countermeasure scores of spoofs.
        asv_target: `(trials,)` verifier scores of targets; higher = same speaker.
        asv_nontarget: `(trials,)` verifier scores of nontargets.
        asv_spoof: `(trials,)` verifier scores of spoofs.

    Returns:
        The rate, a fraction, and both thresholds.

    Raises:
        BadInput: when a class is empty or holds NaN.

    Reference:
        T. Kinnunen et al., "t-EER: parameter-free tandem evaluation of countermeasures and
        biometric comparators", 2023, section 4.

    Example:
        >>> tandem_point([2, 1, 3, 4], [-1, 0, 1.5], [5, 6], [0, 1], [4, 7]).cm_threshold
        0.0
    """
    curve = det_curve(cm_bona_fide, cm_spoof)
    # Thresholds here mean "reject at and below", so the first one rejects nothing.
    cm_thresholds = np.concatenate([[-np.inf], curve.threshold[:-1]])
    miss, false_alarm = curve.miss, curve.false_alarm
    asv = [
        np.sort(checked(scores, f"{name} scores").astype(np.float64))
        for scores, name in (
            (asv_target, "asv target"),
            (asv_nontarget, "asv nontarget"),
            (asv_spoof, "asv spoof"),
        )
    ]
    thresholds = np.concatenate([[-np.inf], np.unique(np.concatenate(asv))])
    rejected = [np.searchsorted(part, thresholds, side="right") / len(part) for part in asv]
    asv_miss, asv_fa, asv_spoof_fa = rejected[0], 1 - rejected[1], 1 - rejected[2]
    # Accepting everybody is always allowed, so there is at least one candidate.
    allowed = (asv_miss < 0.5 * asv_fa + 0.5 * asv_spoof_fa) & (asv_spoof_fa > 0)
    asv_miss, asv_fa, asv_spoof_fa = asv_miss[allowed], asv_fa[allowed], asv_spoof_fa[allowed]

    def excess(at: NDArray[np.int64]) -> NDArray[np.float64]:
        """Misses of the tandem minus its false alarms; rises with the countermeasure threshold."""
        passed = 1 - miss[at]
        total_miss = miss[at] + passed * asv_miss
        # Any share of spoofs gives the same concurrent point; the package takes one half.
        total_fa = 0.5 * passed * asv_fa + 0.5 * false_alarm[at] * asv_spoof_fa
        return np.asarray(total_miss - total_fa)

    low = np.zeros(len(asv_miss), dtype=np.int64)
    high = np.full(len(asv_miss), len(miss) - 1)
    while (low < high).any():
        middle = (low + high) // 2
        crossed = excess(middle) >= 0
        high = np.where(crossed, middle, high)
        low = np.where(crossed, low, np.minimum(middle + 1, high))
    before = np.maximum(low - 1, 0)
    nearest = np.where(np.abs(excess(before)) <= np.abs(excess(low)), before, low)
    passed = 1 - miss[nearest]
    with np.errstate(divide="ignore"):
        unequal = np.abs(asv_fa / asv_spoof_fa - np.where(passed > 0, false_alarm[nearest] / passed, np.inf))
    best = int(np.argmin(unequal))
    return TandemPoint(
        rate=float(asv_spoof_fa[best] * false_alarm[nearest[best]]),
        cm_threshold=float(cm_thresholds[nearest[best]]),
        asv_threshold=float(thresholds[np.flatnonzero(allowed)[best]]),
    )
