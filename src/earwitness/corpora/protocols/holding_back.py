"""A part of the training rows held back, by which training is stopped."""

from __future__ import annotations

import msgspec
import numpy as np

from earwitness.corpora.corpus import Corpus, require_columns
from earwitness.corpora.protocols.dealing import counts_of, deal, homes
from earwitness.corpora.protocols.leaks import coded_values
from earwitness.corpora.protocols.split import Split
from earwitness.errors import BadInput

SHARE = 0.1
"""Of the training speakers; what the fusion papers hold back is not known, this is our choice."""


def hold_validation(
    corpus: Corpus,
    split: Split,
    *,
    share: float = SHARE,
    by: str = "speaker",
    seed: int = 0,
    label: str | None = None,
) -> Split:
    """The split with a share of its training speakers moved to validation; never a row of the test side.

    Rows whose speaker is not known are held back by their group.

    Args:
        corpus: that was split.
        split: of it; one that has validation rows is given back as it is.
        share: of the training side, above 0 and below 1.
        by: `speaker`; or `group`, and then speakers may be in training and validation, and the
            split says so.
        seed: of the choice.
        label: column whose classes keep their shares.

    Raises:
        BadInput: when the share is out of range, or there is one speaker only.
    """
    if not 0 < share < 1:
        raise BadInput("must lie between 0 and 1", where="validation")
    if len(split.validation):
        return split
    require_columns(corpus, [by] if label is None else [by, label])
    rows = split.train
    values, names = coded_values(corpus.table[by][rows])
    home = homes(values, names, corpus.table["group"][rows])
    count = int(home.max()) + 1
    if count < 2:
        hint = "; validation-by=group holds back groups" if by != "group" else ""
        raise BadInput(
            f"has one {by} to train on, none can be held back{hint}; validation=0 does without",
            where=split.name,
        )
    folds = min(max(2, round(1 / share)), count)
    classes = coded_values(corpus.table[label][rows])[0] if label is not None else None
    # With many folds greedy dealing keeps each alike; the first of them is what is held back.
    held = deal(counts_of(home, count, classes), folds, seed)[home] == 0
    told = f"{held.mean():.0%} of the training rows held back by {by} for validation"
    overlap = split.overlap
    if by != "speaker":
        speakers, _ = coded_values(corpus.table["speaker"][rows])
        shared = np.intersect1d(speakers[held], speakers[~held])
        if (shared >= 0).any():
            told += " (speakers overlap)"
            overlap = tuple(dict.fromkeys((*overlap, "speaker")))
    return msgspec.structs.replace(
        split, train=rows[~held], validation=rows[held], how=f"{split.how}, {told}", overlap=overlap
    )
