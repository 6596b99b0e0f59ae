"""Tables whose first line names the columns, with quotes as in CSV, read strictly."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence

import polars as pl

from earwitness.corpora.key_file import read_text
from earwitness.errors import BadInput


def read_headed(
    path: str | os.PathLike[str], columns: Sequence[str] = (), *, separator: str | None = None
) -> pl.DataFrame:
    """A table with a first line of column names, as text.

    Args:
        path: of the file; any encoding and line ends that `read_text` takes.
        columns: that it must have.
        separator: between cells; tab, semicolon or comma, whichever the first line has, when `None`.

    Returns:
        One row a line, blank lines left out, all columns as text without the spaces around them.

    Raises:
        BadInput: when it cannot be read, has no rows, lacks a column or names one twice, a line has
            another number of cells, or a quote is not closed; the message names the line.
    """
    text = read_text(path)
    first = next((line for line in text.split("\n") if line.strip()), "")
    if separator is None:
        separator = next((mark for mark in "\t;," if mark in first), ",")
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    cells: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                cells.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as error:
        raise BadInput(f"line {reader.line_num} cannot be read: {error}", where=str(path)) from error
    if len(cells) < 2:
        raise BadInput("has no rows", where=str(path))
    header = cells[0]
    missing = [column for column in columns if column not in header]
    if missing:
        raise BadInput(
            f"has no column {missing[0]!r}; its first line names: {', '.join(header)}", where=str(path)
        )
    if len(set(header)) < len(header):
        raise BadInput("names a column twice in its first line", where=str(path))
    for number, row in zip(lines[1:], cells[1:], strict=True):
        if len(row) != len(header):
            raise BadInput(f"line {number} has {len(row)} cells, not {len(header)}", where=str(path))
    return pl.DataFrame(cells[1:], schema=dict.fromkeys(header, pl.String), orient="row")


def numbers(table: pl.DataFrame, column: str, path: str | os.PathLike[str]) -> pl.Series:
    """A text column as numbers; an empty cell is null.

    Raises:
        BadInput: when a cell is not a number; the message says which.
    """
    text = table[column].replace("", None)
    values = text.cast(pl.Float64, strict=False)
    bad = text.filter(text.is_not_null() & ~values.is_finite().fill_null(False))
    if len(bad):
        raise BadInput(f"column {column!r} holds {bad[0]!r}, not a number", where=str(path))
    return values
