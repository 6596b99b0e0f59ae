"""A tree of folders that name the class of their clips."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.formats.own_rows import own_card, own_corpus
from earwitness.errors import BadInput

CARD = own_card(
    "folders",
    "A tree of folders",
    "your own files, in folders that name their class",
    (
        "levels says what the folders are, from the top: levels=label (the rule), levels=split/label, "
        "levels=split/label/speaker; _ stands for a level that says nothing.",
        "Files at another depth are left out and counted.",
        "labels=fake=spoof+real=bona fide brings words of the label to ours.",
    ),
)


def scan(root: str | os.PathLike[str], *, levels: str = "label", labels: str = "") -> Corpus:
    """The clips below the folders, which become columns.

    Args:
        root: the top folder.
        levels: column of each level of folders, from the top, with `/` between them; `_` for none.
        labels: words of the column `label` -> ours, `fake=spoof+real=bona fide`.

    Raises:
        BadInput: when the levels name a column twice or none, or no clip lies so deep.
    """
    names = levels.split("/")
    columns = [name for name in names if name != "_"]
    odd = [name for name in columns if not name.isidentifier() or name in ("id", "path", "start", "end")]
    if not columns or odd or len(set(columns)) < len(columns):
        raise BadInput("names columns, such as split/label, each once", where=f"levels={levels}")
    files = file_tree(root)
    parts = files.with_columns(pl.col("path").str.split("/").alias("_parts"))
    deep = pl.col("_parts").list.len() == len(names) + 1
    found = parts.filter(deep).select(
        "path", *(pl.col("_parts").list.get(at).alias(name) for at, name in enumerate(names) if name != "_")
    )
    others = parts.filter(~deep)["path"]
    if not len(found):
        told = f", such as {others[0]}" if len(others) else ""
        raise BadInput(
            f"holds no clip {len(names)} folders deep ({len(others)} elsewhere{told}); levels= says how deep",
            where=str(root),
        )
    # own_corpus counts what no row names: the files at another depth.
    return own_corpus(CARD, found, root, str(root), labels=labels)
