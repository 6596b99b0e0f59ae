"""AS-Norm: a verification score seen against the scores of impostors most like its two sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.errors import BadInput


def as_norm(
    scores: ArrayLike,
    enrolment_cohort: ArrayLike,
    test_cohort: ArrayLike,
    *,
    top: int | None = 300,
    enrolment: ArrayLike | None = None,
    test: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Adaptive symmetric score normalisation.

    Args:
        scores: `(trials,)` raw scores; higher = same speaker.
        enrolment_cohort: `(enrolments, cohort)` scores of each enrolment against the cohort.
        test_cohort: `(tests, cohort)` scores of each test recording against the cohort.
        top: how many of the highest cohort scores count on either side; all when `None` (S-Norm).
        enrolment: `(trials,)` row of each trial in `enrolment_cohort`; one row a trial when `None`.
        test: `(trials,)` row of each trial in `test_cohort`; likewise.

    Returns:
        `(trials,)` normalised scores: mean of the standard scores against both cohorts.

    Raises:
        BadInput: when shapes do not match, values are not finite, or a cohort has fewer than two
            scores or no spread.

    Reference:
        P. Matějka et al., "Analysis of score normalization in multilingual speaker recognition",
        2017, section 2 (AS-Norm1).

    Example:
        >>> as_norm([3.0], [[0.0, 2.0]], [[1.0, 3.0]], top=2)
        array([1.5])
    """
    raw = np.asarray(scores, dtype=np.float64)
    total = np.zeros_like(raw)
    for name, cohort, rows in (("enrolment", enrolment_cohort, enrolment), ("test", test_cohort, test)):
        table = np.asarray(cohort, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] < 2:
            raise BadInput(
                f"must be (recordings, at least 2 impostors), got {table.shape}", where=f"{name} cohort"
            )
        if not np.isfinite(table).all() or not np.isfinite(raw).all():
            raise BadInput("scores hold NaN or infinity", where=f"{name} cohort")
        kept = table.shape[1] if top is None else min(top, table.shape[1])
        if kept < 2:
            raise BadInput("must be at least 2", where="top")
        best = table if kept == table.shape[1] else np.partition(table, -kept, axis=1)[:, -kept:]
        centre, spread = best.mean(axis=1), best.std(axis=1)
        if (spread == 0).any():
            raise BadInput(f"row {int(np.flatnonzero(spread == 0)[0])} has no spread", where=f"{name} cohort")
        at = np.arange(len(raw)) if rows is None else np.asarray(rows)
        if at.shape != raw.shape or at.min(initial=0) < 0 or at.max(initial=0) >= len(table):
            raise BadInput(f"has {len(table)} rows for {len(raw)} trials", where=f"{name} cohort")
        total += (raw - centre[at]) / spread[at]
    return total / 2
