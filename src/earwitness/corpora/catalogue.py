"""Which public corpora can be scanned; each is imported only when it is asked for."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.errors import BadInput

CORPORA = {
    "asvspoof2019-la": "asvspoof2019_la",
    "ravdess": "ravdess",
}
"""Name -> its file in `earwitness.corpora.public`."""


def card(name: str) -> CorpusCard:
    """What is known of a corpus.

    Raises:
        BadInput: when there is none of that name.

    Example:
        >>> card("ravdess").access
        'open'
    """
    found: CorpusCard = _module(name).CARD
    return found


def scan(name: str, root: str | os.PathLike[str]) -> Corpus:
    """The corpus in a folder.

    Args:
        name: key of `CORPORA`.
        root: where its copy is.

    Returns:
        The corpus; its `report` says what was left out.

    Raises:
        BadInput: when there is none of that name, or the folder does not hold it.
    """
    found: Corpus = _module(name).scan(root)
    return found


def _module(name: str) -> ModuleType:
    if name not in CORPORA:
        raise BadInput(f"no such corpus; there are: {', '.join(sorted(CORPORA))}", where=name)
    return importlib.import_module(f"earwitness.corpora.public.{CORPORA[name]}")
