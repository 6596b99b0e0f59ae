"""Where the change is: what the search for it finds on held-back engines, and its constants."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
import numpy as np

from earwitness.errors import BadInput
from earwitness.evidence.manifest import ChangeSearch
from earwitness.evidence.timeline import CELL_SECONDS, CHANGE_WINDOW_SECONDS, cut, differing
from earwitness.metrics import interval
from earwitness.metrics.localisation import Segment, frames_of, segment_figures

RESOLUTIONS = (0.16, 0.32, 0.64)
"""Frame lengths at which real and synthetic time are told apart, in seconds."""
IOU = 0.5
"""Overlap (intersection over union) from which a stretch counts as found."""
CANDIDATES = tuple(
    ChangeSearch(within=within, penalty=penalty, margin=margin)
    for within, penalty, margin in itertools.product(
        (0.18, 0.36, 0.54, 0.72), (0.0, 0.5, 1.0, 3.0), (0.0, 0.15, 0.5, 1.0)
    )
)
"""Constants that are tried."""
MOST_OF_WHOLE = 0.1
"""Share of recordings of one piece in which a stretch may be named, where the constants are chosen. It was
set after a first run without it, in which 16 % had one."""
REPLICATES = 300


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """A recording as a leave-out round heard it, calibrated on the rounds of other families.

    Args:
        family: engine family that the round held back.
        cluster: who speaks the real part.
        spliced: `False` = the same speech left whole.
        truth: stretches end to end with their labels, in seconds.
        duration: in seconds.
        llrs: (windows,) of the windows in which changes are looked for; NaN = not scored.
        speech: (cells,) speech in each cell.
        spread: of clips of one class in the other families' rounds.
        heard: lowest and highest log likelihood ratio in the other families' rounds.
    """

    family: str
    cluster: str
    spliced: bool
    truth: tuple[Segment, ...]
    duration: float
    llrs: np.ndarray
    speech: np.ndarray
    spread: float
    heard: tuple[float, float]


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What one setting claims of one recording.

    Args:
        claimed: stretches.
        true: stretches that differ.
        matched: pairs of the same label that overlap enough.
        errors: distances of the borders of matched stretches, in seconds.
    """

    claimed: tuple[Segment, ...]
    true: tuple[Segment, ...]
    matched: int
    errors: tuple[float, ...]


def claims(one: Searched, search: ChangeSearch) -> tuple[Segment, ...]:
    """Stretches that are said to differ from the rest, in seconds, as `analyze` says it."""
    found = cut(one.llrs, one.speech, search, one.spread, one.heard)
    if found is None:
        return ()
    return tuple(
        Segment(
            stretch.first * CELL_SECONDS,
            min(stretch.last * CELL_SECONDS, one.duration),
            "bona fide" if stretch.real else "spoof",
        )
        for stretch in differing(found, one.speech)
    )


def differing_truth(truth: Sequence[Segment]) -> tuple[Segment, ...]:
    """Stretches of the label that holds less of the time; none where there is one label.

    Example:
        >>> differing_truth([Segment(0, 3, "bona fide"), Segment(3, 4, "spoof")])
        (Segment(start=3, end=4, label='spoof'),)
    """
    time: dict[str, float] = {}
    for start, end, label in truth:
        time[label] = time.get(label, 0.0) + end - start
    if len(time) < 2:
        return ()
    least = min(sorted(time), key=lambda label: time[label])
    return tuple(one for one in truth if one.label == least)


def match(claimed: Sequence[Segment], true: Sequence[Segment], duration: float) -> Matched:
    """Claimed beside true stretches of one recording.

    Args:
        claimed: stretches that are said to differ.
        true: stretches that do.
        duration: of the recording, in seconds; its own ends are no borders that could be missed.
    """
    figures = segment_figures([list(claimed)], [list(true)], iou=(IOU,))[0]
    errors: list[float] = []
    for ours in claimed:
        for theirs in true:
            both = min(ours.end, theirs.end) - max(ours.start, theirs.start)
            every = max(ours.end, theirs.end) - min(ours.start, theirs.start)
            if ours.label == theirs.label and both >= IOU * every > 0:
                pairs = ((ours.start, theirs.start), (ours.end, theirs.end))
                errors += [abs(a - b) for a, b in pairs if 0 < b < duration]
    return Matched(claimed=tuple(claimed), true=tuple(true), matched=figures.matched, errors=tuple(errors))


