"""A probe's table as a picture: one line a head and its encoders, with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from earwitness.metrics.plots.figure import NONTARGET, TARGET, Figure, even_ticks
from earwitness.systems.probing import Probed

LETTERS = 44
"""Of a label that are shown; longer ones are cut."""


def probe_picture(rows: Sequence[Probed], title: str) -> str:
    """Draw the first figure of each line, best on top, with its 95 % interval, as SVG.

    Args:
        rows: from `probe`.
        title: of the picture.

    Returns:
        SVG. Lines that read several encoders have another colour.
    """
    firsts = [row.figures[0] for row in rows]
    low, high = min(one.low for one in firsts), max(one.high for one in firsts)
    room = 0.05 * (high - low) or 0.05
    better = "lower is better" if firsts[0].lower else "higher is better"
    labels = [f"{row.head}: {' + '.join(row.encoders)}" for row in rows]
    shown = [text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…" for text in labels]
    figure = Figure(
        title, f"mean over seeds, 95 % interval; {better}; {firsts[0].on}; n = {firsts[0].n:,}",
        firsts[0].metric, "", (low - room, high + room), (-0.5, len(rows) - 0.5), even_ticks(low, high),
        [(len(rows) - 1 - at, text) for at, text in enumerate(shown)],
        size=(820, 110 + 26 * len(rows)), left=320,
    )  # fmt: skip
    for at, (row, one) in enumerate(zip(rows, firsts, strict=True)):
        colour, height = TARGET if len(row.encoders) == 1 else NONTARGET, len(rows) - 1 - at
        figure.curve([one.low, one.high], [height, height], colour)
        figure.point(one.value, height, colour)
    return figure.svg()
