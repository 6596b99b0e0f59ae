"""Key and protocol files of public corpora: text tables, read strictly, whatever wrote them."""

from __future__ import annotations

import codecs
import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from earwitness.errors import BadInput

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
WHITE = (
    " \t\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""White space as `str.split` has it, line ends aside."""
LFS_POINTER = b"version https://git-lfs"
"""How the stand-in begins that a copy has for a large file which was not fetched."""


def read_text(path: str | os.PathLike[str]) -> str:
    r"""A text file, whether UTF-8 or UTF-16, with or without a byte-order mark, with any line ends.

    Args:
        path: of the file.

    Returns:
        Its text with `\n` line ends and no mark.

    Raises:
        BadInput: when it is missing, cannot be read, or is not text in one of these encodings.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
    if content.startswith(LFS_POINTER):
        raise BadInput("is a Git LFS pointer, not the file: run git lfs pull in the copy", where=str(path))
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"is not {encoding} text (byte {error.start}); save it as UTF-8", where=str(path)
        ) from error
    if "\0" in text:
        raise BadInput("is not text; UTF-16 needs its byte-order mark", where=str(path))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_key(
    path: str | os.PathLike[str],
    columns: Sequence[str],
    *,
    separator: str | None = None,
    header: bool = False,
) -> pl.DataFrame:
    """A table whose lines all have the same columns, as text.

    Args:
        path: of the file.
        columns: names for its columns, in order.
        separator: between columns; white space of any length when `None`.
        header: the first line names the columns and is passed over.

    Returns:
        One row a line, blank lines left out, all columns as text.

    Raises:
        BadInput: when it cannot be read, has no rows, or a line has another number of columns; the
            message names the line.
    """
    text = pl.DataFrame({"line": read_text(path).split("\n")}).with_row_index("number", offset=1)
    lines = text.with_columns(pl.col("line").str.strip_chars(WHITE)).filter(pl.col("line") != "")
    lines = lines[int(header) :]
    if not len(lines):
        raise BadInput("has no rows", where=str(path))
    width = len(columns)
    if separator is None:
        separator = " "
        # Most keys have single spaces; only the others need the slower pattern.
        if lines["line"].str.contains(f"[{WHITE[1:]}]|  ").any():
            lines = lines.with_columns(pl.col("line").str.replace_all(f"[{WHITE}]+", " "))
    else:
        # A separator at an end of the line stands for an empty column, white space there for nothing.
        lines = text.filter(pl.col("number").is_in(lines["number"].implode()))
    found = pl.col("line").str.count_matches(separator, literal=True) + 1
    wrong = lines.select("number", found.alias("found")).filter(pl.col("found") != width)
    if len(wrong):
        number, has = wrong.row(0)
        raise BadInput(f"line {number} has {has} columns, not {width}", where=str(path))
    parts = lines["line"].str.split_exact(separator, width - 1).struct.rename_fields(list(columns))
    return parts.to_frame("_").unnest("_")


def column_count(path: str | os.PathLike[str], separator: str | None = None) -> int:
    """How many columns the first line has that is not blank, where releases differ.

    Raises:
        BadInput: when the file cannot be read or has no rows.
    """
    for line in read_text(path).split("\n"):
        if line.strip():
            return len(line.split(separator))
    raise BadInput("has no rows", where=str(path))


def relabel(
    key: pl.DataFrame, column: str, labels: dict[str, str], path: str | os.PathLike[str]
) -> pl.DataFrame:
    """A key whose labels are brought to the words of earwitness ("bona fide", "spoof").

    Args:
        key: as read.
        column: of the labels.
        labels: word in the file -> our word.
        path: of the key, for the message.

    Raises:
        BadInput: when a label is none of them: a key with other words may have the other polarity.
    """
    unknown = key.filter(~pl.col(column).is_in(list(labels)))
    if len(unknown):
        known = ", ".join(labels)
        raise BadInput(f"has the label {unknown[column][0]!r}; known are {known}", where=str(path))
    return key.with_columns(pl.col(column).replace_strict(labels, return_dtype=pl.String))
