"""The recordings that a corpus names."""

from __future__ import annotations

import os
from collections.abc import Mapping as RowMapping
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from earwitness.audio.physiological import BANDS, Mapping, SignalReading
from earwitness.corpora.corpus import ROOT
from earwitness.corpora.signal_windows import windows_by_label
from earwitness.corpora.stored_signal import SignalReader
from earwitness.corpora.window_rows import SIGNALS
from earwitness.encoders.encoding import Segment
from earwitness.encoders.signal_view import SignalView
from earwitness.errors import BadInput


class SignalWindows(msgspec.Struct, frozen=True, kw_only=True):
    """How rows that hold ECG, EMG or EDA are cut and made waveforms.

    Args:
        mapping: `resample` or `relabel`.
        seconds: of a window.
        hop: from one window to the next, as a share of its length.
        filtered: whether each window is filtered to the band of its kind.
    """

    mapping: Mapping
    seconds: float = 10.0
    hop: float = 0.5
    filtered: bool = False


def segments_of(corpus: str | os.PathLike[str], signals: SignalWindows | None = None) -> list[Segment]:
    """One segment for each row of a corpus, in its order; of a physiological signal one a window.

    Args:
        corpus: a corpus table (Parquet with a column `path`, and `start` and `end` in seconds
            where rows are stretches of a file), or the folder that holds `corpus.parquet`.
            Relative paths are taken from the table's folder, or from that of the audio which the table names.
        signals: how rows with `signal` `ecg`, `emg` or `eda` are read; they have `rate` and, where
            a file has parts, `member`.

    Raises:
        BadInput: when there is no such table, it names no files, or it has rows of such a signal
            and nothing says how to read them.
    """
    path = Path(corpus)
    if path.is_dir():
        path = path / "corpus.parquet"
    if not path.is_file():
        raise BadInput(
            "no corpus table here; give corpus.parquet or the folder that holds it", where=str(corpus)
        )
    try:
        table = pl.read_parquet(path, memory_map=False)
        root = Path(pl.read_parquet_metadata(path).get(ROOT) or path.parent)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput("cannot be read as a Parquet table", where=str(path)) from error
    if "path" not in table.columns or table["path"].dtype != pl.String:
        raise BadInput("has no column 'path'", where=str(path))
    for column in ("start", "end"):
        if column not in table.columns:
            table = table.with_columns(pl.lit(None, pl.Float64).alias(column))
    if SIGNALS in table.columns:
        if signals is None:
            raise BadInput("has windows of signals; say --mapping resample or relabel", where=str(path))
        kinds_held = sorted({one["signal"] for held in table[SIGNALS] for one in held})
        return [
            segment
            for kind in kinds_held
            for segment in segments_of_windows(
                table.filter(
                    pl.col(SIGNALS).list.eval(pl.element().struct.field("signal")).list.contains(kind)
                ),
                root,
                SignalReading(kind=kind, mapping=signals.mapping, filtered=signals.filtered),
            )
        ]
    if "signal" in table.columns and (kinds := set(table["signal"]) & set(BANDS)):
        if signals is None:
            named = ", ".join(sorted(kinds))
            raise BadInput(f"has rows of {named}; say --mapping resample or relabel", where=str(path))
        return _with_signals(table, root, signals, str(path))
    if signals is not None:
        raise BadInput(f"has no rows of {', '.join(BANDS)} to map", where=str(path))
    rows = table.select("path", pl.col("start", "end").cast(pl.Float64)).iter_rows()
    return [
        # a stretch from the beginning is written the same however the corpus says it
        Segment(path=str(root / name), start=start or None, end=end)
        for name, start, end in rows
    ]


def segments_of_windows(table: pl.DataFrame, root: Path, how: SignalReading) -> list[Segment]:
    """One segment for each row of a table of windows: one of its signals.

    Args:
        table: from `corpora.window_rows`.
        root: folder that the paths start from.
        how: which signal, and how it becomes a waveform.

    Raises:
        BadInput: when a window has no such signal.
    """
    given = []
    for name, start, end, signals in table.select("id", "start", "end", SIGNALS).iter_rows():
        found = next((one for one in signals if one["signal"] == how.kind), None)
        if found is None:
            raise BadInput(f"has no {how.kind}", where=name)
        view = SignalView(
            kind=how.kind, rate=found["rate"], mapping=how.mapping, member=found["member"],
            filtered=how.filtered,
        )  # fmt: skip
        path = str(root / found["path"])
        given.append(Segment(path=path, start=start or None, end=end, signal=view))
    return given


def _with_signals(table: pl.DataFrame, root: Path, how: SignalWindows, where: str) -> list[Segment]:
    """Windows of the rows that hold a physiological signal; the others as they are."""
    if "rate" not in table.columns:
        raise BadInput("has no column 'rate'", where=where)
    reader = SignalReader(root)

    def duration(row: RowMapping[str, Any]) -> float:
        return len(reader.read({**row, "start": 0.0, "end": None})) / float(row["rate"])

    given = []
    for kind, rows in table.group_by("signal", maintain_order=True):
        if kind[0] not in BANDS:
            plain = rows.select("path", "start", "end").iter_rows()
            given += [
                Segment(path=str(root / name), start=start or None, end=end) for name, start, end in plain
            ]
            continue
        cut = windows_by_label(rows, seconds=how.seconds, hop=how.hop, duration=duration)
        for row in cut.iter_rows(named=True):
            view = SignalView(
                kind=row["signal"], rate=float(row["rate"]), mapping=how.mapping,
                member=str(row.get("member") or ""), filtered=how.filtered,
            )  # fmt: skip
            path = str(root / row["path"])
            given.append(Segment(path=path, start=row["start"] or None, end=row["end"], signal=view))
    return given
