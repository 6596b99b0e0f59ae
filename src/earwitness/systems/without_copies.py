"""The harshest leave-out round: no copy-synthesis at all is heard in training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from earwitness.metrics import eer
from earwitness.training.rounds import Rows, crossed_rounds

_ALL = "copy-synthesis"


def without_copies(
    rows: Rows,
    usable: np.ndarray,
    copied: np.ndarray,
    folds: Sequence[Sequence[str]],
    fit_and_score: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> dict[str, object] | None:
    """EER on copies of real speech when every engine that copies was held back together.

    Args:
        rows: columns of the corpus.
        usable: rows that take part.
        copied: (n,) True = a resynthesis of real speech of the corpus.
        folds: sources of real speech, held back together.
        fit_and_score: trains on the first rows, gives raw scores of the second; NaN = no score.

    Returns:
        `folds` (EER of each, fractions), `mean_eer` and `trials`; `None` where the corpus holds no
        copies or nothing but copies.
    """
    merged = msgspec.structs.replace(rows, family=np.where(copied, _ALL, rows.family))
    if _ALL not in merged.families(usable) or len(merged.families(usable)) < 2:
        return None
    rates, trials = [], 0
    for held in crossed_rounds(merged, usable, folds):
        if held.family != _ALL:
            continue
        score = fit_and_score(held.train, held.test)
        known, real = np.isfinite(score), rows.bona_fide[held.test]
        rates.append(eer(score[known & real], score[known & ~real]))
        trials += int(known.sum())
    return {"folds": rates, "mean_eer": float(np.mean(rates)), "trials": trials}
