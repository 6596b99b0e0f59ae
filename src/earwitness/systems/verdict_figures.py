"""How many of the verdicts given are wrong: overall, by held-back family and by engine, with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

REPLICATES = 1000
MOST = 0.10
"""Share of wrong verdicts that was promised at most."""


def verdict_figures(
    said: np.ndarray, real: np.ndarray, family: np.ndarray, engine: np.ndarray, cluster: np.ndarray
) -> dict[str, Any]:
    """Verdicts by each round's own thresholds.

    Real speech counts in the rounds of every family. At even prior, both classes of a family (or of an
    engine, with the real speech of its family's rounds) weigh the same; over all, families weigh the same.

    Args:
        said: (n,) verdict of each trial: 1 bona fide, -1 spoof, 0 inconclusive.
        real: (n,) True = real speech.
        family: (n,) engine family that the trial's round held back.
        engine: (n,) engine of a spoof.
        cluster: (n,) speaker, or voice of a spoof; whole ones are drawn for the intervals.

    Returns:
        `trials`, `given`, `wrong`, `wrong_share`, `wrong_share_at_even_prior`, `inconclusive_share`,
        `per_family` and `per_engine`; shares 0 to 1, `wrong_share` 0 where no verdict was given. Each
        `..._interval` is a share with its 95 % interval; `None` where no verdict was given.

    Example:
        >>> column = np.array
        >>> found = verdict_figures(column([1, 0, 1, -1]), column([True, True, False, False]),
        ...     column(["a"] * 4), column(["", "", "a", "a"]), column(["1", "2", "3", "4"]))
        >>> found["given"], found["wrong"], round(found["wrong_share_at_even_prior"], 3)
        (3, 1, 0.333)
    """
    given, wrong = said != 0, np.where(real, said == -1, said == 1)
    count = _Draws(cluster)
    families = sorted(set(family.tolist()))
    own = {name: _two_sides(count, given, wrong, real, family == name, family == name) for name in families}
    per_family = {}
    for name in families:
        top, bottom = (family == name) & real, (family == name) & ~real
        per_family[name] = {
            **_told(given, wrong, family == name, own[name]),
            "bona_fide_called_bona_fide": float((said[top] == 1).mean()),
            "bona_fide_called_spoof": float((said[top] == -1).mean()),
            "spoof_called_spoof": float((said[bottom] == -1).mean()),
            "spoof_called_bona_fide": float((said[bottom] == 1).mean()),
        }
    per_engine = {}
    for name in sorted(set(engine[~real].tolist())):
        mine = ~real & (engine == name)
        its = real & (family == family[mine][0])
        per_engine[name] = _told(given, wrong, mine | its, _two_sides(count, given, wrong, real, its, mine))
    even = np.sum([own[name] for name in families], axis=0)
    plain = np.stack([count(wrong), count(given)])
    return {
        "trials": len(said),
        "given": int(given.sum()),
        "wrong": int(wrong.sum()),
        "wrong_share": float(wrong.sum() / max(given.sum(), 1)),
        "wrong_share_interval": _share(plain),
        "wrong_share_at_even_prior": float(even[0, 0] / max(even[1, 0], 1e-12)),
        "wrong_share_at_even_prior_interval": _share(even),
        "inconclusive_share": float(1 - given.mean()),
        "per_family": per_family,
        "per_engine": per_engine,
    }


class _Draws:
    """Sums over all trials and over bootstrap draws of whole clusters."""

    def __init__(self, cluster: np.ndarray) -> None:
        names, self.member = np.unique(cluster, return_inverse=True)
        rng = np.random.default_rng(0)
        drawn = [
            np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
            for _ in range(REPLICATES)
        ]
        # the first row is the trials as they are
        self.times = np.concatenate([np.ones((1, len(names))), np.array(drawn)]).astype(np.float64)

    def __call__(self, which: np.ndarray) -> np.ndarray:
        """(1 + replicates,) how many."""
        return self.times @ np.bincount(self.member, weights=which, minlength=self.times.shape[1])


def _two_sides(
    count: _Draws, given: np.ndarray, wrong: np.ndarray, real: np.ndarray, top: np.ndarray, bottom: np.ndarray
) -> np.ndarray:
    """Wrong and given, (2, 1 + replicates), each side weighing a half."""
    sides = []
    for what in (wrong, given):
        halves = [
            count(what & side) / np.maximum(count(side), 1e-12) for side in (top & real, bottom & ~real)
        ]
        sides.append(0.5 * halves[0] + 0.5 * halves[1])
    return np.stack(sides)


def _told(given: np.ndarray, wrong: np.ndarray, mine: np.ndarray, even: np.ndarray) -> dict[str, Any]:
    return {
        "given": int((mine & given).sum()),
        "wrong": int((mine & wrong).sum()),
        "wrong_share_at_even_prior": float(even[0, 0] / max(even[1, 0], 1e-12)),
        "wrong_share_at_even_prior_interval": _share(even),
    }


def _share(parts: np.ndarray) -> dict[str, Any] | None:
    wrong, given = parts
    if given[0] <= 0:
        return None
    drawn = given[1:] > 0
    shares = wrong[1:][drawn] / given[1:][drawn]
    low, high = np.quantile(shares, [0.025, 0.975])
    return {
        "value": float(wrong[0] / given[0]),
        "low": float(low),
        "high": float(high),
        "draws_with_a_verdict": float(drawn.mean()),
    }
