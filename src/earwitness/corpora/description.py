"""What is in a corpus, counted: values of its columns, durations, levels."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from earwitness.audio.decode import decode
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.durations import seconds_of
from earwitness.corpora.open_voices.card import Counted, counted_columns
from earwitness.corpora.parts import only, parts_of

ALL = ""
"""Name of the class of rows that have no label."""
_STEPS = (8, 40)
"""Fewest and most steps of a histogram; between them one and a half times the square root of the rows."""


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """How often values fall into equal steps, for each class.

    Args:
        edges: of the steps, one more than there are steps.
        counts: class -> rows in each step.
        rows: that were looked at.
        of: rows that there are.
    """

    edges: tuple[float, ...]
    counts: dict[str, tuple[int, ...]]
    rows: int
    of: int


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a corpus, or in one part of it.

    Args:
        name: of the corpus and part.
        rows: in it.
        hours: of audio whose duration is known.
        groups: distinct.
        counts: column -> value -> rows and hours.
        durations: in seconds; `None` when none is known.
        levels: RMS in dB full scale; `None` when the audio was left alone.
    """

    name: str
    rows: int
    hours: float
    groups: int
    counts: dict[str, dict[str, Counted]]
    durations: Histogram | None
    levels: Histogram | None


def describe(
    corpus: Corpus,
    root: str | os.PathLike[str] | None = None,
    *,
    most: int = 2000,
    tick: Callable[[], object] = lambda: None,
) -> dict[str, Description]:
    """Count a corpus, part by part.

    Args:
        corpus: any; the columns that it has are counted.
        root: folder that the paths start from; `None` leaves the audio alone.
        most: rows of a part whose level is measured, drawn evenly over the table.
        tick: called after each measured row.

    Returns:
        Part -> description; a corpus without parts has one, `speech`.

    Raises:
        BadInput: when a file is missing or cannot be read.

    Example:
        >>> row = dict(id="a", path="a.wav", start=0.0, end=2.0, split="train", speaker="s", group="g")
        >>> found = describe(Corpus(pl.DataFrame([row])))["speech"]
        >>> found.rows, found.counts["split"]["train"].rows
        (1, 1)
    """
    parts = parts_of(corpus.table)
    return {
        part: _described(
            only(corpus.table, part), f"{corpus.name}, {part}" if len(parts) > 1 else corpus.name,
            None if root is None else Path(root), most, tick,
        )
        for part in parts
    }  # fmt: skip


def measured_rows(table: pl.DataFrame, most: int) -> pl.DataFrame:
    """At most so many rows, evenly over the table.

    Example:
        >>> measured_rows(pl.DataFrame({"id": ["a", "b", "c", "d"]}), 2)["id"].to_list()
        ['a', 'c']
    """
    if len(table) <= most:
        return table
    return table[(np.arange(most) * len(table) // most).tolist()]


def _described(
    table: pl.DataFrame, name: str, root: Path | None, most: int, tick: Callable[[], object]
) -> Description:
    seconds = seconds_of(table).to_numpy()
    levels = None
    if root is not None:
        drawn = measured_rows(table, most)
        found = []
        for path, start, end in drawn.select("path", "start", "end").iter_rows():
            found.append(_level(root / path, start, end))
            tick()
        levels = _histogram(np.array(found), drawn, len(table))
    return Description(
        name=name,
        rows=len(table),
        hours=round(float(np.nansum(seconds)) / 3600, 3),
        groups=table["group"].n_unique(),
        counts=counted_columns(table),
        durations=_histogram(seconds, table, len(table)),
        levels=levels,
    )


def _level(path: Path, start: float, end: float | None) -> float:
    """RMS of a row in dB full scale, at least -100."""
    recording = decode(path)
    rate = recording.sample_rate
    heard = recording.samples[round(start * rate) : None if end is None else round(end * rate)]
    power = float(np.mean(np.square(heard, dtype=np.float64))) if len(heard) else 0.0
    return 10 * float(np.log10(max(power, 1e-10)))


def _histogram(values: np.ndarray, table: pl.DataFrame, of: int) -> Histogram | None:
    known = np.isfinite(values.astype(np.float64))
    if not known.any():
        return None
    low, high = float(values[known].min()), float(values[known].max())
    steps = int(np.clip(1.5 * np.sqrt(known.sum()), *_STEPS))
    edges = np.linspace(low, high if high > low else low + 1, steps + 1)
    labels = (
        table["label"].cast(pl.String).fill_null(ALL).to_numpy().astype(str)
        if "label" in table.columns
        else np.full(len(table), ALL)
    )
    return Histogram(
        edges=tuple(edges.tolist()),
        counts={
            str(label): tuple(np.histogram(values[known & (labels == label)], edges)[0].tolist())
            for label in np.unique(labels)
        },
        rows=int(known.sum()),
        of=of,
    )


def described_lines(found: dict[str, Description]) -> list[str]:
    """A description in words, a line for each part and column.

    Args:
        found: from `describe`.
    """
    lines = []
    for part, one in found.items():
        title = f"{part}: " if len(found) > 1 else ""
        lines.append(f"{title}{one.rows:,} rows, {one.hours:.2f} hours, {one.groups:,} groups")
        for column, counts in one.counts.items():
            told = ", ".join(f"{name or '-'} {count.rows:,}" for name, count in list(counts.items())[:30])
            rest = f", and {len(counts) - 30} more" if len(counts) > 30 else ""
            lines.append(f"{'  ' if title else ''}{column}: {told}{rest}")
    return lines
