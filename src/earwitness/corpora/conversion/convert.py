"""A corpus written for another toolkit: its tables in that form, its audio linked, nothing half-written."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput

FORMATS = ("kaldi", "lhotse", "huggingface", "audformat")
AUDIO = "audio"
"""Name of the link to the folder of the audio, in the folder that is written."""


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """What was written.

    Args:
        rows: utterances.
        files: names of the files, in order.
        dropped: columns that the form has no place for.
    """

    rows: int
    files: tuple[str, ...]
    dropped: tuple[str, ...]


Tick = Callable[[int, int], None]


def convert(
    corpus: Corpus,
    root: str | os.PathLike[str],
    to: str,
    out: str | os.PathLike[str],
    *,
    label: str = "label",
    progress: Tick | None = None,
) -> Converted:
    """Write a corpus in the form of another toolkit.

    The audio is neither copied nor converted: the folder gets a link `audio` to that of the corpus, and
    the tables name files below the link.

    Args:
        corpus: to be written.
        root: folder that its paths start from.
        to: one of `FORMATS`.
        out: folder that is made; it must not be there yet, or be empty.
        label: column that is the label where the form has one only (Kaldi).
        progress: called with (done, of how many), where headers are read.

    Raises:
        BadInput: when the form is unknown, the folder is not empty, a row cannot be put in that form, or
            something cannot be written; then no folder is left.
    """
    if to not in FORMATS:
        raise BadInput(f"no such form; there are: {', '.join(FORMATS)}", where=to)
    place = Path(os.path.abspath(out))  # noqa: PTH100 - links stay as they are named
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise BadInput("is there already; give a new or an empty folder", where=str(out))
    if not place.parent.is_dir():
        raise BadInput("is not in a folder that is there", where=str(out))
    table = corpus.table
    if "member" in table.columns and (table["member"].cast(pl.String).fill_null("") != "").any():
        raise BadInput(
            "keeps its recordings inside of other files (column member), where no other toolkit finds them; "
            "earwitness.corpora.stored_signal reads them",
            where=corpus.name,
        )
    module = importlib.import_module(f"earwitness.corpora.conversion.to_{to}")
    files, dropped = module.written(corpus, Path(root).resolve(), place, label, progress)
    partial = place.with_name(f".{place.name}.{os.getpid()}.partial")
    try:
        partial.mkdir()
        for name, content in files.items():
            file = partial / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        (partial / AUDIO).symlink_to(Path(root).resolve(), target_is_directory=True)
        if place.is_dir():
            place.rmdir()
        partial.rename(place)
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", where=str(out)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Converted(rows=len(corpus), files=tuple(files), dropped=tuple(dropped))


def plain_columns(table: pl.DataFrame, but: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """Columns of text, numbers and truth values, and those of anything else."""
    names = [name for name in table.columns if name not in but]
    nested = [name for name in names if table[name].dtype.is_nested() or table[name].dtype == pl.Binary]
    return [name for name in names if name not in nested], nested


def in_parts(table: pl.DataFrame) -> bool:
    """Whether rows are stretches of files, not whole files."""
    return bool(
        (table["start"] > 0).any() or table["end"].is_not_null().any() or table["path"].is_duplicated().any()
    )


def by_split(table: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
    """Rows of each split in order of its name, or all rows under "" where there is one split only."""
    names = table["split"].fill_null("").unique().sort().to_list()
    if len(names) == 1:
        return {"": table}
    return {name or "none": table.filter(pl.col("split").fill_null("") == name) for name in names}
