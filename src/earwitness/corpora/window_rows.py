"""From rows of signals to rows of windows, each with all signals of one person at one time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.signal_windows import windows_by_label
from earwitness.corpora.stored_signal import SignalReader
from earwitness.errors import BadInput

SIGNALS = "signals"
"""Column of a table of windows: list of `signal`, `path`, `member` and `rate` of each signal."""
STATE = "state"
"""Column of the label of a window."""
_SIGNAL = ("signal", "path", "member", "rate")
_PLACE = ("speaker", "session", STATE, "start", "end")


def window_rows(
    corpus: Corpus,
    *,
    kinds: Sequence[str],
    states: Sequence[str] = (),
    seconds: float = 10.0,
    hop: float = 0.5,
    labelled: bool = True,
) -> Corpus:
    """A corpus of windows: one row a person, state and time.

    Windows never lie across two states. Those of one stretch of a state share samples where `hop` is
    below 1, so they are one `group`.

    Args:
        corpus: with `signal`, `rate` and, where a file has parts, `member`; states as `segments`, or in a
            column `state` or `label`. A corpus of windows is given back as it is, with the states asked for.
        kinds: signals that every window must have (`ecg`, `eda`, `emg`, `ppg`).
        states: to keep; all when empty.
        seconds: of a window.
        hop: from one window to the next, as a share of its length, above 0 to 1.
        labelled: whether a window needs a state; without it, it may be "", and `states` is not looked at.

    Returns:
        The rows of the columns of a corpus, `session`, `state`, `signals` and what the corpus says of whole
        persons and sources (`split`, `synthetic`, `source`, `licence`).

    Raises:
        BadInput: when no window has all the signals, a state is not there, or a person has two signals of
            one kind at one time in one group.

    Example:
        >>> row = dict(start=0.0, end=20.0, split=None, speaker="s", group="g", session="s", rate=100.0,
        ...     member="", path="s.npz", state="rest")
        >>> table = pl.DataFrame([dict(row, id=kind, signal=kind) for kind in ("ecg", "eda")])
        >>> made = window_rows(Corpus(table), kinds=("ecg", "eda")).table
        >>> made.select("id", "start", pl.col("signals").list.len()).rows()
        [('s-rest-0', 0.0, 2), ('s-rest-5', 5.0, 2), ('s-rest-10', 10.0, 2)]
    """
    if SIGNALS in corpus.table.columns:
        table = corpus.table
    else:
        table = _joined(_windows(corpus, kinds, seconds, hop, labelled), corpus.name)
    there = set(table[STATE].unique())
    states = states if labelled else ()
    missing = [state for state in states if state not in there]
    if missing:
        raise BadInput(
            f"has no windows of the state {missing[0]!r}; there are: {', '.join(sorted(there))}",
            where=corpus.name,
        )
    held = pl.col(SIGNALS).list.eval(pl.element().struct.field("signal"))
    whole = pl.all_horizontal([held.list.contains(kind) for kind in kinds])
    kept = table.filter(whole & (pl.col(STATE).is_in(list(states)) if states else pl.lit(True)))
    if not len(kept):
        raise BadInput(f"has no window with all of {', '.join(kinds)}", where=corpus.name)
    made = Corpus(kept, corpus.name, corpus.report)
    made._root = corpus.root
    return made


def _windows(
    corpus: Corpus, kinds: Sequence[str], seconds: float, hop: float, labelled: bool
) -> pl.DataFrame:
    """One row a window and signal."""
    table = corpus.table
    for column in ("signal", "rate"):
        if column not in table.columns:
            raise BadInput(f"has no column {column!r}; its rows are no signals", where=corpus.name)
    table = table.filter(pl.col("signal").is_in(list(kinds)))
    if not len(table):
        raise BadInput(f"has no rows of {', '.join(kinds)}", where=corpus.name)
    if "member" not in table.columns:
        table = table.with_columns(pl.lit("").alias("member"))
    if "session" not in table.columns:
        table = table.with_columns(pl.col("speaker").alias("session"))
    reader = SignalReader(corpus.root or Path())

    def duration(row: Mapping[str, Any]) -> float:
        return len(reader.read({**row, "start": 0.0, "end": None})) / float(row["rate"])

    if "segments" in table.columns and table["segments"].null_count():
        raise BadInput("has rows without segments among rows with them", where=corpus.name)
    if "segments" in table.columns:
        table = table.drop([name for name in ("label", STATE) if name in table.columns])
    cut = windows_by_label(table, seconds=seconds, hop=hop, duration=duration)
    if STATE not in cut.columns:
        if "label" not in cut.columns and labelled:
            raise BadInput("has neither segments nor a column 'state' or 'label'", where=corpus.name)
        state = pl.col("label") if "label" in cut.columns else pl.lit("")
        cut = cut.with_columns(state.alias(STATE))
    cut = cut.with_columns(pl.col(STATE).cast(pl.String).fill_null(""))
    if labelled:
        cut = cut.filter(pl.col(STATE) != "")
    if not len(cut):
        raise BadInput(f"has no stretch of {seconds:g} s of one state", where=corpus.name)
    return cut


def _joined(windows: pl.DataFrame, name: str) -> pl.DataFrame:
    """All signals of one person at one time in one row."""
    place = [*_PLACE]
    if windows.select(*place, "signal").is_duplicated().any():  # several files of a person, each from 0 s
        place.append("group")
    if windows.select(*place, "signal").is_duplicated().any():
        twice = windows.filter(windows.select(*place, "signal").is_duplicated())["id"][0]
        raise BadInput(f"holds a signal twice at one time in one group, such as {twice!r}", where=name)
    carried = [
        column for column in ("split", "synthetic", "source", "licence", "simulator")
        if column in windows.columns
    ]  # fmt: skip
    windows = windows.with_columns(pl.col("member").fill_null(""), pl.col("rate").cast(pl.Float64))
    rows = windows.group_by(place, maintain_order=True).agg(
        pl.col("path").first(),
        pl.struct(_SIGNAL).alias(SIGNALS),
        *(pl.col(column).first() for column in carried),
    )
    within = [column for column in ("speaker", "session", STATE, "group") if column in place]
    rows = rows.sort([*within, "start"], maintain_order=True)
    fresh = (pl.col("start") > pl.col("end").shift(1).over(within) + 1e-6).fill_null(True)
    rows = rows.with_columns(fresh.cast(pl.Int64).cum_sum().over(within).alias("stretch"))
    stem = pl.concat_str(
        [pl.col(column).fill_null("") for column in within if column != "session"], separator="-"
    )
    return rows.with_columns(
        pl.format("{}-{}", stem, (pl.col("start") * 1000).round() / 1000)
        .str.replace(r"\.0$", "")
        .alias("id"),
        pl.format("{}-{}", stem, "stretch").alias("group"),
    ).drop("stretch")
