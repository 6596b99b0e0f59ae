"""A data set as `datasets.load_from_disk` reads it: an Arrow stream for each split."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from earwitness.corpora.conversion.convert import AUDIO, Tick, by_split, plain_columns
from earwitness.corpora.corpus import Corpus

KINDS = {pl.String: "large_string", pl.Boolean: "bool", pl.Float32: "float32"}
FILE = "data-00000-of-00001.arrow"


def written(
    corpus: Corpus, root: Path, out: Path, label: str, progress: Tick | None
) -> tuple[dict[str, bytes], list[str]]:
    """The files, by name, and the columns left out.

    `audio` holds the path of the file, of which `start` and `end` (in seconds) may name a part; cast the
    column to `datasets.Audio` to have it decoded.
    """
    del root, label, progress
    plain, nested = plain_columns(corpus.table, ("path",))
    parts = by_split(corpus.table)
    files: dict[str, bytes] = {}
    if "" not in parts:
        files["dataset_dict.json"] = msgspec.json.encode({"splits": list(parts)})
    for split, rows in parts.items():
        audio = pl.concat_str(pl.lit(f"{out}/{AUDIO}/"), "path").alias("audio")
        told = rows.select(audio, *(_plain(rows, name) for name in plain))
        stream = io.BytesIO()
        told.write_ipc_stream(stream, compat_level=pl.CompatLevel.oldest())
        features: dict[str, dict[str, Any]] = {
            name: {"dtype": _kind(told[name].dtype), "_type": "Value"} for name in told.columns
        }
        info = {"citation": "", "description": f"{corpus.name}, written by earwitness", "features": features}
        state: dict[str, Any] = {
            "_data_files": [{"filename": FILE}],
            "_fingerprint": hashlib.sha256(stream.getvalue()).hexdigest()[:16],
            "_format_columns": None, "_format_kwargs": {}, "_format_type": None,
            "_output_all_columns": False, "_split": split or None,
        }  # fmt: skip
        before = f"{split}/" if split else ""
        files[f"{before}{FILE}"] = stream.getvalue()
        for name, record in (("dataset_info.json", info), ("state.json", state)):
            files[f"{before}{name}"] = msgspec.json.format(msgspec.json.encode(record), indent=2)
    return files, nested


def _plain(rows: pl.DataFrame, name: str) -> pl.Expr:
    """A column in one of the plain types that every reader of Arrow has."""
    kind = rows[name].dtype
    if kind == pl.Boolean or kind.is_float():
        return pl.col(name)
    return pl.col(name).cast(pl.Int64 if kind.is_integer() else pl.String)


def _kind(kind: pl.DataType) -> str:
    return next(
        (name for one, name in KINDS.items() if kind == one), "int64" if kind.is_integer() else "float64"
    )
