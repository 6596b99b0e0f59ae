"""What a trained localiser reached on its held-back recordings, and the constants that come of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
import numpy as np
import polars as pl

from earwitness.errors import BadInput
from earwitness.evidence.localiser_manifest import Measured
from earwitness.evidence.two_states import differing, spoofed_frames
from earwitness.metrics.localisation import Segment
from earwitness.systems.splice_card import NEAR_CHANCE
from earwitness.systems.splice_places import MOST_OF_WHOLE, Matched, f1, match, stretch_figures
from earwitness.training.frame_scores import column, frame_rounds, lengths_of
from earwitness.training.frame_truth import UNKNOWN, coarser
from earwitness.training.logistic import Affine, fit_affine
from earwitness.training.primary import PRIMARY
from earwitness.training.run_figures import run_figures

CHANGES = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 128.0)
"""Costs of a change that are tried, in nats."""
REPLICATES = 300


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that was not trained on, in frames of one length.

    Args:
        seconds: length of a frame.
        cluster: who speaks.
        spliced: whether it is of two classes.
        scores: (frames,) raw.
        truth: (frames,) 0 spoof, 1 bona fide, -1 unknown.
        stretches: of the class that holds less of the time, in seconds, true to the shortest frame.
        duration: in seconds.
    """

    seconds: float
    cluster: str
    spliced: bool
    scores: np.ndarray
    truth: np.ndarray
    stretches: tuple[Segment, ...]
    duration: float


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """What is shipped for one length of a frame, and its figures.

    Args:
        calibrator: from raw score to log likelihood ratio, of all held-back recordings.
        change: cost of a change, in nats, of all.
        frame_eer: of the frames.
        found: recall of the stretches.
        right: precision.
        whole_named: share of the recordings of one piece with a stretch named.
        recordings: held back.
        nested: whether calibrator and cost of the figures come from the other half of the speakers; with too
            few speakers they come from the same.
    """

    calibrator: Affine
    change: float
    frame_eer: Measured
    found: Measured
    right: Measured
    whole_named: Measured
    recordings: int
    nested: bool

    def said(self, seconds: float, how: str) -> str:
        """The figures in one sentence.

        Args:
            seconds: length of a frame.
            how: the recordings were held back.
        """
        rate = self.frame_eer
        whole = (
            f", and {_percent(self.whole_named.value)} % of the recordings of one piece had one named"
            if self.whole_named.n
            else ""
        )
        named = (
            f"{_percent(self.right.value)} % of those named were right" if self.right.n else "none was named"
        )
        return (
            f"On {self.recordings} recordings that it was not trained on ({how}), frame by frame of "
            f"{1000 * seconds:.0f} ms, {_percent(rate.value)} % of real and of synthetic time are confused "
            f"(95 % interval {_percent(rate.low)} to {_percent(rate.high)}; chance: 50.0 %)"
            f"{', which is near chance' if rate.value >= NEAR_CHANCE else ''}; "
            f"{_percent(self.found.value)} % of the stretches that differ were found with half of their "
            f"extent right, {named}{whole}."
            f"{'' if self.nested else ' The cost of a change was chosen on these very recordings.'}"
        )


