"""Pictures of what is in a corpus: histograms and counts as SVG."""

from __future__ import annotations

from pathlib import Path

import msgspec

from earwitness.corpora.description import ALL, Description, Histogram
from earwitness.corpora.open_voices.card import Counted
from earwitness.errors import BadInput
from earwitness.metrics.plots.figure import (
    FOURTH,
    NONTARGET,
    TARGET,
    THIRD,
    Figure,
    even_ticks,
)  # fmt: skip
from earwitness.whole_file import write_whole

COLOURS = (TARGET, NONTARGET, THIRD, FOURTH)
MOST = 24
"""Values of a column that are drawn; the others are added up."""
_LETTERS = 34


def pictures(described: Description) -> dict[str, str]:
    """Every picture of a description.

    Args:
        described: from `describe`.

    Returns:
        Name -> SVG: `durations`, `levels` where they were measured, and one for each counted column
        that has two values or more.
    """
    drawn = {}
    if described.durations is not None:
        drawn["durations"] = histogram(described.durations, "Durations", "seconds", described)
    if described.levels is not None:
        drawn["levels"] = histogram(described.levels, "Levels", "RMS, dB full scale", described)
    for column, counted in described.counts.items():
        if len(counted) > 1:
            drawn[column] = counts(counted, column, described)
    return drawn


def histogram(found: Histogram, title: str, unit: str, described: Description) -> str:
    """A histogram with one outline a class, as SVG.

    Args:
        found: what is drawn.
        title: of the picture.
        unit: of the values.
        described: whose name is told.
    """
    highest = max(4.0, 1.08 * max(max(values) for values in found.counts.values()))
    few = f", {found.rows:,} of {found.of:,} rows" if found.rows < found.of else f", {found.of:,} rows"
    low, high = found.edges[0], found.edges[-1]
    figure = Figure(
        title, described.name + few, unit, "rows", (low, high), (0, highest),
        even_ticks(low, high), even_ticks(0, highest),
    )  # fmt: skip
    for number, (label, values) in enumerate(found.counts.items()):
        figure.bars(found.edges, values, COLOURS[number % len(COLOURS)], label if label != ALL else "all")
    return figure.svg()


def counts(counted: dict[str, Counted], column: str, described: Description) -> str:
    """Rows of each value of a column as horizontal bars, the most frequent on top, as SVG.

    Args:
        counted: value -> rows and hours, the most frequent first.
        column: its name.
        described: whose name is told.
    """
    shown = [(name or "-", count) for name, count in list(counted.items())[:MOST]]
    others = list(counted.values())[MOST:]
    if others:
        rest = Counted(rows=sum(count.rows for count in others), hours=sum(count.hours for count in others))
        shown.append((f"{len(others)} others", rest))
    widest = max(count.rows for _, count in shown) * 1.22  # room for the words behind a bar
    high = len(shown)
    named = [
        (high - place - 0.5, name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…")
        for place, (name, _) in enumerate(shown)
    ]
    longest = max(len(name) for _, name in named)
    figure = Figure(
        column.replace("_", " ").capitalize(), f"{described.name}, {len(counted):,} values", "rows", "",
        (0, widest), (0, high), even_ticks(0, widest), named,
        size=(640, 150 + 24 * high), left=max(72.0, 7.2 * longest + 18),
    )  # fmt: skip
    for (at, _), (_, count) in zip(named, shown, strict=True):
        figure.stripe(at, count.rows, TARGET, f"{count.rows:,} ({_time(count.hours)})")
    return figure.svg()


def write_pictures(found: dict[str, Description], folder: Path) -> list[Path]:
    """Write every picture, and `description.json`.

    Args:
        found: from `describe`; with several parts, each gets a folder of its name.
        folder: made if it is not there.

    Returns:
        The files, in order.

    Raises:
        BadInput: when they cannot be written.
    """
    written = []
    for part, described in found.items():
        place = folder / part if len(found) > 1 else folder
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"cannot be written to: {error.strerror}", where=str(place)) from error
        for name, drawn in pictures(described).items():
            written.append(place / f"{name}.svg")
            write_whole(written[-1], drawn.encode())
    written.append(folder / "description.json")
    write_whole(written[-1], msgspec.json.format(msgspec.json.encode(found)))
    return written


def _time(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.1f} min"
