"""What a corpus is known by: one hash of its table, and one of its audio."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.file_record import recorded_hashes

SHA256 = r"^[0-9a-f]{64}$"


class Hashes(msgspec.Struct, frozen=True, kw_only=True):
    """The two hashes of a corpus.

    Args:
        table_sha256: of all columns of all rows: labels, splits, paths (hexadecimal).
        audio_sha256: of what is heard: over id and content hash of every row; "" where the audio is not
            there.
        audio_of: `samples` where the table has the hash of each row's decoded audio (column `sha256`),
            `files` where it is of the bytes of the files; "" without audio.
    """

    table_sha256: str
    audio_sha256: str = ""
    audio_of: Literal["samples", "files", ""] = ""


def corpus_hashes(
    corpus: Corpus,
    root: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Hashes:
    """Both hashes of a corpus; files are read once, and again only where they have changed since.

    Args:
        corpus: its table.
        root: folder that the paths start from; `corpus.root` without it. Where the table has no content
            hashes and the files are not there, there is no hash of the audio.
        progress: called with (files read, files to be read).

    Raises:
        BadInput: when a file cannot be read.

    Example:
        >>> row = dict(id="a", path="a.wav", start=0.0, end=1.0, split="train", speaker="s", group="g")
        >>> found = corpus_hashes(Corpus(pl.DataFrame([row | {"sha256": "0" * 64}])))
        >>> len(found.table_sha256), found.audio_of
        (64, 'samples')
    """
    table = corpus.table
    known = hashed_rows(table)
    if known is not None:
        return Hashes(table_sha256=table_sha256(corpus), audio_sha256=audio_sha256(known), audio_of="samples")
    root = corpus.root if root is None else Path(root)
    paths = table["path"].unique().sort()
    if root is None or not all((Path(root) / path).is_file() for path in paths):
        return Hashes(table_sha256=table_sha256(corpus))
    files = recorded_hashes(paths, root, corpus.file, progress)
    rows = table.select("id", "path").join(files.select("path", "sha256"), on="path", how="left")
    return Hashes(table_sha256=table_sha256(corpus), audio_sha256=audio_sha256(rows), audio_of="files")


def hashed_rows(table: pl.DataFrame) -> pl.DataFrame | None:
    """Id and content hash of all rows; `None` where not every row has a content hash of its own."""
    if "sha256" not in table.columns or table["sha256"].dtype != pl.String:
        return None
    whole = table["sha256"].fill_null("").str.contains(SHA256).all()
    return table.select("id", "sha256") if whole else None


def audio_sha256(rows: pl.DataFrame) -> str:
    """SHA-256 over id and content hash of every row, in the order of the ids (hexadecimal).

    Args:
        rows: with `id` and `sha256`.

    Example:
        >>> audio_sha256(pl.DataFrame({"id": ["a"], "sha256": ["0" * 64]}))[:8]
        '70dd851c'
    """
    digest = hashlib.sha256()
    for name, content in rows.select("id", "sha256").sort("id").iter_rows():
        digest.update(f"{name}\t{content}\n".encode())
    return digest.hexdigest()


def table_sha256(corpus: Corpus) -> str:
    """SHA-256 over all plain columns of all rows, in the order of their ids (hexadecimal).

    It says nothing of the audio, unless the table has a column of content hashes.
    """
    table = corpus.table.sort("id")
    flat = table.select(pl.col(name) for name in sorted(table.columns) if not table[name].dtype.is_nested())
    digest = hashlib.sha256("|".join(flat.columns).encode())
    for row in flat.iter_rows():
        digest.update(("|".join(map(str, row)) + "\n").encode())
    return digest.hexdigest()
