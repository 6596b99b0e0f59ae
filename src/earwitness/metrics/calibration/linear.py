"""Calibration by a straight line: one score, a score with side information, or several systems."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.errors import BadInput
from earwitness.metrics.calibration import logistic_regression
from earwitness.metrics.calibration.fitted import SAME_DATA, Calibrated, FittedOn, columns, fitted_on
from earwitness.metrics.staircase import checked


class Logistic(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="logistic"):
    """`llr = scale * score + offset`.

    Args:
        scale: factor of the score; negative when the polarity was turned round.
        offset: added, in nats.
        p_target: prior at which it was fitted.
        fitted_on: the training data.
        notes: what the fit had to do.
    """

    scale: float
    offset: float
    p_target: float
    fitted_on: FittedOn
    notes: tuple[str, ...] = ()

    def apply(self, scores: ArrayLike) -> Calibrated:
        """Natural-log likelihood ratios of scores `(trials,)`; infinities stay infinite."""
        raw = checked(scores, "scores").astype(np.float64)
        notes = (*self.notes, SAME_DATA) if self.fitted_on.same(raw[:, None]) else self.notes
        with np.errstate(invalid="ignore"):
            llrs = self.scale * raw + self.offset
        return Calibrated(np.where(np.isnan(llrs), self.offset, llrs), notes)  # 0 * infinity: no slope


class Fusion(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="fusion"):
    """`llr = weights . scores + offset`: several systems, or a score beside its side information.

    Args:
        columns: names of the systems or of the score and its side information, in order.
        weights: one factor a column.
        offset: added, in nats.
        p_target: prior at which it was fitted.
        fitted_on: the training data.
        notes: what the fit had to do.
    """

    columns: tuple[str, ...]
    weights: tuple[float, ...]
    offset: float
    p_target: float
    fitted_on: FittedOn
    notes: tuple[str, ...] = ()

    def apply(self, scores: ArrayLike) -> Calibrated:
        """Natural-log likelihood ratios of rows `(trials, columns)`.

        Raises:
            BadInput: when the number of columns is not that of the fit, or values are not finite.
        """
        rows = np.asarray(scores, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(self.weights):
            raise BadInput(f"must have the columns {', '.join(self.columns)}; got shape {rows.shape}")
        if not np.isfinite(rows).all():
            raise BadInput("hold NaN or infinite values", where="scores")
        notes = (*self.notes, SAME_DATA) if self.fitted_on.same(rows) else self.notes
        return Calibrated(rows @ np.asarray(self.weights) + self.offset, notes)


def logistic(target: ArrayLike, nontarget: ArrayLike, *, p_target: float = 0.5, name: str = "") -> Logistic:
    """Fit `llr = scale * score + offset` by prior-weighted logistic regression.

    Args:
        target: `(targets,)` scores; higher = more target.
        nontarget: `(nontargets,)` scores.
        p_target: prior at which the cross entropy is minimised.
        name: what the training data are called.

    Returns:
        The calibrator; it says on what it was fitted.

    Raises:
        BadInput: when a class is empty, holds NaN or infinities, or the prior is out of range.

    Reference:
        N. Brümmer et al., "Fusion of heterogeneous speaker recognition systems", 2007.

    Example:
        >>> fitted = logistic([1, 3], [-1, 2], name="two speakers")
        >>> fitted.apply([1.0]).llrs.round(2)
        array([-0.27])
        >>> fitted.apply([1, 3]).notes
        ('applied to the data it was fitted on: these figures flatter',)
    """
    left, right = _class(target, "target scores"), _class(nontarget, "nontarget scores")
    slopes, offset, notes = logistic_regression.fit(left, right, p_target)
    return Logistic(
        scale=float(slopes[0]),
        offset=offset,
        p_target=p_target,
        fitted_on=fitted_on(name, left, right),
        notes=notes,
    )


def fusion(
    target: ArrayLike,
    nontarget: ArrayLike,
    *,
    systems: tuple[str, ...] = (),
    p_target: float = 0.5,
    name: str = "",
) -> Fusion:
    """Fuse several systems linearly into one natural-log likelihood ratio.

    Args:
        target: `(targets, systems)` scores of the target trials.
        nontarget: `(nontargets, systems)` scores of the nontarget trials.
        systems: their names; numbered when empty.
        p_target: prior at which the cross entropy is minimised.
        name: what the training data are called.

    Returns:
        The fusion; it says on what it was fitted.

    Raises:
        BadInput: when a class is empty, holds NaN or infinities, or names and columns do not match.

    Reference:
        N. Brümmer et al., "Fusion of heterogeneous speaker recognition systems", 2007.

    Example:
        >>> fused = fusion([[1, 0], [3, 1]], [[-1, 1], [2, 0]], systems=("sound", "word"))
        >>> fused.apply([[1, 0]]).llrs.shape
        (1,)
    """
    left, right = columns(np.asarray(target), np.asarray(nontarget))
    slopes, offset, notes = logistic_regression.fit(left, right, p_target)
    names = systems or tuple(f"system {at + 1}" for at in range(left.shape[1]))
    if len(names) != left.shape[1]:
        raise BadInput(f"{len(names)} names for {left.shape[1]} columns", where="systems")
    return Fusion(
        columns=names,
        weights=tuple(slopes.tolist()),
        offset=offset,
        p_target=p_target,
        fitted_on=fitted_on(name, left, right),
        notes=notes,
    )


def quality_conditioned(
    target: ArrayLike,
    nontarget: ArrayLike,
    target_quality: ArrayLike,
    nontarget_quality: ArrayLike,
    *,
    measures: tuple[str, ...] = (),
    p_target: float = 0.5,
    name: str = "",
) -> Fusion:
    """Calibrate a score together with side information such as duration or signal-to-noise ratio.

    Args:
        target: `(targets,)` scores.
        nontarget: `(nontargets,)` scores.
        target_quality: `(targets, measures)` or `(targets,)` side information.
        nontarget_quality: `(nontargets, measures)` or `(nontargets,)`.
        measures: names of the side information; numbered when empty.
        p_target: prior at which the cross entropy is minimised.
        name: what the training data are called.

    Returns:
        A fusion whose first column is the score and the others the side information.

    Raises:
        BadInput: when rows do not match, or a class is empty or holds NaN or infinities.

    Reference:
        M. Mandasari et al., "Quality measure functions for calibration of speaker recognition
        systems in various duration conditions", 2013.

    Example:
        >>> fitted = quality_conditioned([1, 3], [-1, 2], [5, 1], [2, 4], measures=("seconds",))
        >>> fitted.columns
        ('score', 'seconds')
    """
    tables = []
    for side, scores, quality in (
        ("target", target, target_quality),
        ("nontarget", nontarget, nontarget_quality),
    ):
        score, extra = _class(scores, f"{side} scores"), np.asarray(quality, dtype=np.float64)
        extra = extra[:, None] if extra.ndim == 1 else extra
        if len(extra) != len(score):
            raise BadInput(f"{len(extra)} rows of side information for {len(score)} scores", where=side)
        tables.append(np.column_stack([score, extra]))
    names = measures or tuple(f"quality {at + 1}" for at in range(tables[0].shape[1] - 1))
    return fusion(tables[0], tables[1], systems=("score", *names), p_target=p_target, name=name)


def _class(scores: ArrayLike, name: str) -> NDArray[np.float64]:
    return checked(scores, name).astype(np.float64)[:, None]
