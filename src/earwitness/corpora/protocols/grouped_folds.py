"""Folds in which no speaker (or session, source, language) is on two sides, balanced by class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.dealing import counts_of, deal, homes
from earwitness.corpora.protocols.leaks import LeakCheck, coded
from earwitness.corpora.protocols.split import Split
from earwitness.errors import BadInput


def grouped_folds(
    corpus: Corpus,
    *,
    by: str = "speaker",
    folds: int = 5,
    seed: int = 0,
    label: str | None = None,
    unnamed: bool = False,
    allow: Sequence[str] = (),
) -> list[Split]:
    """Folds alike in size and classes, in which no value of a column and no group is on both sides.

    Values that share a group stay together, as do groups that share a value.

    Args:
        corpus: the rows.
        by: `speaker`, `group`, `session`, `source`, `language` or another column.
        folds: at least 2.
        seed: deals the values.
        label: column whose classes are balanced over the folds.
        unnamed: rows without a value are dealt by their group; they are refused otherwise.
        allow: columns that may overlap between the sides, beside `by` ("speaker").

    Returns:
        One split a fold; every row is tested once.

    Raises:
        BadInput: when there are fewer values than folds, a row has none, or a speaker would leak.
    """
    if folds < 2:
        raise BadInput("needs at least 2 folds", where=by)
    values, names = coded(corpus, by)
    if (values < 0).any() and not unnamed:
        raise BadInput(f"has rows without {by!r}; unnamed=yes deals them by their group", where=corpus.name)
    home = homes(values, names, corpus.table["group"])
    count = int(home.max()) + 1
    if count < folds:
        tied = f", tied together by their groups to {count}" if len(names) > count else ""
        raise BadInput(
            f"has {len(names)} values of {by!r}{tied}, too few for {folds} folds", where=corpus.name
        )
    classes = coded(corpus, label)[0] if label is not None else None
    dealt = deal(counts_of(home, count, classes), folds, seed)[home]
    check = LeakCheck(corpus, ("group", "speaker", by), allow)
    balanced = f", balanced by {label}" if label is not None else ""
    return [
        check.refuse(
            Split(
                name=f"fold {fold + 1} of {folds}",
                train=np.flatnonzero(dealt != fold),
                test=np.flatnonzero(dealt == fold),
                how=f"{folds} folds, {by} disjoint{balanced}, seed {seed}",
            )
        )
        for fold in range(folds)
    ]
