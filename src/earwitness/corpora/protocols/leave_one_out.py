"""Each speaker, session or corpus left out in its turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.leaks import LeakCheck, coded
from earwitness.corpora.protocols.split import Split
from earwitness.errors import BadInput

MOST = 200
"""Leaving out more values than this is hardly meant: each is a training of its own."""


def leave_one_out(
    corpus: Corpus, *, by: str = "session", allow: Sequence[str] = (), most: int = MOST
) -> list[Split]:
    """One round for each value of a column: tested on its rows, trained on all others.

    Args:
        corpus: the rows.
        by: `speaker`, `session`, `source`, `language` or another column that every row has. Engines and
            codecs, which bona fide rows lack, are left out by `leave_families_out`.
        allow: columns that may overlap between the sides ("speaker").
        most: more values than this are refused.

    Raises:
        BadInput: when a row has no value, there are fewer than two or more than `most` of them, or a
            speaker or group leaks.
    """
    places, names = coded(corpus, by)
    if (places < 0).any():
        raise BadInput(f"has rows without {by!r}", where=corpus.name)
    if len(names) < 2:
        raise BadInput(f"has one value of {by!r}, which cannot be left out", where=corpus.name)
    if len(names) > most:
        raise BadInput(
            f"has {len(names):,} values of {by!r}, so many rounds; take {by}-folds:5, or most={len(names)}",
            where=corpus.name,
        )
    check = LeakCheck(corpus, ("group", "speaker", by), allow)
    return [
        check.refuse(
            Split(
                name=name,
                train=np.flatnonzero(places != number),
                test=np.flatnonzero(places == number),
                how=f"{by} {name} left out",
            )
        )
        for number, name in enumerate(names)
    ]
