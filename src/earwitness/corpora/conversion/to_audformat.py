"""A database in audformat: a header, and a CSV table for each split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from earwitness.corpora.conversion.convert import AUDIO, Tick, by_split, in_parts, plain_columns
from earwitness.corpora.corpus import Corpus

SPLITS = {"train": "train", "validation": "dev", "test": "test"}


def written(
    corpus: Corpus, root: Path, out: Path, label: str, progress: Tick | None
) -> tuple[dict[str, bytes], list[str]]:
    """The files, by name, and the columns left out. The header is JSON, which is YAML."""
    del root, out, label, progress
    table = corpus.table
    plain, nested = plain_columns(table, ("path", "start", "end"))
    cut = in_parts(table)
    keys = ["file", "start", "end"] if cut else ["file"]
    parts = by_split(table)
    header: dict[str, Any] = {
        "name": corpus.name, "source": corpus.name, "usage": "other", "languages": [],
        "schemes": {name: {"dtype": _kind(table[name])} for name in plain},
        "splits": {
            name: {"type": SPLITS.get(name, "undefined")} for name in parts if name
        },
        "tables": {},
    }  # fmt: skip
    files: dict[str, bytes] = {}
    for split, rows in parts.items():
        name = split or "rows"
        # A table named for its split needs a name that is one: letters, digits and lines.
        name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)
        columns = {column: {"scheme_id": column} for column in plain}
        told: dict[str, Any] = {"type": "segmented" if cut else "filewise"}
        if split:
            told["split_id"] = split
        header["tables"][name] = told | {"columns": columns}
        rows = rows.with_columns(
            pl.concat_str(pl.lit(f"{AUDIO}/"), "path").alias("file"), _time("start"), _time("end")
        )
        files[f"db.{name}.csv"] = rows.select(*keys, *plain).write_csv().encode()
    if not header["splits"]:
        del header["splits"]
    text = msgspec.json.format(msgspec.json.encode(header), indent=2)
    return {"db.yaml": text + b"\n"} | files, nested


def _kind(column: pl.Series) -> str:
    kind = column.dtype
    if kind == pl.Boolean:
        return "bool"
    if kind.is_integer():
        return "int"
    return "float" if kind.is_float() else "str"


def _time(column: str) -> pl.Expr:
    """Seconds as pandas writes a time: `0 days 00:00:01.500000`; an open end stays empty."""
    micro = (pl.col(column) * 1e6).round().cast(pl.Int64)
    second = micro // 1_000_000
    parts = [
        second // 86400, (second // 3600 % 24).cast(pl.String).str.zfill(2),
        (second // 60 % 60).cast(pl.String).str.zfill(2), (second % 60).cast(pl.String).str.zfill(2),
        (micro % 1_000_000).cast(pl.String).str.zfill(6),
    ]  # fmt: skip
    return pl.format("{} days {}:{}:{}.{}", *parts).alias(column)