def f1(parts: Sequence[Matched]) -> float:
    """Harmonic mean of precision and recall of the stretches of some recordings, 0 to 1."""
    every = sum(len(one.claimed) + len(one.true) for one in parts)
    return 2 * sum(one.matched for one in parts) / every if every else 1.0


def frame_scores(one: Searched, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Scores and labels (1 = spoof) of the frames of a recording.

    A frame's score is the lowest in it of the cells, and a cell's is the mean of the windows that hold it;
    where none was scored, that of all windows.

    Args:
        one: a recording.
        length: of a frame, in seconds.
    """
    window = round(CHANGE_WINDOW_SECONDS / CELL_SECONDS)
    cells = max(len(one.speech), len(one.llrs) + window - 1)
    total, count = np.zeros(cells), np.zeros(cells)
    for place in np.flatnonzero(np.isfinite(one.llrs)):
        total[place : place + window] += one.llrs[place]
        count[place : place + window] += 1
    known = count > 0
    level = np.where(known, total / np.maximum(count, 1), total[known].sum() / max(count.sum(), 1))
    labels = frames_of([part for part in one.truth if part.label == "spoof"], one.duration, length)
    start = np.arange(len(labels)) * length
    first = np.minimum((start / CELL_SECONDS + 1e-9).astype(int), cells - 1)
    last = np.minimum(((start + length) / CELL_SECONDS - 1e-9).astype(int), cells - 1)
    lowest = np.array([level[a : b + 1].min() for a, b in zip(first, last, strict=True)])
    return lowest, labels


def place_figures(recordings: Sequence[Searched]) -> dict[str, Any]:
    """Figures of localisation, the constants chosen on the families that were not held back.

    Args:
        recordings: splices, and the same speech left whole, of all rounds.

    Returns:
        `frame_eer` by frame length, `stretches` (F1, precision, recall, claims on whole speech, distance of
        borders) in all and by family, what chance gives, the constants of each family, and `search`: those
        that all families together give, which are shipped.
    """
    families = sorted({one.family for one in recordings})
    if len(families) < 2:
        raise BadInput("needs splices of two engine families at least", where="splices")
    truth = [differing_truth(one.truth) for one in recordings]
    family = np.array([one.family for one in recordings])
    found: dict[ChangeSearch, list[Matched]] = {}
    for search in CANDIDATES:
        found[search] = [
            match(claims(one, search), true, one.duration)
            for one, true in zip(recordings, truth, strict=True)
        ]

    def best(rows: np.ndarray) -> ChangeSearch:
        mine = np.flatnonzero(rows).tolist()

        def worth(search: ChangeSearch) -> tuple[float, float]:
            parts = [found[search][k] for k in mine]
            named = [
                bool(part.claimed) for part, k in zip(parts, mine, strict=True) if not recordings[k].spliced
            ]
            excess = max(0.0, float(np.mean(named)) - MOST_OF_WHOLE) if named else 0.0
            return -excess, f1(parts)

        return max(CANDIDATES, key=worth)  # the first of equals: the smallest scatter and the lowest penalty

    chosen = {name: best(family != name) for name in families}
    held_back = [found[chosen[name]][k] for k, name in enumerate(family.tolist())]
    return {
        "recordings": len(recordings),
        "splices": sum(one.spliced for one in recordings),
        "candidates": len(CANDIDATES),
        "whole_aim": MOST_OF_WHOLE,
        "search": _constants(best(np.ones(len(family), bool))),
        "chosen_on_the_other_families": {name: _constants(one) for name, one in chosen.items()},
        "frame_eer": {f"{length:g}": _frame_eers(recordings, family, length) for length in RESOLUTIONS},
        "stretches": stretch_figures(recordings, held_back, np.ones(len(family), bool)),
        "by_family": {name: stretch_figures(recordings, held_back, family == name) for name in families},
        "by_chance": f1(_elsewhere(recordings, held_back)),
        "over_all_candidates": {
            "lowest_f1": min(f1(each) for each in found.values()),
            "highest_f1": max(f1(each) for each in found.values()),
        },
    }


def _constants(search: ChangeSearch) -> dict[str, float]:
    return {"within": search.within, "penalty": search.penalty, "margin": search.margin}


def _elsewhere(recordings: Sequence[Searched], parts: Sequence[Matched]) -> list[Matched]:
    """Every recording with the claims of another one, stretched to its length: what chance would find."""
    order = np.random.default_rng(0).permutation(len(parts))
    made = []
    for here, there in zip(order.tolist(), np.roll(order, 1).tolist(), strict=True):
        scale = recordings[here].duration / recordings[there].duration
        moved = [Segment(s.start * scale, s.end * scale, s.label) for s in parts[there].claimed]
        made.append(match(moved, parts[here].true, recordings[here].duration))
    return made


def _frame_eers(recordings: Sequence[Searched], family: np.ndarray, length: float) -> dict[str, Any]:
    pairs = [frame_scores(one, length) for one in recordings]
    who = [np.full(len(labels), one.cluster) for one, (_, labels) in zip(recordings, pairs, strict=True)]

    def rate(rows: np.ndarray) -> Any:
        score, spoof, cluster = (
            np.concatenate([part[k] for k in np.flatnonzero(rows)])
            for part in ([p[0] for p in pairs], [p[1] for p in pairs], who)
        )
        real = spoof == 0
        return interval(
            "eer", score[real], score[~real], replicates=REPLICATES, clusters=(cluster[real], cluster[~real])
        )

    every = {name: rate(family == name) for name in sorted(set(family.tolist()))}
    return {"all": rate(np.ones(len(family), bool)), "by_family": every}


class Recorded(Protocol):
    """A recording of which it is known whether it is spliced, and who speaks."""

    @property
    def cluster(self) -> str: ...  # noqa: D102
    @property
    def spliced(self) -> bool: ...  # noqa: D102


def stretch_figures(
    recordings: Sequence[Recorded], parts: Sequence[Matched], rows: np.ndarray
) -> Mapping[str, Any]:
    """What was claimed of some recordings, as shares with 95 % intervals by whole clusters.

    Args:
        recordings: all.
        parts: what was claimed of each.
        rows: (recordings,) which count.

    Returns:
        `f1`, `precision`, `recall`, `splices_with_a_claim`, `whole_with_a_claim` (value, low, high, n) and
        `border_error_seconds`.
    """
    mine = [(recordings[k], parts[k]) for k in np.flatnonzero(rows).tolist()]
    clusters, member = np.unique([one.cluster for one, _ in mine], return_inverse=True)
    counts = np.array(
        [
            (
                part.matched, len(part.claimed), len(part.true),
                bool(part.claimed) and one.spliced, one.spliced,
                bool(part.claimed) and not one.spliced, not one.spliced,
            )
            for one, part in mine
        ],
        float,
    )  # fmt: skip
    sums = np.zeros((len(clusters), counts.shape[1]))
    np.add.at(sums, member, counts)
    draws = np.random.default_rng(0).integers(len(clusters), size=(REPLICATES, len(clusters)))
    total, drawn = counts.sum(0), sums[draws].sum(1)

    def figure(value: Any, n: int) -> dict[str, float]:
        spread = value(drawn.T)
        low, high = np.nanquantile(spread, [0.025, 0.975])
        return {"value": float(value(total)), "low": float(low), "high": float(high), "n": n}

    with np.errstate(invalid="ignore", divide="ignore"):
        shares = {
            "f1": figure(lambda c: 2 * c[0] / np.maximum(c[1] + c[2], 1), int(total[1] + total[2])),
            "precision": figure(lambda c: c[0] / np.maximum(c[1], 1), int(total[1])),
            "recall": figure(lambda c: c[0] / np.maximum(c[2], 1), int(total[2])),
            "splices_with_a_claim": figure(lambda c: c[3] / np.maximum(c[4], 1), int(total[4])),
            "whole_with_a_claim": figure(lambda c: c[5] / np.maximum(c[6], 1), int(total[6])),
        }
    errors = np.array([error for _, part in mine for error in part.errors])
    border = None
    if len(errors):
        quarter, median, three = np.quantile(errors, [0.25, 0.5, 0.75])
        border = {"quarter": quarter, "median": median, "three_quarters": three, "borders": len(errors)}
    return {**shares, "border_error_seconds": border}
