"""Samples of rows whose signal is not a sound file: parts of pickles, arrays, columns, audio in Arrow.

A row of a corpus points at a file (`path`), a part of it (`member`), a rate (`rate`, in Hz) and a
span (`start`, `end`, in seconds). A scan converts nothing; here the samples are read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from earwitness.audio.decode import decode
from earwitness.corpora.arrow_rows import ENDINGS, audio_of, read_part
from earwitness.corpora.headed_table import numbers, read_headed
from earwitness.corpora.restricted_pickle import load_plain
from earwitness.errors import BadInput

Samples = NDArray[np.float32]
TABLES = (".csv", ".tsv", ".txt")
ARRAYS = (".npy", ".npz")
PICKLES = (".pkl", ".pickle")


def samples_within(content: object, member: str, where: str) -> Samples:
    """The samples that a part of a file's content holds.

    Args:
        content: nested dicts of arrays, or an array when `member` is empty.
        member: keys from the outside to the inside, with `/` between them.
        where: the file, for messages.

    Returns:
        Shape `(samples,)`, as stored, no unit changed.

    Raises:
        BadInput: when there is no such part, it is not one signal, or a value is not a number.

    Example:
        >>> samples_within({"chest": {"ECG": np.array([[1.0], [2.0]])}}, "chest/ECG", "S2.pkl").tolist()
        [1.0, 2.0]
    """
    found = content
    for key in member.split("/") if member else ():
        if not isinstance(found, Mapping) or key not in found:
            raise BadInput(f"holds no {member!r}", where=where)
        found = found[key]
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "iuf":
        raise BadInput(f"holds no numbers in {member!r}" if member else "holds no numbers", where=where)
    if found.size == 0 or found.size != max(found.shape, default=0):
        raise BadInput(f"holds not one signal in {member!r} but an array of {found.shape}", where=where)
    values = found.reshape(-1).astype(np.float32)
    if not np.isfinite(values).all():
        raise BadInput(f"holds samples that are not numbers in {member!r}", where=where)
    return values


class SignalReader:
    """Reads the samples of rows; the last file stays open, since rows of a file follow each other.

    Args:
        root: folder that the paths start from.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = Path(root)
        self._last: tuple[str, str, object] | None = None

    def read(self, row: Mapping[str, Any]) -> Samples:
        """The samples of a row.

        Args:
            row: with `path`, `rate`, `start`, `end` (null: to the end), and `member` where the file
                has parts.

        Returns:
            Shape `(samples,)`, as stored, at the row's rate; the first sample is that at `start`.

        Raises:
            BadInput: when the file cannot be read, has no such part, another rate, or ends before the
                row does.
        """
        path, member, rate = str(row["path"]), str(row.get("member") or ""), float(row["rate"])
        where = str(self._root / path)
        values = self._whole(path, member, rate)
        first = round(float(row["start"]) * rate)
        last = len(values) if row.get("end") is None else round(float(row["end"]) * rate)
        if not 0 <= first < last <= len(values):
            raise BadInput(
                f"ends at {len(values) / rate:g} s, the row is {row['start']:g} s to {last / rate:g} s",
                where=where,
            )
        return values[first:last]

    def _whole(self, path: str, member: str, rate: float) -> Samples:
        where = str(self._root / path)
        ending = Path(path).suffix.lower()
        kept = member if ending in TABLES else ""
        if self._last is None or self._last[:2] != (path, kept):
            self._last = (path, kept, _content(self._root / path, ending, member, rate))
        content = self._last[2]
        if isinstance(content, pl.DataFrame):
            return _inside(content, member, rate, where)
        inside = member if ending in PICKLES or ending == ".npz" else ""
        return samples_within(content, inside, where)


def _content(path: Path, ending: str, member: str, rate: float) -> object:
    if ending in PICKLES:
        return load_plain(path)
    if ending in ARRAYS:
        try:
            loaded = np.load(path, allow_pickle=False)
            return dict(loaded) if ending == ".npz" else loaded
        except (OSError, ValueError, EOFError) as error:
            raise BadInput(
                f"cannot be read as an array: {str(error).splitlines()[0]}", where=str(path)
            ) from error
    if ending in TABLES:
        table = read_headed(path, (member,) if member else ())
        column = member or table.columns[0]
        return numbers(table, column, path).fill_null(float("nan")).to_numpy()
    if ending in ENDINGS:
        return read_part(path)
    recording = decode(path)
    if recording.sample_rate != rate:
        raise BadInput(f"has {recording.sample_rate} Hz, the row says {rate:g}", where=str(path))
    return recording.samples


def _inside(table: pl.DataFrame, member: str, rate: float, where: str) -> Samples:
    if not member.isdecimal() or int(member) >= len(table):
        raise BadInput(f"has no row {member!r}", where=where)
    values, found = audio_of(table.row(int(member), named=True), f"{where}, row {member}")
    if found != rate:
        raise BadInput(f"has {found} Hz in row {member}, the corpus says {rate:g}", where=where)
    return values


def spans(labels: NDArray[Any], rate: float, names: Mapping[int, str]) -> list[dict[str, float | str]]:
    """Runs of equal labels as spans.

    Args:
        labels: one a sample, shape `(samples,)`.
        rate: of the labels, in Hz.
        names: label -> name; other labels make no span.

    Returns:
        `start` and `end` in seconds, and `label`, in order.

    Example:
        >>> spans(np.array([0, 1, 1, 2]), 2.0, {1: "baseline", 2: "stress"})[0]
        {'start': 0.5, 'end': 1.5, 'label': 'baseline'}
    """
    edges = np.flatnonzero(np.diff(labels)) + 1
    starts = [0, *edges.tolist()]
    ends = [*edges.tolist(), len(labels)]
    return [
        {"start": start / rate, "end": end / rate, "label": names[int(labels[start])]}
        for start, end in zip(starts, ends, strict=True)
        if int(labels[start]) in names
    ]