def reached(table: pl.DataFrame, length: float) -> Reached:
    """Calibrator, cost of a change and figures for one length of a frame.

    Args:
        table: frame scores of one round and seed, with truth and cluster.
        length: of a frame, in seconds.

    Raises:
        BadInput: when a class is missing, or scores rank real speech below spoofs.
    """
    held = held_back(table, length)
    rate = run_figures(frame_rounds(table, length), PRIMARY["frame_eer"], replicates=REPLICATES).mean
    calibrator, change, claimed = _fitted(held, held)
    half = _halves([one.cluster for one in held])
    nested = True
    try:
        parts: list[Matched | None] = [None] * len(held)
        for side in (False, True):
            there = np.flatnonzero(half == side).tolist()
            _, _, mine = _fitted([held[k] for k in np.flatnonzero(half != side)], [held[k] for k in there])
            for place, part in zip(there, mine, strict=True):
                parts[place] = part
        claimed = [part for part in parts if part is not None]
    except BadInput:  # a half without a class, or in which nothing is to be calibrated
        nested = False
    figures = stretch_figures(held, claimed, np.ones(len(held), bool))
    return Reached(
        calibrator=calibrator,
        change=change,
        frame_eer=Measured(value=rate.value, low=rate.low, high=rate.high, n=rate.n),
        found=_measured(figures["recall"]),
        right=_measured(figures["precision"]),
        whole_named=_measured(figures["whole_with_a_claim"]),
        recordings=len(held),
        nested=nested,
    )


def held_back(table: pl.DataFrame, length: float) -> list[Held]:
    """The recordings of a table of frame scores, in frames of one length."""
    hop = lengths_of(table)[0]
    made = []
    for name, scores, truth, cluster in table.select("id", column(length), "truth", "cluster").iter_rows():
        labels = np.asarray(truth, np.int64)
        stretches = _labelled(labels == 0, hop, len(labels) * hop)
        made.append(
            Held(
                seconds=length,
                cluster=cluster or name,
                spliced=bool(stretches),
                scores=np.asarray(scores, np.float64),
                truth=coarser(labels, round(length / hop)),
                stretches=stretches,
                duration=len(labels) * hop,
            )
        )
    return made


def claims(llrs: np.ndarray, change: float, length: float, duration: float) -> tuple[Segment, ...]:
    """Stretches that are said to differ from the rest, in seconds, as `analyze` says it."""
    return _labelled(spoofed_frames(llrs, change), length, duration)


def _labelled(spoof: np.ndarray, length: float, duration: float) -> tuple[Segment, ...]:
    stretches, fewer = differing(spoof)
    return tuple(
        Segment(first * length, min(last * length, duration), "spoof" if fewer else "bona fide")
        for first, last in stretches
    )


def _fitted(chosen_on: Sequence[Held], judged: Sequence[Held]) -> tuple[Affine, float, list[Matched]]:
    """Calibrator and cost of a change by some recordings, and what they make of others."""
    known = [one.truth != UNKNOWN for one in chosen_on]
    if not known:
        raise BadInput("no recording was held back", where="scores.parquet")
    scores = np.concatenate([one.scores[there] for one, there in zip(chosen_on, known, strict=True)])
    real = np.concatenate([one.truth[there] for one, there in zip(chosen_on, known, strict=True)]) == 1
    calibrator = fit_affine(scores, real, np.ones(len(scores)))

    def matched(recordings: Sequence[Held], change: float) -> list[Matched]:
        return [
            match(
                claims(calibrator(one.scores), change, one.seconds, one.duration), one.stretches, one.duration
            )
            for one in recordings
        ]

    def worth(change: float) -> tuple[float, float]:
        parts = matched(chosen_on, change)
        named = [bool(part.claimed) for part, one in zip(parts, chosen_on, strict=True) if not one.spliced]
        excess = max(0.0, float(np.mean(named)) - MOST_OF_WHOLE) if named else 0.0
        return -excess, f1(parts)

    change = max(CHANGES, key=worth)  # the first of equals: the lowest cost
    return calibrator, change, matched(judged, change)


def _halves(clusters: Sequence[str]) -> np.ndarray:
    """Speakers in two halves, by the hash of their names: whether each recording is in the second."""
    order = sorted(set(clusters), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    second = set(order[1::2])
    return np.array([name in second for name in clusters], bool)


def _measured(figure: dict[str, float]) -> Measured:
    low, high = (0.0 if not np.isfinite(figure[end]) else figure[end] for end in ("low", "high"))
    return Measured(value=figure["value"], low=low, high=high, n=int(figure["n"]))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
