"""Localisation as detection of frames: point EER, EER at many resolutions, range EER."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.errors import BadInput
from earwitness.metrics.equal_error import eer
from earwitness.metrics.localisation.segments import checked_segments
from earwitness.metrics.staircase import checked

RESOLUTIONS = (0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""Frame lengths, in seconds, at which PartialSpoof is scored."""
Recordings = Sequence[ArrayLike]


def point_eer(scores: Recordings, labels: Recordings) -> float:
    """EER over the frames of all recordings.

    Args:
        scores: of each recording `(frames,)`; higher = more bona fide.
        labels: of each recording `(frames,)` 1 = spoof, 0 = bona fide.

    Returns:
        A fraction.

    Raises:
        BadInput: when frames do not match, a score is NaN or a class does not occur.

    Reference:
        L. Zhang et al., "The PartialSpoof database and countermeasures", 2022.

    Example:
        >>> point_eer([[2, -1, 3]], [[0, 1, 0]])
        0.0
    """
    pooled, spoof = _pooled(scores, labels)
    return eer(pooled[~spoof], pooled[spoof])


def resolution_eers(
    scores: Recordings, labels: Recordings, *, hop: float = 0.02, resolutions: Sequence[float] = RESOLUTIONS
) -> dict[float, float]:
    """EER at several frame lengths.

    A longer frame is spoof if any frame in it is, and its score is the lowest in it.

    Args:
        scores: of each recording `(frames,)`; higher = more bona fide.
        labels: of each recording `(frames,)` 1 = spoof.
        hop: length of the given frames, in seconds.
        resolutions: frame lengths in seconds, whole multiples of `hop`.

    Returns:
        Frame length -> EER, a fraction. Lengths at which a class no longer occurs are left out.

    Raises:
        BadInput: when a length is no multiple of `hop`, or as `point_eer`.

    Reference:
        L. Zhang et al., "The PartialSpoof database and countermeasures", 2022, section V.

    Example:
        >>> resolution_eers([[2, -1, 3, 1]], [[0, 1, 0, 0]], resolutions=(0.02, 0.04))
        {0.02: 0.0, 0.04: 0.0}
    """
    _pooled(scores, labels)
    found = {}
    for length in resolutions:
        group = round(length / hop)
        if group < 1 or abs(group * hop - length) > 1e-9:
            raise BadInput(f"{length:g} s is no multiple of the hop {hop:g} s", where="resolutions")
        coarse = [_grouped(np.asarray(s, np.float64), group, np.minimum) for s in scores]
        truth = np.concatenate(
            [_grouped(np.asarray(part).astype(np.int64), group, np.maximum) for part in labels]
        )
        pooled = np.concatenate(coarse)
        if 0 < truth.sum() < len(truth):
            found[length] = eer(pooled[truth == 0], pooled[truth == 1])
    return found


def range_eer(
    scores: Recordings, segments: Sequence[Sequence[tuple]], durations: Sequence[float], *, hop: float = 0.02
) -> float:
    """EER in which every moment counts by its duration, not by frames.

    Scores hold from frame to frame; borders of segments lie where they lie. False alarms are the share of
    spoof *time* accepted, misses the share of bona fide time rejected. The last score holds to the end.

    Args:
        scores: of each recording `(frames,)`; higher = more bona fide.
        segments: of each recording its spoof segments, `(start, end)` in seconds.
        durations: of each recording, in seconds.
        hop: length of a frame, in seconds.

    Returns:
        A fraction.

    Raises:
        BadInput: when numbers do not match, a score is NaN, or there is no spoof or no bona fide time.

    Reference:
        L. Zhang et al., "Range-based equal error rate for spoof localization", 2023.

    Example:
        >>> range_eer([[1.0, -1.0]], [[(0.5, 1.0)]], [1.0], hop=0.5)
        0.0
    """
    if not len(scores) == len(segments) == len(durations):
        raise BadInput(f"{len(scores)} scores, {len(segments)} segment lists, {len(durations)} durations")
    values, weights = [], []
    for at, (row, stretches, duration) in enumerate(zip(scores, segments, durations, strict=True)):
        own = checked(row, f"scores of recording {at}").astype(np.float64)
        spoof = [s[:2] for s in checked_segments([tuple(s) for s in stretches]) if s.label != "bona fide"]
        borders = np.unique(
            np.clip([0.0, duration, *np.arange(1, len(own)) * hop, *np.ravel(spoof)], 0, duration)
        )
        lengths, middles = np.diff(borders), (borders[1:] + borders[:-1]) / 2
        inside = np.zeros(len(middles), dtype=bool)
        for start, end in spoof:
            inside |= (middles > start) & (middles < end)
        values.append(own[np.minimum((middles / hop).astype(np.int64), len(own) - 1)])
        weights.append(np.stack([lengths * ~inside, lengths * inside]))
    return weighted_eer(np.concatenate(values), np.concatenate(weights, axis=1))


def weighted_eer(scores: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """EER of weighted trials, exact on ties.

    Args:
        scores: `(trials,)`; higher = more target.
        weights: `(2, trials)` how much each trial weighs as a target and as a nontarget.

    Raises:
        BadInput: when either class has no weight.

    Example:
        >>> weighted_eer(np.array([0.0, 1.0]), np.array([[1.0, 3], [3, 1]]))
        0.25
    """
    total = weights.sum(axis=1)
    if (total <= 0).any():
        raise BadInput("needs both bona fide and spoof time", where="segments")
    order = np.argsort(scores, kind="stable")
    heads = np.flatnonzero(np.concatenate([[True], np.diff(scores[order]) != 0]))
    steps = np.add.reduceat(weights[:, order], heads, axis=1) / total[:, None]
    miss, alarm = np.cumsum(steps[0]), 1 - np.cumsum(steps[1])
    at = int(np.argmax(miss >= alarm - 1e-15))
    before_miss, before_alarm = miss[at] - steps[0, at], alarm[at] + steps[1, at]
    gap, both = before_alarm - before_miss, steps[0, at] + steps[1, at]
    return float(before_miss + (gap / both) * steps[0, at])


def _grouped(values: NDArray, group: int, join: np.ufunc) -> NDArray:
    return np.asarray(join.reduceat(values, np.arange(0, len(values), group)))


def _pooled(scores: Recordings, labels: Recordings) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    if len(scores) != len(labels) or not len(scores):
        raise BadInput(f"{len(scores)} recordings with scores, {len(labels)} with labels")
    for at, (row, truth) in enumerate(zip(scores, labels, strict=True)):
        if np.shape(row) != np.shape(truth):
            raise BadInput(f"{np.shape(row)} scores but {np.shape(truth)} labels", where=f"recording {at}")
    pooled = np.concatenate([checked(row, f"scores of recording {at}") for at, row in enumerate(scores)])
    spoof = np.concatenate([np.asarray(truth).astype(bool) for truth in labels])
    return pooled.astype(np.float64), spoof
