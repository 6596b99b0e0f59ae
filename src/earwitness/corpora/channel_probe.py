"""The channel probe: can the class be told from the channel alone? It should not be.

A classifier that is given no speech, only bandwidth, level, noise floor, DC and silence, is
trained and tested across groups. On a corpus whose channel says nothing its EER is 50 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from earwitness.audio.decode import decode
from earwitness.audio.opened_file import FileInfo
from earwitness.audio.properties import PropertyMeter
from earwitness.audio.recording import Recording
from earwitness.errors import BadInput
from earwitness.metrics import Interval, interval

NAMES = (
    "bandwidth", "rolloff_99", "rolloff_999", "lowest", "level", "peak", "noise_floor", "noise_slope",
    "dc", "digital_silence", "pauses", "leading", "trailing",
)  # fmt: skip
"""What the probe is given, in this order."""

LEAST = 0.35
"""A corpus whose channel probe has a lower EER than this teaches the channel."""

FOLDS = 5
"""The probe is trained and tested in so many rounds; it needs as many rows of each class, and groups."""

Real = NDArray[np.float64]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """How well the channel alone tells the classes apart.

    Args:
        eer: equal error rate with its interval, resampled by group; 0.5 = not at all.
        families: the same for each spoof family against all bona fide rows.
        rows: rows that were measured.
    """

    eer: Interval
    families: dict[str, Interval]
    rows: int


def channel_properties(recording: Recording) -> Real:
    """What a recording shows of its channel, speech aside.

    Args:
        recording: of any rate.

    Returns:
        Shape (13,), in the order of `NAMES`: frequencies in kHz, levels in dB full scale, DC as
        the logarithm of its share of full scale, silences as shares, edges in seconds.
    """
    samples = recording.samples.astype(np.float64)
    rate = recording.sample_rate
    meter = PropertyMeter(FileInfo("", "", rate, 1, recording.duration))
    meter.update(recording.samples)
    found = meter.result()
    size = 1 << max(6, int(0.032 * rate).bit_length())
    count = max(1, len(samples) // size)
    frames = (
        np.resize(samples, (count, size))
        if len(samples) < size
        else samples[: count * size].reshape(-1, size)
    )
    power = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)) ** 2
    hertz = np.fft.rfftfreq(size, 1 / rate)
    share = np.cumsum(power.sum(axis=0)) / max(power.sum(), 1e-20)
    total = 10 * np.log10(np.maximum(power.sum(axis=1), 1e-12))
    quiet = power[np.argsort(total)[: max(1, count // 10)]].mean(axis=0)
    low, high = (10 * np.log10(max(quiet[part].mean(), 1e-12)) for part in _halves(hertz))
    edges = hertz[np.minimum(np.searchsorted(share, [0.001, 0.99, 0.999]), len(hertz) - 1)] / 1000
    active = total > np.percentile(total, 95) - 30
    return np.array(
        [
            (found.bandwidth_hz or 0.0) / 1000,
            edges[1],
            edges[2],
            edges[0],
            found.level_dbfs if found.level_dbfs is not None else -120.0,
            found.peak_dbfs if found.peak_dbfs is not None else -120.0,
            found.noise_floor_dbfs if found.noise_floor_dbfs is not None else -120.0,
            low - high,
            float(np.log10(abs(found.dc) + 1e-7)),
            found.digital_silence,
            1 - active.mean(),
            int(active.argmax()) * size / rate,
            int(active[::-1].argmax()) * size / rate,
        ]
    )


def measure(table: pl.DataFrame, root: str, tick: Callable[[], object] = lambda: None) -> Real:
    """Channel properties of all rows of a corpus.

    Args:
        table: with a column `path`.
        root: folder that the paths start from.
        tick: called after each row, for a progress display.

    Returns:
        Shape (rows, 13).
    """
    measured: list[Real] = []
    last: tuple[str, Recording] | None = None
    spans = table.select("start", "end") if {"start", "end"} <= set(table.columns) else None
    for at, path in enumerate(table["path"]):
        if last is None or last[0] != path:  # rows of one file mostly follow each other
            last = path, decode(f"{root}/{path}")
        start, end = (0.0, None) if spans is None else spans.row(at)
        measured.append(channel_properties(stretch(last[1], start or 0.0, end, path)))
        tick()
    return np.stack(measured) if measured else np.zeros((0, len(NAMES)))


def stretch(recording: Recording, start: float, end: float | None, where: str) -> Recording:
    """The part of a recording that a row is; the recording itself when it is all of it.

    Raises:
        BadInput: when the row starts after the recording ends.
    """
    rate = recording.sample_rate
    first, last = round(start * rate), len(recording.samples) if end is None else round(end * rate)
    if first == 0 and last >= len(recording.samples):
        return recording
    if first >= len(recording.samples):
        raise BadInput(f"ends at {recording.duration:.2f} s, a row starts at {start:g} s", where=where)
    return Recording.of(recording.samples[first:last], rate)


def probe(
    properties: Real,
    labels: Iterable[str],
    groups: Iterable[str],
    families: Iterable[str] | None = None,
    folds: int = FOLDS,
) -> Probe:
    """Train the probe on four fifths of the groups, score the rest, for each fifth.

    The classifier is a ridge-regularised logistic regression on the standardised properties,
    their squares and their products, both classes weighted the same.

    Args:
        properties: shape (rows, properties).
        labels: "bona fide" or "spoof" of each row.
        groups: rows of a group are never on both sides.
        families: spoof family of each row, for the breakdown; empty for bona fide rows.
        folds: at least 2.

    Raises:
        BadInput: when a class or the groups are fewer than the folds.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> same = rng.standard_normal((400, 3))
        >>> found = probe(same, ["bona fide", "spoof"] * 200, [str(n) for n in range(400)])
        >>> 0.4 < found.eer.value < 0.6
        True
    """
    real = np.array([label == "bona fide" for label in labels])
    names, group = np.unique(np.array([str(name) for name in groups]), return_inverse=True)
    if len(names) < folds or real.sum() < folds or (~real).sum() < folds:
        raise BadInput(f"the channel probe needs at least {folds} rows of each class and {folds} groups")
    scores = held_out_logits(properties, real, group, folds)
    named = np.array([""] * len(real)) if families is None else np.array([str(f or "") for f in families])
    apart = {
        str(family): _interval(scores, real, ~real & (named == family), group)
        for family in np.unique(named[~real])
        if family
    }
    return Probe(eer=_interval(scores, real, ~real, group), families=apart, rows=len(real))


def held_out_logits(
    properties: Real, real: NDArray[np.bool_], group: NDArray[np.int64], folds: int = FOLDS
) -> Real:
    """Score of every row by a classifier that was trained on other groups; higher = more likely true.

    Args:
        properties: shape (rows, properties).
        real: (rows,) what is to be told.
        group: (rows,) numbers from 0 up; rows of a group are never on both sides.
        folds: at least 2.

    Returns:
        Shape (rows,), logits.
    """
    count = int(group.max()) + 1
    fold = np.random.default_rng(0).permutation(count)[group] % folds
    scores = np.zeros(len(real))
    for held in range(folds):
        train, test = fold != held, fold == held
        if real[train].all() or not real[train].any():
            continue  # nothing to be learnt there; a logit of 0 says so
        mean, scale = properties[train].mean(axis=0), properties[train].std(axis=0) + 1e-9
        inputs = _quadratic(np.clip((properties - mean) / scale, -4, 4))
        # Folds are brought to one scale by the logits themselves: each fold has both classes.
        scores[test] = inputs[test] @ _logistic(inputs[train], real[train])
    return scores


def telling(properties: Real, labels: Sequence[str], names: Sequence[str] = NAMES) -> list[tuple[str, float]]:
    """How far each property alone tells the classes apart, the most telling first.

    Args:
        properties: shape (rows, properties).
        labels: "bona fide" or "spoof" of each row.
        names: of the properties.

    Returns:
        (name, area under the ROC turned to be at least 0.5); 0.5 = not at all.
    """
    real = np.array([label == "bona fide" for label in labels])
    found = []
    for name, values in zip(names, properties.T, strict=True):
        _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
        rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
        above = rank[real].sum() - real.sum() * (real.sum() + 1) / 2
        area = above / max(1, real.sum() * (~real).sum())
        found.append((name, float(max(area, 1 - area))))
    return sorted(found, key=lambda pair: -pair[1])


def _interval(scores: Real, real: NDArray[np.bool_], spoof: NDArray[np.bool_], group: NDArray) -> Interval:
    return interval("eer", scores[real], scores[spoof], clusters=(group[real], group[spoof]))


def _halves(hertz: NDArray[np.floating]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    middle = hertz[-1] / 4
    return (hertz > 50) & (hertz <= middle), hertz > middle


def _quadratic(inputs: Real) -> Real:
    left, right = np.triu_indices(inputs.shape[1])
    return np.hstack([np.ones((len(inputs), 1)), inputs, inputs[:, left] * inputs[:, right]])


def _logistic(inputs: Real, real: NDArray[np.bool_], ridge: float = 1.0, steps: int = 15) -> Real:
    """Weights by Newton's method; the ridge keeps them finite where the classes come apart."""
    balance = np.where(real, 0.5 / real.sum(), 0.5 / (~real).sum()) * len(real)
    penalty = ridge * np.eye(inputs.shape[1])
    penalty[0, 0] = 1e-6
    weights = np.zeros(inputs.shape[1])
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        slope = inputs.T @ (balance * (real - chance)) - penalty @ weights
        curve = (inputs * (balance * chance * (1 - chance))[:, None]).T @ inputs + penalty
        weights = weights + np.linalg.solve(curve, slope)
    return weights
