"""What speaks for a real voice, what for a synthetic one, and what takes weight from both."""

from __future__ import annotations

from dataclasses import dataclass

from earwitness.evidence.finding import RecordingFinding, Window
from earwitness.evidence.report.density import Standing
from earwitness.evidence.report.measures import Measure
from earwitness.evidence.report.wording import clock, counted, odds, percent


@dataclass(frozen=True)
class Point:
    """One argument.

    Args:
        text: a sentence.
        at: where in the recording it can be heard, in seconds, or `None`.
        until: where that ends, in seconds, or `None`.
    """

    text: str
    at: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class Balance:
    """The arguments on both sides, and those that weaken either.

    Args:
        real: for a real voice.
        synthetic: for a synthetic voice.
        weakens: what makes the evidence weigh less, whichever side it is on.
    """

    real: tuple[Point, ...]
    synthetic: tuple[Point, ...]
    weakens: tuple[Point, ...]


def balance(finding: RecordingFinding, place: Standing | None, measured: list[Measure]) -> Balance:
    """Gather what speaks for and against, from the finding alone.

    Args:
        finding: of the recording.
        place: how its score compares with those of the validation, where that is known.
        measured: its measured properties; those outside of the validation weaken the evidence.

    Returns:
        The arguments. A side may have none; that is then said, not hidden.
    """
    real: list[Point] = []
    synthetic: list[Point] = []
    found = finding.detection
    if found.llr is not None:
        side = real if found.llr > 0 else synthetic
        side.append(Point(f"Taken whole, the recording stands at {odds(found.llr)}."))
    if place is not None:
        real += _rarity("synthetic", place.spoof_above, place.spoof, "high")
        synthetic += _rarity("real", place.bona_fide_below, place.bona_fide, "low")
    scored = [window for window in found.timeline if window.llr is not None]
    if len(scored) > 1:
        leaning = sum(1 for window in scored if (window.llr or 0.0) > 0)
        if leaning:
            real.append(_windows(leaning, scored, max(scored, key=_score), "real"))
        if leaning < len(scored):
            synthetic.append(_windows(len(scored) - leaning, scored, min(scored, key=_score), "synthetic"))
    for stretch in found.segments:
        text = f"{clock(stretch.start)} to {clock(stretch.end)} differs from the rest: {odds(stretch.llr)}."
        side = real if stretch.label == "bona fide" else synthetic
        side.append(Point(text, stretch.start, stretch.end))
    weakens = [Point(f"{m.name}: {m.value}; validated for {m.outside}.") for m in measured if m.outside]
    return Balance(tuple(real), tuple(synthetic), tuple(weakens))


def _rarity(kind: str, number: int, of: int, side: str) -> list[Point]:
    """A score that is rare in one class speaks for the other; a usual one speaks for neither."""
    if not of or number / of > 0.1:
        return []
    share = "None" if not number else "Hardly any" if number / of < 0.02 else "Few"
    figures = f"{number} of {of}, {percent(number / of)}" if number else f"0 of {of}"
    return [Point(f"{share} of the {kind} recordings of the validation scored so {side} ({figures}).")]


def _score(window: Window) -> float:
    return window.llr if window.llr is not None else 0.0


def _windows(leaning: int, scored: list[Window], strongest: Window, side: str) -> Point:
    share = counted(len(scored), "window")
    verb = "leans" if leaning == 1 else "lean"
    text = (
        f"{leaning} of {share} {verb} to a {side} voice; the strongest, from {clock(strongest.start)}, "
        f"stands at {odds(_score(strongest))}."
    )
    return Point(text, strongest.start, strongest.end)
