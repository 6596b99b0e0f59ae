"""A folder with a table: CSV, TSV, Parquet or JSON lines."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.formats.own_rows import own_card, own_corpus
from earwitness.corpora.headed_table import read_headed
from earwitness.corpora.key_file import read_text
from earwitness.errors import BadInput

ENDINGS = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
CARD = own_card(
    "table",
    "A folder with a table",
    "your own files, and a CSV, TSV, Parquet or JSON-lines table that names them",
    (
        "COLUMN=NAME takes a column of the table as one of the corpus: path=file label=emotion ...; usual "
        "names are known (path, file, file_name, audio_filepath; speaker, client_id; text; split ...).",
        "labels=fake=spoof+real=bona fide brings words of the label to ours.",
        "folder=clips and ending=.mp3 complete paths.",
    ),
)


def scan(
    root: str | os.PathLike[str],
    *,
    table: str = "",
    labels: str = "",
    folder: str = "",
    ending: str = "",
    **columns: str,
) -> Corpus:
    """The rows of a table whose files are there.

    Args:
        root: folder that the paths start from.
        table: name of the table in it; the only one that is there when empty.
        labels: see `own_corpus`.
        folder: put before every path.
        ending: put after every path.
        columns: column of the corpus -> column of the table.

    Raises:
        BadInput: when the table cannot be read, a column is missing, or what it names is not sound.
    """
    place = Path(root) / table if table else _only(Path(root))
    rows = read_any(place)
    if folder or ending:
        name = columns.get("path") or next(
            (n for n in ("path", "file", "file_name") if n in rows.columns), ""
        )
        if name not in rows.columns:
            raise BadInput(
                "has no column of paths to complete; path=COLUMN says which it is", where=str(place)
            )
        before = f"{folder.rstrip('/')}/" if folder else ""
        rows = rows.with_columns(pl.concat_str(pl.lit(before), pl.col(name), pl.lit(ending)).alias(name))
    return own_corpus(CARD, rows, root, str(place), columns=columns, labels=labels)


def read_any(path: Path) -> pl.DataFrame:
    """A table in the format of its ending; the columns of CSV and TSV are text.

    Raises:
        BadInput: when it is missing, of another ending, or cannot be read.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise BadInput(f"is no table; {', '.join(ENDINGS)} are read", where=str(path))
    if not path.is_file():
        raise BadInput("is not there", where=str(path))
    if ending in (".csv", ".tsv"):
        return read_headed(path, separator="\t" if ending == ".tsv" else None)
    try:
        if ending == ".parquet":
            return pl.read_parquet(path)
        return pl.read_ndjson(read_text(path).encode(), infer_schema_length=None)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(f"cannot be read: {str(error).splitlines()[0]}", where=str(path)) from error


def _only(root: Path) -> Path:
    if not root.is_dir():
        raise BadInput("is not a folder; give the top folder of the corpus", where=str(root))
    found = sorted(
        path for path in root.iterdir()
        if path.suffix.lower() in ENDINGS and path.name not in ("corpus.parquet", "trials.parquet")
    )  # fmt: skip
    if len(found) != 1:
        told = ", ".join(path.name for path in found[:5]) or "none"
        raise BadInput(f"has not one table but {told}; table=NAME says which", where=str(root))
    return found[0]
