"""Figures of a classifier: recall averaged over classes, F1, confusion, one-vs-rest EER."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.errors import BadInput
from earwitness.metrics.equal_error import eer


class ClassFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one set of answers.

    Args:
        accuracy: share of right answers.
        uar: unweighted average recall over the classes that occur in the truth.
        macro_f1: F1 averaged over the whole fixed label set; a class without truth and answer counts 0.
    """

    accuracy: float
    uar: float
    macro_f1: float


class Classification(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a classifier beside those of always giving the most frequent class.

    Args:
        classes: the label set, in order.
        confusion: counts; rows are the truth, columns the answer.
        recall: of each class; `None` for a class without truth.
        figures: of the classifier.
        majority: of answering the most frequent class of `prior_labels` (or of the truth).
        n: trials.
        notes: what a reader must know.
    """

    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    recall: tuple[float | None, ...]
    figures: ClassFigures
    majority: ClassFigures
    n: int
    notes: tuple[str, ...] = ()


class ClassEer(msgspec.Struct, frozen=True, kw_only=True):
    """One-vs-rest equal error rates.

    Args:
        mean: average over the classes.
        worst: the class with the highest rate.
        rates: class -> fraction.
    """

    mean: float
    worst: str
    rates: dict[str, float]


def confusion_matrix(truth: ArrayLike, answer: ArrayLike, classes: Sequence[str]) -> NDArray[np.int64]:
    """Counts of answers for each true class.

    Args:
        truth: `(trials,)` labels.
        answer: `(trials,)` labels.
        classes: the label set, in order.

    Returns:
        `(classes, classes)` counts; rows are the truth.

    Raises:
        BadInput: when there are no trials, numbers differ, or a label is not in the set.

    Example:
        >>> confusion_matrix(["a", "b"], ["a", "a"], ["a", "b"]).tolist()
        [[1, 0], [1, 0]]
    """
    left, right = _codes(truth, classes, "truth"), _codes(answer, classes, "answer")
    if len(left) != len(right):
        raise BadInput(f"{len(left)} labels but {len(right)} answers")
    n = len(classes)
    counts: NDArray[np.int64] = np.bincount(left * n + right, minlength=n * n).reshape(n, n)
    return counts


def classification(
    truth: ArrayLike, answer: ArrayLike, classes: Sequence[str], *, prior_labels: ArrayLike | None = None
) -> Classification:
    """All figures of a classifier, beside the majority row.

    Args:
        truth: `(trials,)` labels.
        answer: `(trials,)` labels.
        classes: the label set, fixed beforehand, so that folds without some class stay comparable.
        prior_labels: training labels that decide the majority class; the truth itself when `None`.

    Returns:
        Figures; rates are fractions.

    Raises:
        BadInput: when there are no trials, numbers differ, or a label is not in the set.

    Reference:
        B. Schuller et al., "The INTERSPEECH 2009 emotion challenge", 2009 (unweighted recall).

    Example:
        >>> classification(["a", "a", "b"], ["a", "b", "b"], ["a", "b"]).figures.uar
        0.75
    """
    counts = confusion_matrix(truth, answer, classes)
    prior = (
        counts.sum(axis=1)
        if prior_labels is None
        else np.bincount(_codes(prior_labels, classes, "training labels"), minlength=len(classes))
    )
    constant = np.zeros_like(counts)
    constant[:, int(prior.argmax())] = counts.sum(axis=1)
    totals = counts.sum(axis=1)
    absent = [name for name, total in zip(classes, totals, strict=True) if not total]
    return Classification(
        classes=tuple(classes),
        confusion=tuple(tuple(row) for row in counts.tolist()),
        recall=tuple(
            float(hit / total) if total else None for hit, total in zip(np.diag(counts), totals, strict=True)
        ),
        figures=class_figures(counts),
        majority=class_figures(constant),
        n=int(counts.sum()),
        notes=(f"no trials of: {', '.join(absent)}",) if absent else (),
    )


def class_figures(counts: NDArray[np.int64]) -> ClassFigures:
    """Accuracy, unweighted average recall and macro F1 of a confusion matrix.

    Example:
        >>> class_figures(np.array([[1, 1], [0, 1]])).accuracy.__round__(3)
        0.667
    """
    hits, truths, answers = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    there = truths > 0
    both = truths + answers
    f1 = np.divide(2 * hits, both, out=np.zeros(len(hits)), where=both > 0)
    return ClassFigures(
        accuracy=float(hits.sum() / counts.sum()),
        uar=float((hits[there] / truths[there]).mean()),
        macro_f1=float(f1.mean()),
    )


def one_vs_rest_eer(scores: ArrayLike, truth: ArrayLike, classes: Sequence[str]) -> ClassEer:
    """Equal error rate of each class against all others, and the worst class by name.

    Args:
        scores: `(trials, classes)`; higher = more of that class.
        truth: `(trials,)` labels.
        classes: the label set, in the order of the columns.

    Returns:
        Rates of the classes that occur in the truth.

    Raises:
        BadInput: when shapes do not match, scores are NaN, or fewer than two classes occur.

    Example:
        >>> one_vs_rest_eer([[2, 1], [0, 1]], ["a", "b"], ["a", "b"]).mean
        0.25
    """
    table, codes = np.asarray(scores, dtype=np.float64), _codes(truth, classes, "truth")
    if table.shape != (len(codes), len(classes)):
        raise BadInput(f"must be (trials, classes) = ({len(codes)}, {len(classes)}), got {table.shape}")
    there = [at for at in range(len(classes)) if (codes == at).any()]
    if len(there) < 2:
        raise BadInput("needs trials of at least two classes", where="truth")
    rates = {classes[at]: eer(table[codes == at, at], table[codes != at, at]) for at in there}
    return ClassEer(
        mean=float(np.mean(list(rates.values()))), worst=max(rates, key=lambda n: rates[n]), rates=rates
    )


def _codes(labels: ArrayLike, classes: Sequence[str], where: str) -> NDArray[np.int64]:
    names = np.asarray(labels).astype(str)
    if names.ndim != 1 or not len(names):
        raise BadInput("are empty or not one label a trial", where=where)
    if len(set(classes)) != len(classes):
        raise BadInput("names a class twice", where="classes")
    number = {str(name): at for at, name in enumerate(classes)}
    distinct, inverse = np.unique(names, return_inverse=True)
    strange = [name for name in distinct.tolist() if name not in number]
    if strange:
        raise BadInput(f"label {strange[0]!r} is not in the label set {', '.join(classes)}", where=where)
    return np.array([number[name] for name in distinct.tolist()], dtype=np.int64)[inverse]
