"""How low a window may fall in a recording called bona fide: chosen and judged on held-back splices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from earwitness.errors import BadInput
from earwitness.metrics.exact_binomial import exact_bounds

CANDIDATES = tuple(np.arange(-3.0, 3.01, 0.25).tolist())
"""Lowest windows that are tried, in nats."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """Recordings as leave-out rounds heard them, calibrated and judged by the rounds of other families.

    Args:
        family: (n,) engine family that the round held back.
        truth: (n,) `splice`, `host` (the same speech left whole), `real` or `spoof` (clips of the corpus).
        llr: (n,) natural-log likelihood ratio of the recording.
        lowest: (n,) that of its lowest window in which changes are looked for.
        above: (n,) threshold of a bona fide verdict in its round.
        below: (n,) threshold of a spoof verdict.
    """

    family: np.ndarray
    truth: np.ndarray
    llr: np.ndarray
    lowest: np.ndarray
    above: np.ndarray
    below: np.ndarray

    def bona_fide(self, least: float | np.ndarray) -> np.ndarray:
        """Which are called bona fide where every window must reach `least`, (n,)."""
        return (self.llr >= self.above) & (self.lowest >= least)


def least_window(heard: Heard, rows: np.ndarray, aim: float) -> float:
    """The mildest candidate with which at most a share of splices is called bona fide.

    Args:
        heard: recordings.
        rows: (n,) True = to be chosen on.
        aim: highest share, 0 to 1.

    Raises:
        BadInput: when there are no splices among the rows.

    Example:
        >>> ones = np.ones(4)
        >>> heard = Heard(family=np.array(["a"] * 4), truth=np.array(["splice"] * 4), llr=3 * ones,
        ...     lowest=np.array([-1.0, 0.1, 0.6, 2.0]), above=ones, below=-ones)
        >>> least_window(heard, ones > 0, 0.25)
        0.75
    """
    splices = rows & (heard.truth == "splice")
    if not splices.any():
        raise BadInput("needs splices to choose the lowest window on")
    for candidate in CANDIDATES:
        if heard.bona_fide(candidate)[splices].mean() <= aim:
            return candidate
    return CANDIDATES[-1]


def splice_figures(heard: Heard, aim: float) -> dict[str, Any]:
    """What the rule does on families on which it was not chosen.

    Args:
        heard: recordings of all rounds.
        aim: share of splices that may be called bona fide, where the rule is chosen.

    Returns:
        Shares with exact 95 % intervals (of single recordings, not clustered), with the rule and
        without it, in all and by family; the rule of each family; and `least_window`, what all
        families together give, which is what is shipped.
    """
    families = sorted(set(heard.family.tolist()))
    chosen = {family: least_window(heard, heard.family != family, aim) for family in families}
    least = np.array([chosen[family] for family in heard.family.tolist()])
    every = np.ones(len(heard.llr), bool)
    return {
        "aim": aim,
        "least_window": least_window(heard, every, aim),
        "chosen_on_the_other_families": chosen,
        "with_the_rule": _shares(heard, heard.bona_fide(least), every),
        "without": _shares(heard, heard.bona_fide(-np.inf), every),
        "by_family": {
            family: _shares(heard, heard.bona_fide(least), heard.family == family) for family in families
        },
    }


def _shares(heard: Heard, called: np.ndarray, rows: np.ndarray) -> Mapping[str, Any]:
    spoof = heard.llr <= heard.below
    found: dict[str, Any] = {}
    for truth in ("splice", "host", "real", "spoof"):
        mine = rows & (heard.truth == truth)
        if mine.any():
            found[f"{truth}_called_bona_fide"] = _share(called[mine])
    for truth in ("splice", "host"):
        mine = rows & (heard.truth == truth)
        found[f"{truth}_called_spoof"] = _share(spoof[mine])
    clips = rows & np.isin(heard.truth, ("real", "spoof"))
    wrong = (called & (heard.truth == "spoof")) | (spoof & (heard.truth == "real"))
    found["verdicts_on_clips"] = int((clips & (called | spoof)).sum())
    found["wrong_verdicts_on_clips"] = int((clips & wrong).sum())
    return found


def _share(called: np.ndarray) -> dict[str, float]:
    low, high = exact_bounds(int(called.sum()), len(called))
    return {"value": float(called.mean()), "low": low, "high": high, "n": len(called)}
