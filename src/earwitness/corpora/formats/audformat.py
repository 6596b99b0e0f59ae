"""A database in audformat: a YAML header, and a table as CSV or Parquet for each split or kind of label."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.formats.own_rows import own_card, own_corpus
from earwitness.corpora.headed_table import read_headed
from earwitness.corpora.key_file import read_text
from earwitness.errors import BadInput, require

CARD = own_card(
    "audformat",
    "A database in audformat",
    "your own: db.yaml and its tables (db.NAME.csv or db.NAME.parquet)",
    (
        "tables=A+B says which tables; all of them without it, when they are of one type.",
        "COLUMN=NAME takes a column as one of the corpus: label=emotion.",
        "Tables that stand only in pickles (.pkl) are not read: save the database as csv or parquet.",
        "Needs pip install 'earwitness[formats]'.",
    ),
)
KEYS = ("file", "start", "end")


def scan(root: str | os.PathLike[str], *, tables: str = "", labels: str = "", **columns: str) -> Corpus:
    """The rows of the tables; those that name the same file and segment become one.

    Args:
        root: folder of `db.yaml`, from which the files start.
        tables: names, joined by +.
        labels: words of the label -> ours, `fake=spoof+real=bona fide`.
        columns: column of the corpus -> column of the tables.

    Returns:
        The columns of the tables, `split` of their splits, and columns of labels that the scheme keeps
        for a speaker (`gender`).

    Raises:
        BadInput: when there is no such database, a table is missing or stands only in a pickle, two tables
            say different things of one row, or filewise and segmented tables are mixed.
    """
    header = _header(Path(root) / "db.yaml")
    known: dict[str, Any] = header.get("tables") or {}
    names = tables.split("+") if tables else list(known)
    strange = [name for name in names if name not in known]
    if strange or not names:
        told = f"has no table {strange[0]!r}" if strange else "has no tables"
        raise BadInput(f"{told}; there are: {', '.join(known) or 'none'}", where=str(Path(root) / "db.yaml"))
    kinds = {str(known[name].get("type")) for name in names}
    if len(kinds) > 1:
        told = ", ".join(f"{name} ({known[name].get('type')})" for name in names)
        raise BadInput(f"mixes filewise and segmented tables: {told}; tables=A+B says which", where=str(root))
    whole = pl.DataFrame(schema={key: pl.String if key == "file" else pl.Float64 for key in KEYS})
    for name in names:
        rows = _table(Path(root), name)
        split = (header.get("splits") or {}).get(known[name].get("split_id") or "", {}).get("type")
        if split:
            rows = rows.with_columns(pl.lit(str(split)).alias("split"))
        whole = _joined(whole, rows, name, str(root))
    whole = _properties(whole, header, known, names)
    if kinds == {"filewise"}:
        whole = whole.drop("start", "end")
    return own_corpus(CARD, whole, root, str(Path(root) / "db.yaml"), columns=columns, labels=labels)


def _header(path: Path) -> dict[str, Any]:
    yaml = require("yaml", "formats")
    if not path.is_file():
        raise BadInput("is not there; give the folder of an audformat database", where=str(path))
    try:
        found = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise BadInput(f"is no YAML: {' '.join(str(error).split())}", where=str(path)) from error
    if not isinstance(found, dict) or not isinstance(found.get("tables") or {}, dict):
        raise BadInput("is no header of a database", where=str(path))
    return found


def _table(root: Path, name: str) -> pl.DataFrame:
    place = root / f"db.{name}.parquet"
    if place.is_file():
        try:
            rows = pl.read_parquet(place)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise BadInput(
                f"cannot be read as Parquet: {str(error).splitlines()[0]}", where=str(place)
            ) from error
    else:
        place = root / f"db.{name}.csv"
        if not place.is_file():
            pickle = (root / f"db.{name}.pkl").is_file()
            told = (
                "stands only in a pickle, which is not read; save it as csv or parquet"
                if pickle
                else "is not there"
            )
            raise BadInput(told, where=str(place))
        rows = read_headed(place, ("file",), separator=",")
    if "file" not in rows.columns:
        raise BadInput("has no column 'file'", where=str(place))
    for key in ("start", "end"):
        rows = rows.with_columns(_seconds(rows, key, place).alias(key))
    plain = (pl.Categorical, pl.Enum)
    return rows.with_columns(
        pl.col(column).cast(pl.String) for column in rows.columns if rows[column].dtype in plain
    )


def _seconds(rows: pl.DataFrame, key: str, place: Path) -> pl.Series:
    """Times as seconds: durations of Parquet, or `0 days 00:00:01.5` of CSV; an end that is open is null."""
    if key not in rows.columns:
        return pl.Series([0.0 if key == "start" else None] * len(rows), dtype=pl.Float64)
    column = rows[key]
    if column.dtype == pl.Duration:
        return column.dt.total_nanoseconds().cast(pl.Float64) / 1e9
    text = column.cast(pl.String).replace(["", "NaT"], None)
    part = text.str.extract_groups(r"^(?:(?<d>\d+) days? ?)?(?<h>\d{1,2}):(?<m>\d{2}):(?<s>\d{2}(?:\.\d+)?)$")
    numbers = [part.struct.field(field).cast(pl.Float64) for field in "dhms"]
    found = numbers[0].fill_null(0.0) * 86400 + numbers[1] * 3600 + numbers[2] * 60 + numbers[3]
    bad = text.filter(text.is_not_null() & found.is_null())
    if len(bad):
        raise BadInput(f"column {key!r} holds {bad[0]!r}, not a time", where=str(place))
    return found.set(text.is_null(), None)


def _joined(whole: pl.DataFrame, rows: pl.DataFrame, name: str, where: str) -> pl.DataFrame:
    if rows.select(KEYS).is_duplicated().any():
        raise BadInput(f"table {name!r} names a row twice", where=where)
    if not len(whole):
        return rows.select(*KEYS, pl.exclude(KEYS))
    both = whole.join(
        rows, on=KEYS, how="full", coalesce=True, suffix="_", nulls_equal=True, maintain_order="left_right"
    )
    for column in rows.columns:
        if column in whole.columns and column not in KEYS:
            other = f"{column}_"
            apart = both.filter(pl.col(column) != pl.col(other))
            if len(apart):
                raise BadInput(
                    f"says two things of {apart['file'][0]!r} in column {column!r}", where=f"{where}: {name}"
                )
            both = both.with_columns(pl.coalesce(column, other).alias(column)).drop(other)
    return both


def _properties(
    whole: pl.DataFrame, header: Mapping[str, Any], known: Mapping[str, Any], names: list[str]
) -> pl.DataFrame:
    """What a scheme says of its labels (s1: gender male) as columns, where there are none of that name."""
    schemes = header.get("schemes") or {}
    for name in names:
        for column, told in (known[name].get("columns") or {}).items():
            values = (schemes.get((told or {}).get("scheme_id") or "") or {}).get("labels")
            if column not in whole.columns or not isinstance(values, dict):
                continue
            fields = {field for value in values.values() if isinstance(value, dict) for field in value}
            for field in sorted(fields - set(whole.columns)):
                said = {
                    str(key): value.get(field) for key, value in values.items() if isinstance(value, dict)
                }
                text = {key: None if value is None else str(value) for key, value in said.items()}
                word = (
                    pl.col(column).cast(pl.String).replace_strict(text, default=None, return_dtype=pl.String)
                )
                whole = whole.with_columns(word.alias(field))
    return whole
