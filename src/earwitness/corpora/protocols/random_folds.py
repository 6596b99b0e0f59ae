"""Folds of rows drawn at random, stratified by class: for comparison with published figures only."""

from __future__ import annotations

import numpy as np

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.leaks import LeakCheck, coded
from earwitness.corpora.protocols.split import Split
from earwitness.errors import BadInput

SPEAKERS_OVERLAP = "speakers overlap"


def random_folds(corpus: Corpus, *, label: str, folds: int = 5, seed: int = 0) -> list[Split]:
    """Stratified folds that know nothing of speakers and groups.

    Published figures were probably made so. A speaker, or another recording of the same utterance, is
    on both sides; every split says "speakers overlap", also where the speakers are not known.

    Args:
        corpus: the rows.
        label: column whose classes have the same share in every fold.
        folds: at least 2.
        seed: of the draw.

    Returns:
        One split a fold; every row is tested once.

    Raises:
        BadInput: when a class has fewer rows than there are folds, or a row has no class.
    """
    if folds < 2:
        raise BadInput("needs at least 2 folds", where="random-folds")
    classes, names = coded(corpus, label)
    if (classes < 0).any():
        raise BadInput(f"has rows without {label!r}", where=corpus.name)
    counts = np.bincount(classes, minlength=len(names))
    if counts.min() < folds:
        rare = int(counts.argmin())
        raise BadInput(
            f"has {counts[rare]} rows of {names[rare]!r}, too few for {folds} folds", where=corpus.name
        )
    # Drawn in the order of the ids, so that the order of the rows says nothing.
    drawn = np.empty(len(corpus), np.int64)
    drawn[corpus.table["id"].arg_sort().to_numpy()] = np.random.default_rng(seed).permutation(len(corpus))
    dealt = np.empty(len(corpus), np.int64)
    dealt[np.lexsort((drawn, classes))] = np.arange(len(corpus)) % folds
    check = LeakCheck(corpus, ("group", "speaker"), ("group", "speaker"))
    splits = []
    for fold in range(folds):
        split = check.refuse(
            Split(
                name=f"fold {fold + 1} of {folds}",
                train=np.flatnonzero(dealt != fold),
                test=np.flatnonzero(dealt == fold),
                how=f"{folds} random folds, stratified by {label}, seed {seed}, {SPEAKERS_OVERLAP}",
                overlap=("speaker",),
            )
        )
        splits.append(split)
    return splits
