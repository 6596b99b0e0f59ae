"""Some rows of a corpus, drawn alike from every class, as a corpus of its own for an experiment."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput


def drawn(corpus: str | Path, out: str | Path, *, by: str, clips: int) -> Path:
    """Draw rows, as many of each class as there are or fair, by the hash of their ids.

    Args:
        corpus: folder of a corpus, or its Parquet file.
        out: folder that gets `corpus.parquet`, which names the audio where it lies.
        by: column of the classes; rows without one are left out, and those of the class "none".
        clips: rows at most.

    Returns:
        `out`.

    Raises:
        BadInput: when the corpus lacks the column or names no row with it.
    """
    table = Corpus.read(corpus)
    if by not in table.table.columns:
        raise BadInput(f"has no column {by!r}", where=table.name)
    waiting: dict[str, list[tuple[bytes, int]]] = defaultdict(list)
    names = table.table[by].cast(pl.String).fill_null("").to_list()
    for row, (name, one) in enumerate(zip(names, table.table["id"].to_list(), strict=True)):
        if name not in ("", "none"):
            waiting[name].append((hashlib.sha256(one.encode()).digest(), row))
    if not waiting:
        raise BadInput(f"names no {by}", where=table.name)
    kept = np.zeros(len(table), bool)
    left, queues = clips, sorted(waiting.values(), key=len)
    for at, queue in enumerate(queues):  # the smallest class first: what it leaves is shared by the others
        take = sorted(queue)[: left // (len(queues) - at)]
        kept[[row for _, row in take]] = True
        left -= len(take)
    path = Path(corpus)
    Path(out).mkdir(parents=True, exist_ok=True)
    part = table.where(pl.lit(pl.Series(kept)))
    part.write(Path(out), root=path if path.is_dir() else path.parent)
    return Path(out)
