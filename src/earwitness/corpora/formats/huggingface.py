"""A Hugging Face data set on disk (`save_to_disk`): paths to files, or audio inside that is written out."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from earwitness.corpora.arrow_rows import parts, read_part
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.formats.own_rows import own_card, own_corpus
from earwitness.corpora.key_file import read_text
from earwitness.errors import BadInput
from earwitness.whole_file import write_whole

CARD = own_card(
    "huggingface",
    "A Hugging Face data set on disk",
    "your own: a folder that save_to_disk wrote, of one split or several",
    (
        "audio=COLUMN names the column of the audio.",
        "Audio inside of the tables is written beside them, in the folder extracted, with extract=yes.",
        "Class labels become their names; COLUMN=NAME takes a column as one of the corpus.",
        "labels=fake=spoof+real=bona fide brings words of the label to ours.",
    ),
)
FOLDER = "extracted"
KINDS = ((b"RIFF", "wav"), (b"fLaC", "flac"), (b"OggS", "ogg"), (b"ID3", "mp3"), (b"\xff", "mp3"))
"""First bytes -> ending of a file that is written out."""


def scan(
    root: str | os.PathLike[str],
    *,
    audio: str = "audio",
    extract: str = "no",
    labels: str = "",
    **columns: str,
) -> Corpus:
    """One row a row of the data set, its splits as `split`.

    Args:
        root: the folder; the audio lies in it, or is inside of its tables.
        audio: column of the audio.
        extract: `yes` writes audio that is inside to files; what is written already is not written again.
        labels: words of the label -> ours, `fake=spoof+real=bona fide`.
        columns: column of the corpus -> column of the data set.

    Raises:
        BadInput: when it is no such folder, there is no such column, audio is inside and `extract` is not
            yes, or a clip cannot be written.
    """
    if extract not in ("yes", "no"):
        raise BadInput("is yes or no", where=f"extract={extract}")
    top = Path(root)
    if not top.is_dir():
        raise BadInput("is not a folder; give the top folder of the corpus", where=str(root))
    tables = []
    for part in parts(top):
        rows = read_part(part)
        if audio not in rows.columns:
            raise BadInput(
                f"has no column {audio!r}; audio= says which of {', '.join(rows.columns)}", where=str(part)
            )
        rows = _named_classes(rows, part.parent / "dataset_info.json")
        folder = part.parent.relative_to(top).as_posix()
        split = "" if folder == "." else folder
        if split and "split" not in rows.columns and "split" not in columns:
            rows = rows.with_columns(pl.lit(split).alias("split"))
        rows = rows.with_columns(_paths(rows, audio, top, part, extract == "yes", columns.get("id", "id")))
        plain = [name for name in rows.columns if name != audio and not rows[name].dtype.is_nested()]
        tables.append(rows.select(plain))
    whole = pl.concat(tables, how="diagonal_relaxed")
    return own_corpus(CARD, whole, root, str(root), columns=columns | {"path": "_path"}, labels=labels)


def _paths(rows: pl.DataFrame, audio: str, top: Path, part: Path, extract: bool, name: str) -> pl.Series:
    column = rows[audio]
    if column.dtype == pl.String:
        return column.alias("_path")
    fields = [field.name for field in column.dtype.fields] if isinstance(column.dtype, pl.Struct) else []
    if "path" not in fields and "bytes" not in fields:
        raise BadInput(f"column {audio!r} holds no paths and no sound files", where=str(part))
    inside = (
        column.struct.field("bytes") if "bytes" in fields else pl.Series([None] * len(rows), dtype=pl.Binary)
    )
    outside = (
        column.struct.field("path") if "path" in fields else pl.Series([None] * len(rows), dtype=pl.String)
    )
    if inside.null_count() == len(rows):
        return outside.alias("_path")
    if not extract:
        raise BadInput("holds its audio inside; extract=yes writes it to files beside it", where=str(part))
    ids = rows[name].cast(pl.String).to_list() if name in rows.columns else [None] * len(rows)
    folder = top / FOLDER / part.parent.relative_to(top)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot be made: {error.strerror}", where=str(folder)) from error
    told = []
    for number, (content, path, own) in enumerate(zip(inside, outside, ids, strict=True)):
        if content is None:
            told.append(path)
            continue
        ending = next((kind for head, kind in KINDS if content.startswith(head)), None)
        if ending is None:
            raise BadInput(f"row {number} holds no sound file that is known", where=str(part))
        file = folder / f"{_safe(own) or f'{part.stem}-{number:06}'}.{ending}"
        if not file.is_file() or file.stat().st_size != len(content):
            write_whole(file, content)
        told.append(file.relative_to(top).as_posix())
    return pl.Series("_path", told, pl.String)


def _safe(name: str | None) -> str:
    """A name that can be that of a file as it is; "" otherwise."""
    return name if name and re.fullmatch(r"[\w-][\w.-]*", name) and len(name) < 200 else ""


def _named_classes(rows: pl.DataFrame, info: Path) -> pl.DataFrame:
    """Numbers of a class label as their names."""
    if not info.is_file():
        return rows
    try:
        features = msgspec.json.decode(read_text(info), type=dict[str, Any]).get("features") or {}
    except msgspec.MsgspecError as error:
        raise BadInput(f"is no description of a data set: {error}", where=str(info)) from error
    for column, feature in features.items():
        if isinstance(feature, Mapping) and feature.get("_type") == "ClassLabel" and column in rows.columns:
            names = {number: str(name) for number, name in enumerate(feature.get("names") or ())}
            # -1 stands for no class.
            named = pl.col(column).replace_strict(names, default="", return_dtype=pl.String)
            rows = rows.with_columns(named.alias(column))
    return rows
