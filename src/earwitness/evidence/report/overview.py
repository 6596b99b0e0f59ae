"""The first page of a report on many recordings: the counts, the table, all scores on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from earwitness.evidence.finding import Decision, Findings, RecordingFinding
from earwitness.evidence.report.axis import Axis
from earwitness.evidence.report.page import Background
from earwitness.evidence.report.wording import counted, spelled

DECISIONS: tuple[Decision, ...] = ("bona fide", "inconclusive", "spoof")
"""In the order of the evidence axis, turned round: real voices first."""


@dataclass(frozen=True)
class Line:
    """One recording in the table.

    Args:
        number: of the recording in the report, from 1.
        finding: what was found.
        notes: what deserves a look, in a few words.
    """

    number: int
    finding: RecordingFinding
    notes: str


@dataclass(frozen=True)
class Strip:
    """All recordings with one decision, on the axis of the evidence.

    Args:
        decision: which.
        number: how many.
        without: how many of them have no score, for want of speech.
        marks: SVG path of one tick a recording.
    """

    decision: Decision
    number: int
    without: int
    marks: str


@dataclass(frozen=True)
class Overview:
    """The first page.

    Args:
        sentence: the counts in words.
        lines: of the table.
        strips: all scores, a strip for each decision; empty without an axis.
        voices: whether any recording was compared with a reference.
        noted: whether any recording deserves a note.
    """

    sentence: str
    lines: list[Line]
    strips: list[Strip]
    voices: bool
    noted: bool


def overview(findings: Findings, drawn: Background | None) -> Overview:
    """Sum up all recordings.

    Args:
        findings: of one analysis.
        drawn: the validation's scores, for the axis.

    Returns:
        The first page.
    """
    found = findings.recordings
    lines = [Line(number, finding, _notes(finding)) for number, finding in enumerate(found, 1)]
    strips = [_strip(decision, found, drawn.axis) for decision in DECISIONS] if drawn else []
    voices = any(finding.voice is not None for finding in found)
    return Overview(_sentence(findings), lines, strips, voices, any(line.notes for line in lines))


def _sentence(findings: Findings) -> str:
    counts = {d: sum(f.detection.decision == d for f in findings.recordings) for d in DECISIONS}
    none = {d: "none" if not counts[d] else spelled(counts[d]) for d in DECISIONS}
    parts = [
        f"{none['bona fide']} {'points' if counts['bona fide'] == 1 else 'point'} to a real voice",
        f"{none['spoof']} to a synthetic or altered one",
        f"{none['inconclusive']} {'is' if counts['inconclusive'] == 1 else 'are'} not settled",
    ]
    failed = len(findings.errors)
    more = f"{spelled(failed).capitalize()} more {'file' if failed == 1 else 'files'}"
    tail = f" {more} could not be analysed." if failed else ""
    return (
        f"Of {counted(len(findings.recordings), 'recording')}, {parts[0]}, {parts[1]}, and {parts[2]}.{tail}"
    )


def _notes(finding: RecordingFinding) -> str:
    notes = []
    if finding.detection.llr is None:
        notes.append("too little speech")
    other = sum(s.label != finding.detection.decision for s in finding.detection.segments)
    if other:
        notes.append(f"{counted(other, 'stretch', 'stretches')} differ{'s' if other == 1 else ''}")
    where = finding.localisation
    if where is not None and where.segments:
        notes.append(f"{counted(len(where.segments), 'stretch', 'stretches')} by the localiser")
    return "; ".join(notes)


def _strip(decision: Decision, found: Sequence[RecordingFinding], axis: Axis) -> Strip:
    chosen = [f.detection.llr for f in found if f.detection.decision == decision]
    places = sorted({round(1000 * float(axis.share(llr)), 1) for llr in chosen if llr is not None})
    return Strip(decision, len(chosen), chosen.count(None), " ".join(f"M{x:g},3V37" for x in places))
