"""Windows of what the participant of an interview says."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from earwitness.corpora.corpus import Corpus, require_columns
from earwitness.errors import BadInput

SECONDS, HOP, GAP, SHORTEST = 10.0, 5.0, 1.0, 1.0


def interview_windows(
    corpus: Corpus,
    *,
    seconds: float = SECONDS,
    hop: float = HOP,
    gap: float = GAP,
    shortest: float = SHORTEST,
) -> Corpus:
    """One row a window of the participant's speech; the session is its group.

    Turns that follow each other closely, without the interviewer in between, are one stretch; stretches are
    cut into windows, the last of which ends with the stretch. A stretch shorter than a window is one.

    Args:
        corpus: sessions with `segments` (start and end in seconds, label), as `scan` gives them with
            `rows=session`.
        seconds: length of a window.
        hop: from one window to the next, in seconds.
        gap: longest pause inside a stretch, in seconds.
        shortest: stretches below are left out, in seconds.

    Returns:
        The same columns but `segments`.

    Raises:
        BadInput: when lengths are not above 0, or nobody speaks.
    """
    if min(seconds, hop) <= 0 or gap < 0 or shortest < 0:
        raise BadInput("seconds and hop must be above 0, gap and shortest 0 or more", where="windows")
    require_columns(corpus, ["segments", "session"])
    rows = []
    for row in corpus.table.iter_rows(named=True):
        turns = [(one["start"], one["end"], one["label"]) for one in row["segments"] or ()]
        kept = {key: value for key, value in row.items() if key not in ("segments", "start", "end")}
        windows = [
            window
            for start, end in stretches(turns, gap)
            if end - start >= shortest
            for window in cuts(start, end, seconds, hop)
        ]
        rows += [
            kept | {"id": f"{row['id']}-{at:04d}", "group": row["id"], "start": start, "end": end}
            for at, (start, end) in enumerate(windows)
        ]
    if not rows:
        raise BadInput("has no turn of a participant that is long enough", where=corpus.name)
    columns = [name for name in corpus.table.columns if name != "segments"]
    schema = {name: corpus.table.schema[name] for name in columns}
    return Corpus(pl.DataFrame(rows, schema=schema, orient="row").select(columns), corpus.name, corpus.report)


def stretches(turns: Sequence[tuple[float, float, str]], gap: float = GAP) -> list[tuple[float, float]]:
    """The participant's turns, those that follow closely made one.

    Args:
        turns: start and end in seconds, and who speaks, in order.
        gap: longest pause inside a stretch, in seconds.

    Example:
        >>> stretches([(0, 2, "participant"), (2.5, 4, "participant"), (4, 5, "interviewer"),
        ...            (5, 6, "participant")])
        [(0, 4), (5, 6)]
    """
    found: list[tuple[float, float]] = []
    broken = True
    for start, end, who in turns:
        if who != "participant":
            broken = True
            continue
        if not broken and start - found[-1][1] <= gap:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
        broken = False
    return found


def cuts(start: float, end: float, seconds: float = SECONDS, hop: float = HOP) -> list[tuple[float, float]]:
    """Windows of a stretch; the last one ends with it, unless it would begin before the one before.

    Example:
        >>> cuts(0.0, 22.0), cuts(3.0, 7.0)
        ([(0.0, 10.0), (5.0, 15.0), (10.0, 20.0), (12.0, 22.0)], [(3.0, 7.0)])
    """
    if end - start <= seconds:
        return [(start, end)]
    found = []
    at = start
    while at + seconds <= end + 1e-9:
        found.append((at, at + seconds))
        at += hop
    if found[-1][1] < end - 1e-9:
        found.append((end - seconds, end))
    return found
