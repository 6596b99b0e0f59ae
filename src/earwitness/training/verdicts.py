"""Thresholds between which nothing is said, so that few of the verdicts given are wrong."""

from __future__ import annotations

import msgspec
import numpy as np

from earwitness.errors import BadInput


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """Where a verdict is given, on calibrated log likelihood ratios.

    Args:
        spoof_below: at or below, the verdict is "spoof".
        bona_fide_above: at or above, the verdict is "bona fide".
    """

    spoof_below: float
    bona_fide_above: float


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of thresholds on trials.

    Args:
        trials: how many.
        given: verdicts given.
        wrong: verdicts that were wrong.
        bona_fide_given: share of real speech called bona fide.
        spoof_given: share of spoofs called spoof.
        bona_fide_wrong: share of real speech called spoof.
        spoof_wrong: share of spoofs called bona fide.
    """

    trials: int
    given: int
    wrong: int
    bona_fide_given: float
    spoof_given: float
    bona_fide_wrong: float
    spoof_wrong: float

    @property
    def wrong_share(self) -> float:
        """Wrong verdicts of all verdicts given; 0 when none was given."""
        return self.wrong / self.given if self.given else 0.0


def fit_verdicts(
    llr: np.ndarray, bona_fide: np.ndarray, weight: np.ndarray, *, wrong: float, fewest: int = 10
) -> Verdicts:
    """The widest verdict regions in which at most a given share of the verdicts is wrong.

    Each verdict by itself keeps the share: of the recordings called bona fide at most `wrong` are
    spoofs, and of those called spoof at most `wrong` are real, under the weights.

    Args:
        llr: (n,) calibrated, held-back scores.
        bona_fide: (n,) True = real speech.
        weight: (n,) of each trial; balance classes and families with it.
        wrong: highest share of wrong verdicts, 0 to 1.
        fewest: right verdicts that a region must hold, or no such verdict is ever given.

    Returns:
        Thresholds; a verdict that cannot be given well has its threshold beyond all scores.

    Raises:
        BadInput: when a class is missing.

    Example:
        >>> found = fit_verdicts(np.array([-2., -1., 1., 2.]), np.array([False, False, True, True]),
        ...     np.ones(4), wrong=0.1, fewest=1)
        >>> found.spoof_below, found.bona_fide_above
        (0.0, 0.0)
    """
    if bona_fide.all() or not bona_fide.any():
        raise BadInput("thresholds need real speech and spoofs")
    above = _boundary(llr, bona_fide, weight, wrong, fewest)
    below = -_boundary(-llr, ~bona_fide, weight, wrong, fewest)
    if below > above:  # the regions overlap: one border between them is enough
        below = above = (below + above) / 2
    # + 0.0: no negative zero in a manifest
    return Verdicts(spoof_below=float(below) + 0.0, bona_fide_above=float(above))


def fit_hardest_verdicts(
    llr: np.ndarray, bona_fide: np.ndarray, family: np.ndarray, *, wrong: float, fewest: int = 10
) -> Verdicts:
    """Thresholds that keep the share in every held-back family by itself, so in the hardest one.

    Args:
        llr: (n,) calibrated, held-back scores.
        bona_fide: (n,) True = real speech.
        family: (n,) engine family whose round the trial is of; its classes count alike.
        wrong: highest share of wrong verdicts, 0 to 1.
        fewest: see `fit_verdicts`.

    Example:
        >>> real = np.array([False, True, False, True])
        >>> found = fit_hardest_verdicts(np.array([-2., 1., 0., 3.]), real, np.array(["a", "a", "b", "b"]),
        ...     wrong=0.1, fewest=1)
        >>> found.spoof_below, found.bona_fide_above
        (-0.5, 1.5)
    """
    apart = []
    for name in sorted(set(family.tolist())):
        mine = family == name
        real = bona_fide[mine]
        half = np.where(real, 1 / max(real.sum(), 1), 1 / max((~real).sum(), 1))
        apart.append(fit_verdicts(llr[mine], real, half, wrong=wrong, fewest=fewest))
    return Verdicts(
        spoof_below=min(one.spoof_below for one in apart),
        bona_fide_above=max(one.bona_fide_above for one in apart),
    )


def _boundary(score: np.ndarray, right: np.ndarray, weight: np.ndarray, wrong: float, fewest: int) -> float:
    """Lowest threshold at and above which at most a share of the weight is not right."""
    order = np.argsort(-score, kind="stable")
    sorted_score, sorted_right, sorted_weight = score[order], right[order], weight[order]
    total = np.cumsum(sorted_weight)
    bad = np.cumsum(sorted_weight * ~sorted_right)
    last_of_tie = np.append(sorted_score[1:] != sorted_score[:-1], True)
    good = (bad <= wrong * total) & last_of_tie & (np.cumsum(sorted_right) >= fewest)
    if not good.any():
        return float(sorted_score[0]) + 1.0
    place = int(np.flatnonzero(good)[-1])
    if place + 1 == len(sorted_score):
        return float(sorted_score[place])
    return float(sorted_score[place] + sorted_score[place + 1]) / 2


def spoken_verdicts(llr: np.ndarray, verdicts: Verdicts) -> np.ndarray:
    """Verdict of each score: 1 bona fide, -1 spoof, 0 inconclusive.

    Example:
        >>> spoken_verdicts(np.array([-3.0, 0.0, 3.0]), Verdicts(spoof_below=-1, bona_fide_above=1)).tolist()
        [-1, 0, 1]
    """
    return np.where(llr >= verdicts.bona_fide_above, 1, np.where(llr <= verdicts.spoof_below, -1, 0))


def outcome(llr: np.ndarray, bona_fide: np.ndarray, verdicts: Verdicts) -> Outcome:
    """Count what the thresholds say about trials whose truth is known."""
    said = spoken_verdicts(llr, verdicts)
    real, fake = said == 1, said == -1
    wrong = (real & ~bona_fide) | (fake & bona_fide)

    def share(said: np.ndarray, of: np.ndarray) -> float:
        return float(said[of].mean()) if of.any() else 0.0

    return Outcome(
        trials=len(llr),
        given=int((real | fake).sum()),
        wrong=int(wrong.sum()),
        bona_fide_given=share(real, bona_fide),
        spoof_given=share(fake, ~bona_fide),
        bona_fide_wrong=share(fake, bona_fide),
        spoof_wrong=share(real, ~bona_fide),
    )
