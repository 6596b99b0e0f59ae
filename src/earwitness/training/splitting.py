"""Protocols by name: which rows of a corpus a run trains on, validates on and is tested on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocol import Split, grouped_folds, leave_families_out, refuse_leaks
from earwitness.errors import BadInput

SPLITS = {
    "train": ("train", "training"),
    "validation": ("dev", "validation", "valid", "development"),
    "test": ("test", "eval", "evaluation"),
}
"""What the parts of an official split are called."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One training: its rows, and what it is called.

    Args:
        name: unique in a run.
        train: rows to train on.
        validation: rows for early stopping; empty where they are taken from the training rows.
        test: rows to be scored.
        how: how it was made, in words.
    """

    name: str
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    how: str


def rounds_of(corpus: Corpus, protocol: str, *, folds: int = 3, seed: int = 0) -> list[Round]:
    """The rounds of a protocol.

    Args:
        corpus: the rows.
        protocol: `official` (column `split`), `speaker-folds` (or `group-`, `session-`, `source-`,
            `language-folds`), or `leave-families-out` (crossed with folds of sources).
        folds: of the last two.
        seed: deals values to folds.

    Raises:
        BadInput: when there is no such protocol, a part is empty, or a split would leak.

    Example:
        >>> rows = [dict(id=i, path="a", start=0.0, end=1.0, split="train" if i < "c" else "test",
        ...              speaker=i, group=i) for i in "abcd"]
        >>> [len(part.test) for part in rounds_of(Corpus(pl.DataFrame(rows)), "official")]
        [2]
    """
    if protocol in PROTOCOLS:
        return PROTOCOLS[protocol](corpus, folds, seed)
    raise BadInput(f"no such protocol; there are: {', '.join(PROTOCOLS)}", where=protocol)


def _official(corpus: Corpus, folds: int, seed: int) -> list[Round]:
    del folds, seed
    names = corpus.table["split"].cast(pl.String).fill_null("").to_numpy().astype(str)
    parts = {part: np.flatnonzero(np.isin(names, known)) for part, known in SPLITS.items()}
    for part in ("train", "test"):
        if not len(parts[part]):
            raise BadInput(
                f"has no rows of split {SPLITS[part][0]!r}; choose another protocol", where=corpus.name
            )
    kept = Split(
        name="official", train=np.union1d(parts["train"], parts["validation"]), test=parts["test"],
        how="the split of the corpus",
    )  # fmt: skip
    refuse_leaks(corpus, kept)
    return [Round(name="official", train=parts["train"], validation=parts["validation"], test=parts["test"],
                  how=kept.how)]  # fmt: skip


def _folds(by: str) -> Callable[[Corpus, int, int], list[Round]]:
    return lambda corpus, folds, seed: _plain(grouped_folds(corpus, by=by, folds=folds, seed=seed))


def _families(corpus: Corpus, folds: int, seed: int) -> list[Round]:
    return _plain(leave_families_out(corpus, folds=folds, seed=seed))


def _plain(splits: Sequence[Split]) -> list[Round]:
    nothing = np.zeros(0, np.int64)
    return [
        Round(name=one.name, train=one.train, validation=nothing, test=one.test, how=one.how)
        for one in splits
    ]


PROTOCOLS: dict[str, Callable[[Corpus, int, int], list[Round]]] = {
    "official": _official,
    **{f"{by}-folds": _folds(by) for by in ("speaker", "group", "session", "source", "language")},
    "leave-families-out": _families,
}
"""Name -> how its rounds are made."""


def table_hash(corpus: Corpus) -> str:
    """SHA-256 over all columns of all rows, in the order of their ids (hexadecimal).

    Where the corpus has no content hashes, paths stand for what was heard.
    """
    table = corpus.table.sort("id")
    flat = table.select(
        pl.col(name) if not table[name].dtype.is_nested() else pl.lit("").alias(name)
        for name in sorted(table.columns)
    )
    digest = hashlib.sha256("|".join(flat.columns).encode())
    for row in flat.iter_rows():
        digest.update(("|".join(map(str, row)) + "\n").encode())
    return digest.hexdigest()
