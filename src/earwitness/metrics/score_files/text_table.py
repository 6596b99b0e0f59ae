"""Plain-text tables as the field writes them: blanks, tabs or commas, with or without a header."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from earwitness.errors import BadInput

CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
"""Bytes that no text file holds."""


def read_text(path: str | Path) -> tuple[pl.DataFrame, int]:
    """All fields of a table as text.

    Args:
        path: a UTF-8 file; the first line says what separates fields: tab, comma, or any blanks.

    Returns:
        Columns `column_1`, `column_2` ... and the line number of the first row (1 unless blank lines
        lead).

    Raises:
        BadInput: when the file cannot be read, is empty or no text, or a line has not as many fields as
            the first one. The message names line and column.
    """
    where = str(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", where=where) from error
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    _refuse_binary(data, where)
    body = data.lstrip(b"\r\n")
    first_line = data[: len(data) - len(body)].count(b"\n") + 1
    body = body.rstrip()
    del data
    if not body:
        raise BadInput("is empty", where=where)
    head = body.split(b"\n", 1)[0]
    if head.endswith(b"\r"):
        body = body.replace(b"\r\n", b"\n")
    separator = "\t" if b"\t" in head else "," if b"," in head else " "
    table = _parsed(body, separator)
    if table is None and separator == " ":  # more than one blank between fields, or around them
        body = re.sub(rb"(?m)^ +| +$", b"", re.sub(rb"[ \r]{2,}", b" ", body))
        table = _parsed(body, separator)
    if table is None:
        _refuse_ragged(body, separator, first_line, where)
        raise BadInput("is no table of equally many fields a line", where=where)
    return table, first_line


def _parsed(body: bytes, separator: str) -> pl.DataFrame | None:
    """The table, or `None` when a field is missing, empty or too many."""
    fields = body.split(b"\n", 1)[0].count(separator.encode()) + 1
    names = [f"column_{at + 1}" for at in range(fields)]
    quote = '"' if separator == "," else None
    try:
        start = pl.read_csv(
            body, has_header=False, separator=separator, quote_char=quote, infer_schema=False, n_rows=400
        )
        # Columns with few distinct values (labels, attacks, codecs) are kept as categories.
        kinds = [
            pl.Categorical if len(start) > 100 and column.n_unique() < 80 else pl.String for column in start
        ]
        table = pl.read_csv(
            body,
            has_header=False,
            separator=separator,
            quote_char=quote,
            new_columns=names,
            schema_overrides=kinds,
        )
    except pl.exceptions.PolarsError:
        return None
    return None if table.null_count().sum_horizontal().item() else table


def _refuse_binary(data: bytes, where: str) -> None:
    if data.isascii() and len(data.translate(None, CONTROLS)) == len(data):
        return
    found = next((at for at, byte in enumerate(data) if byte in CONTROLS), None)
    try:
        data.decode()
        at = found
    except UnicodeDecodeError as error:
        at = error.start if found is None else min(found, error.start)
    if at is None:
        return
    line, column = data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)
    raise BadInput(f"line {line}, column {column}: byte 0x{data[at]:02x} is no text", where=where)


def _refuse_ragged(body: bytes, separator: str, first_line: int, where: str) -> None:
    fields = body.split(b"\n", 1)[0].count(separator.encode()) + 1
    for number, line in enumerate(body.decode().split("\n"), first_line):
        parts = line.split(separator)
        if len(parts) != fields:
            column = min(len(parts), fields) + 1 if line.strip() else 1
            cut = " (is the file cut off?)" if len(parts) < fields else ""
            raise BadInput(
                f"line {number}, column {column}: {len(parts) if line.strip() else 0} fields where the first "
                f"line has {fields}{cut}",
                where=where,
            )
        if not all(part.strip() for part in parts):
            empty = next(at for at, part in enumerate(parts) if not part.strip())
            raise BadInput(f"line {number}, column {empty + 1}: is empty", where=where)


def numbers(
    table: pl.DataFrame, column: str, first_line: int, where: str, *, dash: bool = False
) -> pl.Series:
    """One column as float64.

    Args:
        table: fields as text.
        column: which.
        first_line: line number of the first row.
        where: the file, for the refusal.
        dash: "-" stands for "no score" and becomes null.

    Raises:
        BadInput: when a field is no number or NaN; the message names line and column.
    """
    text = table[column].cast(pl.String)
    if dash:
        text = text.replace("-", None)
    values = (
        text.str.strip_chars()
        .str.replace(r"(?i)^([+-]?)inf(inity)?$", "${1}inf")
        .cast(pl.Float64, strict=False)
    )
    wrong = (values.is_null() & text.is_not_null()) | values.is_nan().fill_null(False)
    if wrong.any():
        row = wrong.arg_max() or 0
        place = f"line {first_line + row}, column {table.columns.index(column) + 1}"
        if (values[row] is not None) or str(text[row]).strip().lower() == "nan":
            raise BadInput(f"{place}: the score is NaN", where=where)
        raise BadInput(f"{place}: {text[row]!r} is no number", where=where)
    return values
