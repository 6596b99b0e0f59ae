"""The metrics by which runs are compared, from truth and scores as numbers."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from earwitness.errors import BadInput
from earwitness.metrics import eer
from earwitness.metrics.class_figures import class_figures, one_vs_rest_eer
from earwitness.metrics.regression_figures import regression
from earwitness.task import Target, Task


class Primary(msgspec.Struct, frozen=True, kw_only=True):
    """A metric with its direction.

    Args:
        name: as in `Task.primary`.
        kind: of the target it is for.
        figure: (truth (n,), scores (n,) or (n, classes)) -> figure.
        lower: whether a lower figure is better.
    """

    name: str
    kind: str
    figure: Callable[[np.ndarray, np.ndarray], float]
    lower: bool


def _eer(truth: np.ndarray, scores: np.ndarray) -> float:
    return float(eer(scores[truth == 1], scores[truth == 0]))


def _frame_eer(truth: np.ndarray, scores: np.ndarray) -> float:
    """EER over frames; NaN where only one class is there."""
    real, fake = scores[truth == 1], scores[truth == 0]
    return float(eer(real, fake)) if len(real) and len(fake) else float("nan")


def _by_class(name: str) -> Callable[[np.ndarray, np.ndarray], float]:
    def figure(truth: np.ndarray, scores: np.ndarray) -> float:
        count = scores.shape[1]
        counts = np.zeros((count, count), np.int64)
        np.add.at(counts, (truth, scores.argmax(1)), 1)
        return float(getattr(class_figures(counts), name))

    return figure


def _class_eer(truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean one-vs-rest EER of the classes that are there; NaN where there is only one."""
    names = [str(at) for at in range(scores.shape[1])]
    if len(np.unique(truth)) < 2:
        return float("nan")
    return one_vs_rest_eer(scores, truth.astype(str), names).mean


def _octaves(truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean distance in log2 of numbers above 0: 1 is a factor of two."""
    return float(np.abs(np.log2(scores) - np.log2(truth)).mean())


def _by_number(name: str) -> Callable[[np.ndarray, np.ndarray], float]:
    def figure(truth: np.ndarray, scores: np.ndarray) -> float:
        value = getattr(regression(truth, scores).figures, name)
        return float("nan") if value is None else float(value)

    return figure


PRIMARY = {
    primary.name: primary
    for primary in (
        Primary(name="eer", kind="binary", figure=_eer, lower=True),
        Primary(name="frame_eer", kind="frames", figure=_frame_eer, lower=True),
        *(
            Primary(name=name, kind="class", figure=_by_class(name), lower=False)
            for name in ("uar", "accuracy", "macro_f1")
        ),
        Primary(name="class_eer", kind="class", figure=_class_eer, lower=True),
        *(
            Primary(name=name, kind="real", figure=_by_number(name), lower=name in ("rmse", "mae"))
            for name in ("rmse", "mae", "ccc", "pearson", "spearman")
        ),
        Primary(name="octaves", kind="real", figure=_octaves, lower=True),
    )
}
"""Name -> metric."""


def primary_of(task: Task) -> tuple[Primary, Target]:
    """The primary metric of a task and the target it is about: the first of its kind.

    Raises:
        BadInput: when there is no such metric, or no target of its kind.

    Example:
        >>> from earwitness.task import DETECTION
        >>> primary_of(DETECTION)[0].figure(np.array([1, 1, 0, 0]), np.array([2.0, 1.0, 0.0, -1.0]))
        0.0
    """
    if task.primary not in PRIMARY:
        raise BadInput(f"no such metric; there are: {', '.join(PRIMARY)}", where=task.primary)
    metric = PRIMARY[task.primary]
    for target in task.targets:
        if target.kind == metric.kind:
            return metric, target
    raise BadInput(f"is for a {metric.kind} target, the task has none", where=metric.name)


def class_column(task: Task) -> str:
    """The column by whose values rows are spread over folds and counted.

    Example:
        >>> from earwitness.task import DETECTION
        >>> class_column(DETECTION)
        'label'
    """
    target = primary_of(task)[1]
    return "label" if target.kind == "frames" else target.column
