"""Curves of the time figure as SVG paths: the evidence over time, and the waveform."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earwitness.evidence.finding import Window
from earwitness.evidence.report.axis import Axis

WIDTH = 1000
"""Width of every drawing, in its own units; the page stretches it."""

_SLIVER = 0.05  # seconds: what the grid of frames leaves over at the end is no gap


@dataclass(frozen=True)
class Trace:
    """The evidence over time, ready to be drawn.

    Args:
        line: SVG path of the curve; broken where there was too little speech.
        area: SVG path of what lies between curve and zero.
        silent: stretches without a score, as (start, end) in seconds.
        axis: of natural-log likelihood ratios, symmetric around zero.
    """

    line: str
    area: str
    silent: tuple[tuple[float, float], ...]
    axis: Axis


def _runs(timeline: Sequence[Window]) -> Iterator[list[tuple[float, float, float, float]]]:
    """Stretches of scored windows without a break: (start, centre, end, score) each."""
    run: list[tuple[float, float, float, float]] = []
    for window in timeline:
        if window.llr is None or not math.isfinite(window.llr):
            if run:
                yield run
            run = []
        else:
            run.append((window.start, (window.start + window.end) / 2, window.end, window.llr))
    if run:
        yield run


def _thinned(points: list[tuple[float, float]], columns: int, seconds: float) -> list[tuple[float, float]]:
    """First, lowest, highest and last point of every column: what the eye would see anyway."""
    if len(points) <= 2 * columns:
        return points
    kept: list[tuple[float, float]] = []
    column: list[tuple[float, float]] = []
    number = -1

    def close() -> None:
        ends = {column[0], column[-1], min(column, key=lambda p: p[1]), max(column, key=lambda p: p[1])}
        kept.extend(sorted(ends))

    for point in points:
        here = int(point[0] / seconds * columns)
        if here != number and column:
            close()
            column = []
        number = here
        column.append(point)
    close()
    return kept


def trace(timeline: Sequence[Window], seconds: float, *, height: float, columns: int = 600) -> Trace:
    """Draw the scores of the windows over time.

    A window's score is set at its middle; the first and last of a run reach out to the edges
    of their windows, but never into the next run.

    Args:
        timeline: scores of the windows, in order.
        seconds: duration of the recording, above 0.
        height: of the drawing, in its own units; zero lies at half of it.
        columns: how finely a long timeline is drawn.

    Returns:
        The paths, and the axis they were drawn on: at least 30 : 1 to either side.

    Example:
        >>> drawn = trace([Window(start=0.0, end=4.0, llr=0.0)], 4.0, height=100)
        >>> drawn.line, drawn.silent
        ('M0,50.0 L500,50.0 L1000,50.0', ())
    """
    scores = [abs(w.llr) for w in timeline if w.llr is not None and math.isfinite(w.llr)]
    reach = max(math.log(30), 1.3 * max(scores, default=0.0))  # room for the names of the sides
    axis, time = Axis(-reach, reach), Axis(0.0, seconds)
    lines, areas, scored = [], [], []
    zero = height / 2
    runs = list(_runs(timeline))
    for number, run in enumerate(runs):
        start = run[0][0] if number == 0 else max(run[0][0], (runs[number - 1][-1][1] + run[0][1]) / 2)
        end = run[-1][2]
        if number + 1 < len(runs):
            end = min(end, (run[-1][1] + runs[number + 1][0][1]) / 2)
        scored.append((start, end))
        points = [(centre, score) for _, centre, _, score in run]
        points = [(start, run[0][3]), *_thinned(points, columns, seconds), (end, run[-1][3])]
        drawn = [
            (WIDTH * float(time.share(at)), height * (1 - float(axis.share(score)))) for at, score in points
        ]
        path = " L".join(f"{x:.5g},{y:.1f}" for x, y in drawn)
        lines.append(f"M{path}")
        areas.append(f"M{drawn[0][0]:.5g},{zero:.1f} L{path} L{drawn[-1][0]:.5g},{zero:.1f} Z")
    return Trace(" ".join(lines), " ".join(areas), _gaps(scored, seconds), axis)


def _gaps(scored: list[tuple[float, float]], seconds: float) -> tuple[tuple[float, float], ...]:
    gaps, at = [], 0.0
    for start, end in scored:
        if start - at > _SLIVER:
            gaps.append((at, start))
        at = max(at, end)
    if seconds - at > _SLIVER:
        gaps.append((at, seconds))
    return tuple(gaps)


def outline(envelope: NDArray[np.floating], *, height: float, columns: int = 1000) -> str:
    """Draw a waveform as one closed SVG path, scaled to its own loudest sample.

    Args:
        envelope: lowest and highest sample of each column, `(columns, 2)`, -1 to 1.
        height: of the drawing, in its own units.
        columns: how finely it is drawn at most.

    Returns:
        The path; empty without columns.

    Example:
        >>> outline(np.array([[-1.0, 1.0], [-0.5, 0.5]], np.float32), height=100)
        'M0,0 L1000,25 L1000,75 L0,100 Z'
    """
    if not len(envelope):
        return ""
    low, high = _coarser(np.nan_to_num(envelope), columns)
    peak = max(float(np.abs(low).max()), float(np.abs(high).max())) or 1.0
    x = np.linspace(0, WIDTH, len(low))
    top = height / 2 * (1 - high / peak)
    bottom = height / 2 * (1 - low / peak)
    upper = [f"{a:.4g},{b:.3g}" for a, b in zip(x, top, strict=True)]
    lower = [f"{a:.4g},{b:.3g}" for a, b in zip(x[::-1], bottom[::-1], strict=True)]
    return f"M{' L'.join(upper + lower)} Z"


def _coarser(
    envelope: NDArray[np.floating], columns: int
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    if len(envelope) <= columns:
        return envelope[:, 0], envelope[:, 1]
    starts = np.linspace(0, len(envelope), columns, endpoint=False).astype(int)
    return np.minimum.reduceat(envelope[:, 0], starts), np.maximum.reduceat(envelope[:, 1], starts)
