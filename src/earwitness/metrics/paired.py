"""Two systems on the same trials: is one better?"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.errors import BadInput
from earwitness.metrics.clusters import Clusters
from earwitness.metrics.confidence import Metric, check_settings, named, percentiles, unwrapped
from earwitness.metrics.equal_error import eer
from earwitness.metrics.few_errors import FEW, eer_bounds
from earwitness.metrics.large_samples import resampled_means
from earwitness.metrics.paired_eer import paired_eer
from earwitness.metrics.staircase import Scores, checked
from earwitness.metrics.trial_losses import MEANS, trial_losses

Pair = tuple[ArrayLike, ArrayLike]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How much a figure of system a exceeds that of system b, and how sure of it one can be.

    Args:
        value: figure of a minus figure of b.
        low: lower end of the interval of the difference.
        high: upper end.
        p_value: two-sided; how often chance alone would give a difference so far from zero.
        a: figure of a.
        b: figure of b.
        confidence: coverage of the interval, in (0, 1).
        n: trials, both classes together.
        method: how the interval was found.
        notes: what a reader must know before believing it.
    """

    value: float
    low: float
    high: float
    p_value: float
    a: float
    b: float
    confidence: float
    n: int
    method: str
    notes: tuple[str, ...] = ()


def paired_difference(
    metric: Metric | str,
    a: Pair,
    b: Pair,
    *,
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
    clusters: tuple[ArrayLike | None, ArrayLike | None] | None = None,
) -> Difference:
    """Interval and p-value of the difference of two systems on the same trials.

    Both systems are resampled together, so what they share cancels.

    Args:
        metric: a function of (target, nontarget), or its name; see `interval`.
        a: target `(targets,)` and nontarget `(nontargets,)` scores of the first system.
        b: the same of the second, in the same order of trials.
        confidence: coverage, in (0, 1).
        replicates: bootstrap replicates.
        seed: the same seed gives the same interval.
        clusters: cluster names of each target and each nontarget trial; whole clusters are drawn.

    Returns:
        Difference with interval and p-value.

    Raises:
        BadInput: when the systems have not the same numbers of trials, a class is empty or holds NaN.

    Reference:
        B. Efron and R. Tibshirani, "An introduction to the bootstrap", 1993, chapters 13 and 15.

    Example:
        >>> scores = [3, 2, 1, 0], [1, 0, -1, -2]
        >>> paired_difference("eer", scores, scores).p_value
        1.0
    """
    function = named(metric)
    check_settings(confidence, replicates)
    sides = [
        [
            checked(scores, f"{side} scores of {name}")
            for scores, side in zip(pair, ("target", "nontarget"), strict=True)
        ]
        for name, pair in (("a", a), ("b", b))
    ]
    (at, an), (bt, bn) = sides
    if len(at) != len(bt) or len(an) != len(bn):
        raise BadInput(
            f"a has {len(at)} + {len(an)} trials and b has {len(bt)} + {len(bn)}; compare the same trials"
        )
    first, second = float(function(at, an)), float(function(bt, bn))
    generator = np.random.default_rng(seed)
    notes = []
    method = "paired percentile bootstrap"
    inner, settings = unwrapped(function)
    groups = None
    if clusters is not None:
        groups = Clusters.of(clusters, len(at), len(an))
        method += ", clustered"
        if (few := groups.named(clusters)) < FEW:
            notes.append(f"only {few} clusters: the interval is not to be relied on")
    if inner is eer and any(eer_bounds(value, len(at), len(an), confidence) for value in (first, second)):
        notes.append(f"fewer than {FEW} errors on a side: resampling may be too certain")
    if inner is eer and groups is None:
        drawn = paired_eer((at, bt), (an, bn), replicates, generator)
    elif inner in MEANS and groups is None:
        # A sum of two means of losses, and so is the difference: one loss a trial is resampled.
        ours, theirs = (trial_losses(inner, settings, *side) for side in sides)
        drawn, how = resampled_means(ours[0] - theirs[0], ours[1] - theirs[1], replicates, generator)
        method = f"paired {how}"
    else:
        drawn = _resampled(function, (at, bt), (an, bn), groups, replicates, generator)
    low, high = percentiles(drawn, confidence)
    # One is added: with so many replicates no smaller chance can be claimed.
    tail = (min(int((drawn <= 0).sum()), int((drawn >= 0).sum())) + 1) / (replicates + 1)
    return Difference(
        value=first - second,
        low=min(low, first - second),
        high=max(high, first - second),
        p_value=min(1.0, 2 * tail),
        a=first,
        b=second,
        confidence=confidence,
        n=len(at) + len(an),
        method=method,
        notes=tuple(notes),
    )


def _resampled(
    function: Metric,
    target: tuple[Scores, Scores],
    nontarget: tuple[Scores, Scores],
    groups: Clusters | None,
    replicates: int,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    drawn = np.empty(replicates)
    targets, nontargets = np.arange(len(target[0])), np.arange(len(nontarget[0]))
    weights = None if groups is None else groups.draw(replicates, generator).astype(np.int64)
    for row in range(replicates):
        if groups is None or weights is None:
            left = generator.integers(len(targets), size=len(targets))
            right = generator.integers(len(nontargets), size=len(nontargets))
        else:
            left = np.repeat(targets, weights[row, groups.target])
            right = np.repeat(nontargets, weights[row, groups.nontarget])
        drawn[row] = function(target[0][left], nontarget[0][right]) - function(
            target[1][left], nontarget[1][right]
        )
    return drawn
