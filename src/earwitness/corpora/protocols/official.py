"""The split that the corpus came with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.leaks import LeakCheck
from earwitness.corpora.protocols.split import SIDES, Split
from earwitness.errors import BadInput


def official(corpus: Corpus, *, allow: Sequence[str] = ()) -> list[Split]:
    """Train, validation and test as the column `split` has them.

    Args:
        corpus: the rows; those of other splits ("progress", "hidden") are on no side, and the split
            says so.
        allow: columns that may overlap ("speaker"), where the authors' split does.

    Returns:
        One split.

    Raises:
        BadInput: when there are no rows to train on or none to test on, or a speaker or group leaks.
    """
    column = corpus.table["split"].fill_null("")
    rows = {side: (column == side).arg_true().to_numpy().astype(np.int64) for side in SIDES}
    for side in ("train", "test"):
        if not len(rows[side]):
            raise BadInput(
                f"has no official split with rows of {side!r}; take folds or cross-corpus", where=corpus.name
            )
    others = column.filter(~column.is_in(SIDES))
    names = others.unique().sort().to_list()
    told = f", {len(others):,} rows of {', '.join(name or 'no split' for name in names)} left out"
    split = Split(
        name="official",
        how="official split" + (told if names else ""),
        train=rows["train"],
        validation=rows["validation"],
        test=rows["test"],
    )
    return [LeakCheck(corpus, ("group", "speaker"), allow).refuse(split)]
