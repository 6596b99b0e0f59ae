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
    "asvspoof2021-df": "asvspoof2021_df",
    "asvspoof2021-la": "asvspoof2021_la",
    "asvspoof5": "asvspoof5",
    "cfad": "cfad",
    "codecfake-plus": "codecfake_plus",
    "codecfake-wu": "codecfake_wu",
    "codecfake-xie": "codecfake_xie",
    "ctrsvdd": "ctrsvdd",
    "dcase2023-foley": "dcase2023_foley",
    "emofake": "emofake",
    "envsdd": "envsdd",
    "fakesound": "fakesound",
    "for": "fake_or_real",
    "in-the-wild": "in_the_wild",
    "mlaad": "mlaad",
    "partial-spoof": "partial_spoof",
    "st-codecfake": "st_codecfake",
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
    "audio-flan": "audio_flan",
    "cpqa": "cpqa",
}
"""Name -> its file in `earwitness.corpora.public`."""

FORMATS = ("table", "folders", "kaldi", "audformat", "lhotse", "huggingface")
"""Data of one's own: names of files in `earwitness.corpora.formats`."""


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
        name: key of `CORPORA`, or one of `FORMATS`.
        root: where its copy is.
        options: named choices of its scan, such as `split="nkululeko"`.

    Returns:
        The corpus; its `report` says what was left out.

    Raises:
        BadInput: when there is none of that name or no such option, or the folder does not hold it.
    """
    function = _module(name).scan
    known = scan_options(name)
    for option in options:
        if option not in known and "COLUMN" not in known:
            there = f"there are: {', '.join(known)}" if known else "there are none"
            raise BadInput(f"has no option {option!r}; {there}", where=name)
    found: Corpus = function(root, **options)
    return found


def scan_options(name: str) -> dict[str, str]:
    """Named choices of a scan and what they are without being chosen; `COLUMN` stands for any column.

    Raises:
        BadInput: when there is none of that name.

    Example:
        >>> scan_options("signals")
        {'table': 'signals.csv'}
    """
    parameters = list(inspect.signature(_module(name).scan).parameters.values())[1:]
    return {
        "COLUMN" if each.kind is each.VAR_KEYWORD else each.name: ""
        if each.default is each.empty
        else str(each.default)
        for each in parameters
    }


def _module(name: str) -> ModuleType:
    if name in FORMATS:
        return importlib.import_module(f"earwitness.corpora.formats.{name}")
    if name not in CORPORA:
        there = f"{', '.join(sorted(CORPORA))}; and for data of your own: {', '.join(FORMATS)}"
        raise BadInput(f"no such corpus; there are: {there}", where=name)
    return importlib.import_module(f"earwitness.corpora.public.{CORPORA[name]}")
