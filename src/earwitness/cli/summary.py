"""Findings on the console, for people."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.text import Text

from earwitness.audio.path_names import one_line
from earwitness.evidence.finding import Findings, RecordingFinding

_COLOURS = {"bona fide": "green", "spoof": "red", "inconclusive": "yellow"}


def tell(finding: RecordingFinding) -> None:
    """Print one finding: decision, likelihood ratio in words, reasons.

    Args:
        finding: of a recording.
    """
    detection = finding.detection
    lines = [
        Text.assemble(
            (detection.decision.upper(), f"bold {_COLOURS[detection.decision]}"),
            "  ",
            (one_line(finding.path), "bold"),
            f"  ({_seconds(finding.duration)}, {_seconds(finding.speech)} of speech)",
        )
    ]
    if detection.llr is not None and detection.probability_bona_fide is not None:
        lines.append(
            Text(
                f"  {_capital(detection.verbal)} (log likelihood ratio {detection.llr:+.2f}; "
                f"probability of a real voice {detection.probability_bona_fide:.0%} "
                f"at a prior of {detection.prior:g})."
            )
        )
    lines += [Text(f"  {reason}") for reason in detection.reasons]
    for segment in detection.segments:
        lines.append(
            Text(
                f"  {segment.start:.1f}-{segment.end:.1f} s differs from the rest: leans to {segment.label} "
                f"({segment.llr:+.2f})."
            )
        )
    if finding.voice is not None:
        lines.append(
            Text(f"  Voice: {finding.voice.decision}; {finding.voice.verbal}. {finding.voice.reasons[0]}")
        )
    if finding.source is not None:
        lines.append(Text(f"  Generator: {finding.source.decision}. {finding.source.reasons[0]}"))
    if finding.codec is not None:
        told = "; ".join(
            f"{one.name} {one.value:g} {one.unit} ({one.low:g} to {one.high:g})"
            for one in finding.codec.estimates
        )
        lines.append(
            Text(
                f"  Coding: {finding.codec.decision}{f', {told}' if told else ''}. {finding.codec.reasons[0]}"
            )
        )
    if finding.localisation is not None:
        where = finding.localisation
        named = ", ".join(
            f"{one.start:.2f}-{one.end:.2f} s leans to {one.label} ({one.llr:+.2f})" for one in where.segments
        )
        lines.append(
            Text(
                f"  Frame by frame ({where.name}, {1000 * where.resolution:.0f} ms): "
                f"{named or 'no stretch differs from the rest'}."
            )
        )
        lines += [Text(f"    {sentence}") for sentence in where.measured]
    console = _console()
    for line in lines:
        console.print(line, soft_wrap=True)


def tell_all(findings: Findings, *, passed_over: int, remembered: int, report: Path | None) -> None:
    """Print what came of the whole.

    Args:
        findings: of the analysis.
        passed_over: files in folders that do not look like audio.
        remembered: findings that were taken from an earlier run.
        report: path of the report, if one was written.
    """
    counts: Counter[str] = Counter(recording.detection.decision for recording in findings.recordings)
    parts = [f"{counts[decision]} {decision}" for decision in _COLOURS if counts[decision]]
    line = f"{len(findings.recordings)} analysed"
    line += f" ({', '.join(parts)})" if parts else ""
    if remembered:
        line += f", {remembered} of them in an earlier run"
    if findings.errors:
        line += f"; {len(findings.errors)} could not be analysed"
    if passed_over:
        line += f"; passed over {passed_over} other file{'s' * (passed_over > 1)} in the folders"
    console = _console()
    console.print()
    console.print(Text(f"{line}."), soft_wrap=True)
    if report is not None:
        console.print(Text(f"Report: {one_line(report)}"), soft_wrap=True)
    console.print(
        Text(
            f"By {findings.model.name} {findings.model.version}; a decision is a screening result, not proof."
        ),
        soft_wrap=True,
    )


def _console() -> Console:
    return Console(highlight=False)


def _seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02} min"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
