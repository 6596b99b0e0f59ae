"""Learning one task after the other: what is kept, and what is lost."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from earwitness.errors import BadInput


class Continual(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a run through a sequence of tasks.

    Args:
        average: mean accuracy over all tasks after the last one was learnt.
        backward_transfer: mean change of earlier tasks between when they were learnt and the end;
            negative = forgetting.
        forgetting: mean loss of earlier tasks from their best ever to the end; 0 or more unless the end
            is the best.
        learning: mean accuracy of each task just after it was learnt.
        forward_transfer: mean gain over `chance` of tasks before they were learnt; `None` without it.
    """

    average: float
    backward_transfer: float
    forgetting: float
    learning: float
    forward_transfer: float | None = None


def continual(accuracy: ArrayLike, *, chance: ArrayLike | None = None) -> Continual:
    """Backward transfer, forgetting and average accuracy of an accuracy matrix.

    Args:
        accuracy: `(tasks, tasks)`; row i, column j: accuracy on task j after learning tasks 0 to i.
            Only the lower triangle and the diagonal are needed; others may be NaN.
        chance: `(tasks,)` accuracy of an untrained system; with it the upper triangle must be there.

    Raises:
        BadInput: when the matrix is not square, has fewer than two tasks, or a needed value is missing.

    Reference:
        D. Lopez-Paz and M. Ranzato, "Gradient episodic memory for continual learning", 2017;
        A. Chaudhry et al., "Riemannian walk for incremental learning", 2018, eq. 3 (forgetting).

    Example:
        >>> found = continual([[0.9, np.nan], [0.7, 0.8]])
        >>> round(found.backward_transfer, 2), round(found.forgetting, 2)
        (-0.2, 0.2)
    """
    table = np.asarray(accuracy, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or len(table) < 2:
        raise BadInput(f"must be (tasks, tasks) with two or more tasks, got {table.shape}", where="accuracy")
    if not np.isfinite(table[np.tril_indices(len(table))]).all():
        raise BadInput("misses a value on or below the diagonal", where="accuracy")
    learnt, end = np.diag(table), table[-1]
    before = np.array([table[at:-1, at].max() for at in range(len(table) - 1)])
    forward = None
    if chance is not None:
        start = np.asarray(chance, dtype=np.float64)
        ahead = np.diag(table, k=1)
        if start.shape != (len(table),) or not np.isfinite(ahead).all():
            raise BadInput("forward transfer needs one chance level a task and the upper diagonal")
        forward = float((ahead - start[1:]).mean())
    return Continual(
        average=float(end.mean()),
        backward_transfer=float((end - learnt)[:-1].mean()),
        forgetting=float((before - end[:-1]).mean()),
        learning=float(learnt.mean()),
        forward_transfer=forward,
    )
