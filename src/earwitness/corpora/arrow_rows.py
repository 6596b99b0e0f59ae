"""Rows with their audio inside, as Hugging Face `datasets` keeps them on disk: Arrow and Parquet files.

`save_to_disk` writes `state.json` and Arrow streams; the hub's own files are Parquet. The audio of a row
is a struct of `bytes` (a whole sound file) or of `array` and `sampling_rate`, in a column of its own or
within another (`context`).
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import soundfile
from numpy.typing import NDArray

from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.key_file import read_text
from earwitness.errors import BadInput

ENDINGS = (".arrow", ".parquet")


class _Part(msgspec.Struct):
    filename: str


class _State(msgspec.Struct):
    data_files: list[_Part] = msgspec.field(name="_data_files")
    split: str | None = msgspec.field(default=None, name="_split")


class Shards(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a data set, as paths below its folder, each kind in order.

    Args:
        whole: that hold its rows.
        missing: that `state.json` names and that are not there.
        empty: that hold no bytes.
        extra: Arrow and Parquet files that do not belong to it.
        named: all of the first three, as the data set has them.
    """

    whole: tuple[str, ...]
    missing: tuple[str, ...]
    empty: tuple[str, ...]
    extra: tuple[str, ...]
    named: tuple[str, ...]


def shards(root: str | os.PathLike[str]) -> Shards:
    """The Arrow or Parquet files of a data set.

    Args:
        root: a folder that `save_to_disk` wrote, one that holds such folders, or one with Parquet files.

    Raises:
        BadInput: when there are none, or `state.json` names one twice or one outside of its folder.
    """
    tree = file_tree(root, (*ENDINGS, ".json"))
    # What an earlier scan wrote beside them is no part of it.
    apart = r"(?i)\.json$|(^|/)corpus(\.files)?\.parquet$"
    sizes: dict[str, int] = dict(
        tree.filter(~pl.col("path").str.contains(apart)).select("path", "bytes").iter_rows()
    )
    named: list[str] = []
    states = tree.filter(pl.col("path").str.contains(r"(^|/)state\.json$"))["path"]
    for inside in states:
        file = Path(root) / inside
        try:
            state = msgspec.json.decode(read_text(file), type=_State)
        except msgspec.MsgspecError as error:
            raise BadInput(f"is no state of a data set: {error}", where=str(file)) from error
        for part in state.data_files:
            if Path(part.filename).name != part.filename:
                raise BadInput(f"has a path outside of its folder: {part.filename!r}", where=str(file))
            path = inside.removesuffix("state.json") + part.filename
            if path in named:
                raise BadInput(f"names {part.filename!r} more than once", where=str(file))
            named.append(path)
    if not len(states):
        # A name that is not UTF-8 is told with its bytes escaped: there is no such file to be read.
        there = (path for path, size in sizes.items() if not size or (Path(root) / path).is_file())
        named = [path for path in there if path.lower().endswith(".parquet")]
    if not named:
        raise BadInput("holds no state.json with Arrow files, and no Parquet files", where=str(root))
    return Shards(
        whole=tuple(path for path in named if sizes.get(path)),
        missing=tuple(path for path in named if path not in sizes),
        empty=tuple(path for path in named if sizes.get(path) == 0),
        extra=tuple(path for path in sizes if path not in named),
        named=tuple(named),
    )


def parts(root: str | os.PathLike[str]) -> list[Path]:
    """The Arrow or Parquet files of a data set, in order, none of which may be missing.

    Raises:
        BadInput: as `shards`, and when one is missing or holds no bytes.
    """
    found = shards(root)
    for path in found.missing:
        raise BadInput(f"names {Path(path).name!r}, which is not there", where=str(Path(root) / path))
    return [Path(root) / path for path in found.named]


def read_part(path: str | os.PathLike[str]) -> pl.DataFrame:
    """The rows of one Arrow or Parquet file.

    Raises:
        BadInput: when it cannot be read.
    """
    try:
        if Path(path).suffix.lower() == ".parquet":
            return pl.read_parquet(Path(path))
        content = Path(path).read_bytes()
        if content.startswith(b"ARROW1"):
            return pl.read_ipc(io.BytesIO(content))
        return pl.read_ipc_stream(io.BytesIO(content))
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # a broken file may make polars panic, which is no Exception
        raise BadInput(
            f"cannot be read as {Path(path).suffix[1:]}: {str(error).splitlines()[0]}", where=str(path)
        ) from error


def audio_of(row: Mapping[str, Any], where: str) -> tuple[NDArray[np.float32], int]:
    """The audio inside of a row.

    Args:
        row: with a struct of `bytes`, or of `array` and `sampling_rate`, in a column `audio` or `context`,
            or within one.
        where: the file and row, for messages.

    Returns:
        Samples of shape `(samples,)`, several channels as their mean, and their rate in Hz.

    Raises:
        BadInput: when there is none, or it cannot be decoded.
    """
    found = _struct(row)
    if found is None:
        raise BadInput("holds no audio: neither bytes nor an array in audio or context", where=where)
    if found.get("bytes"):
        try:
            values, rate = soundfile.read(io.BytesIO(found["bytes"]), dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise BadInput(
                f"holds audio that cannot be decoded: {error.error_string}", where=where
            ) from error
        return np.ascontiguousarray(values.mean(axis=1, dtype=np.float32)), int(rate)
    samples = np.asarray(found.get("array") or (), dtype=np.float32)
    rate = int(found.get("sampling_rate") or 0)
    if samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all() or rate <= 0:
        raise BadInput("holds audio without samples or without a rate", where=where)
    return samples, rate


def _struct(value: object) -> Mapping[str, Any] | None:
    if not isinstance(value, Mapping):
        return None
    if "bytes" in value or ("array" in value and "sampling_rate" in value):
        return value
    return next((found for key in ("audio", "context") if (found := _struct(value.get(key)))), None)


def text_of(value: object) -> str:
    """The text of a cell that is text, or a struct with one (`{"text": ..., "audio": ...}`)."""
    if isinstance(value, Mapping):
        value = value.get("text")
    return value if isinstance(value, str) else ""
