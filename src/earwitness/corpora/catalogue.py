"""Which public corpora can be scanned; each is imported only when it is asked for."""

from __future__ import annotations

import importlib
import inspect
import os
from types import ModuleType

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.errors import BadInput

CORPORA = {
    "asvspoof2019-la": "asvspoof2019_la",
    "ravdess": "ravdess",
    "aesdd": "aesdd",
    "asvp-esd": "asvp_esd",
    "baved": "baved",
    "cremad": "cremad",
    "emodb": "emodb",
    "emovo": "emovo",
    "jnv": "jnv",
    "mesd": "mesd",
    "savee": "savee",
    "shemo": "shemo",
    "tess": "tess",
    "vivae": "vivae",
    "daic-woz": "daic_woz",
    "edaic": "edaic",
    "iemocap": "iemocap",
    "voxceleb1": "voxceleb1",
    "voxceleb2": "voxceleb2",
    "signals": "signals",
    "wesad": "wesad",
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


def scan(name: str, root: str | os.PathLike[str], **options: str) -> Corpus:
    """The corpus in a folder.

    Args:
        name: key of `CORPORA`.
        root: where its copy is.
        options: named choices of its scan, such as `split="nkululeko"`.

    Returns:
        The corpus; its `report` says what was left out.

    Raises:
        BadInput: when there is none of that name or no such option, or the folder does not hold it.
    """
    function = _module(name).scan
    known = tuple(inspect.signature(function).parameters)[1:]
    for option in options:
        if option not in known:
            there = f"there are: {', '.join(known)}" if known else "there are none"
            raise BadInput(f"has no option {option!r}; {there}", where=name)
    found: Corpus = function(root, **options)
    return found


def _module(name: str) -> ModuleType:
    if name not in CORPORA:
        raise BadInput(f"no such corpus; there are: {', '.join(sorted(CORPORA))}", where=name)
    return importlib.import_module(f"earwitness.corpora.public.{CORPORA[name]}")
