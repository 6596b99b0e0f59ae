"""Segments on disk: RTTM, Audacity labels and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from earwitness.errors import BadInput
from earwitness.metrics.localisation.segments import Segment, checked_segments
from earwitness.whole_file import write_whole

Labelled = dict[str, list[Segment]]


def read_rttm(path: str | Path) -> Labelled:
    """Segments of each recording from an RTTM file (the SPEAKER lines; the speaker is the label).

    Args:
        path: ten blank-separated fields a line; lines of other types and comments (;;) are skipped.

    Raises:
        BadInput: when a line has too few fields or no times; line and column are named.
    """
    found: Labelled = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        fields = line.split()
        if not fields or fields[0].startswith(";;") or fields[0] != "SPEAKER":
            continue
        if len(fields) < 9:
            raise BadInput(
                f"line {number}, column {len(fields) + 1}: {len(fields)} of 10 fields", where=str(path)
            )
        start, length = (_number(fields[at], number, at + 1, path) for at in (3, 4))
        found.setdefault(fields[1], []).append(Segment(start, start + length, fields[7]))
    return {name: checked_segments(part, f"{path}: {name}") for name, part in found.items()}


def write_rttm(segments: Mapping[str, Sequence[tuple]], path: str | Path) -> None:
    """Write segments of each recording as RTTM, whole or not at all; times to a microsecond."""
    lines = []
    for name, stretches in segments.items():
        if not name or any(character.isspace() for character in name):
            raise BadInput(f"recording {name!r} has blanks, which RTTM cannot hold", where=str(path))
        lines += [
            f"SPEAKER {name} 1 {s.start:.6f} {s.end - s.start:.6f} <NA> <NA> "
            f"{s.label.replace(' ', '_')} <NA> <NA>"
            for s in checked_segments(stretches)
        ]
    _write(path, "".join(line + "\n" for line in lines))


def read_audacity(path: str | Path) -> list[Segment]:
    """Segments of one recording from an Audacity label track.

    Raises:
        BadInput: when a line has too few fields or no times; line and column are named.
    """
    made = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip() or line.startswith("\\"):  # spectral ranges follow on lines of their own
            continue
        fields = line.split("\t")
        if len(fields) < 2:
            raise BadInput(f"line {number}, column 2: has no end", where=str(path))
        start, end = (_number(fields[at], number, at + 1, path) for at in (0, 1))
        made.append(Segment(start, end, fields[2].strip() if len(fields) > 2 else "spoof"))
    return checked_segments(made, str(path))


def write_audacity(segments: Sequence[tuple], path: str | Path) -> None:
    """Write segments of one recording as an Audacity label track, whole or not at all."""
    rows = [f"{s.start:.6f}\t{s.end:.6f}\t{s.label}\n" for s in checked_segments(segments)]
    _write(path, "".join(rows))


def read_json(path: str | Path) -> Labelled:
    """Segments of each recording from JSON: `{"name": [{"start": 0, "end": 1, "label": "spoof"}]}`.

    Raises:
        BadInput: when the file is no such JSON; the field is named.
    """
    try:
        rows = msgspec.json.decode(_text(path), type=dict[str, list[Segment]])
    except msgspec.ValidationError:
        try:
            plain = msgspec.json.decode(_text(path), type=dict[str, list[_Row]])
        except msgspec.DecodeError as error:
            raise BadInput(f"are no segments: {error}", where=str(path)) from error
        rows = {name: [Segment(r.start, r.end, r.label) for r in part] for name, part in plain.items()}
    except msgspec.DecodeError as error:
        raise BadInput(f"is no JSON: {error}", where=str(path)) from error
    return {name: checked_segments(part, f"{path}: {name}") for name, part in rows.items()}


def write_json(segments: Mapping[str, Sequence[tuple]], path: str | Path) -> None:
    """Write segments of each recording as JSON, whole or not at all; times keep all digits."""
    rows = {name: [s._asdict() for s in checked_segments(part)] for name, part in segments.items()}
    _write(path, msgspec.json.format(msgspec.json.encode(rows)).decode() + "\n")


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    start: float
    end: float
    label: str = "spoof"


def _text(path: str | Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        line = Path(path).read_bytes()[: error.start].count(b"\n") + 1
        raise BadInput(f"line {line}: is no text", where=str(path)) from error


def _number(field: str, line: int, column: int, path: str | Path) -> float:
    try:
        return float(field)
    except ValueError as error:
        raise BadInput(f"line {line}, column {column}: {field!r} is no time", where=str(path)) from error


def _write(path: str | Path, text: str) -> None:
    write_whole(Path(path), text.encode("utf-8"))
