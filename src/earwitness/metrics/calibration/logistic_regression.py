"""Prior-weighted logistic regression, the engine of linear calibration and fusion."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from earwitness.errors import BadInput
from earwitness.metrics.llr_cost import log1pexp

SEPARATED = "the classes are separated: labels were softened so that the scale stays finite"


def fit(
    target: NDArray[np.float64], nontarget: NDArray[np.float64], p_target: float
) -> tuple[NDArray[np.float64], float, tuple[str, ...]]:
    """Weights and offset whose linear score is a natural-log likelihood ratio.

    Minimises the prior-weighted cross entropy by damped Newton steps. Separated classes have no
    finite minimum; then, and only then, labels are softened as in Platt (1999).

    Args:
        target: `(targets, columns)` finite.
        nontarget: `(nontargets, columns)` finite.
        p_target: prior at which the cross entropy is minimised, in (0, 1).

    Returns:
        Weights `(columns,)`, offset, and notes.

    Raises:
        BadInput: on empty, non-finite or mismatching input or a prior out of range.

    Reference:
        N. Brümmer et al., "Fusion of heterogeneous speaker recognition systems in the STBU
        submission for the NIST SRE 2006", 2007, eq. 12.

    Example:
        >>> weights, offset, _ = fit(np.array([[1.0], [3]]), np.array([[-1.0], [2]]), 0.5)
        >>> round(weights[0], 3), round(offset, 3)
        (np.float64(0.842), -1.114)
    """
    check(target, nontarget, p_target)
    rows = np.concatenate([target, nontarget])
    # Standardised columns make the Hessian well conditioned whatever the scale of the scores.
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread == 0] = 1.0
    design = np.column_stack([(rows - centre) / spread, np.ones(len(rows))])
    weight = np.repeat(
        [p_target / len(target), (1 - p_target) / len(nontarget)], [len(target), len(nontarget)]
    )
    label = np.repeat([1.0, 0.0], [len(target), len(nontarget)])
    prior = math.log(p_target / (1 - p_target))
    found = _newton(design, label, weight, prior)
    notes: tuple[str, ...] = ()
    margin = design @ found
    if margin[label == 1].min() > margin[label == 0].max() or not np.isfinite(found).all():
        softened = np.where(label == 1, (len(target) + 1) / (len(target) + 2), 1 / (len(nontarget) + 2))
        found, notes = _newton(design, softened, weight, prior), (SEPARATED,)
    slopes = found[:-1] / spread
    return slopes, float(found[-1] - slopes @ centre), notes


def check(target: NDArray[np.float64], nontarget: NDArray[np.float64], p_target: float) -> None:
    """Refuse what a calibrator cannot be fitted on.

    Raises:
        BadInput: on empty, non-finite or mismatching input or a prior out of range.
    """
    for name, table in (("target scores", target), ("nontarget scores", nontarget)):
        if table.ndim != 2 or not len(table):
            raise BadInput("are empty; calibration needs trials of both classes", where=name)
        if not np.isfinite(table).all():
            raise BadInput("hold NaN or infinite values; calibration needs finite ones", where=name)
    if target.shape[1] != nontarget.shape[1]:
        raise BadInput(f"have {target.shape[1]} and {nontarget.shape[1]} columns", where="both classes")
    if not 0 < p_target < 1:
        raise BadInput(f"must lie between 0 and 1, got {p_target}", where="p_target")


def _newton(
    design: NDArray[np.float64], label: NDArray[np.float64], weight: NDArray[np.float64], prior: float
) -> NDArray[np.float64]:
    found = np.zeros(design.shape[1])
    best = _objective(design @ found + prior, label, weight)
    for _ in range(60):
        margin = design @ found + prior
        with np.errstate(over="ignore"):
            posterior = 1 / (1 + np.exp(-margin))
        gradient = design.T @ (weight * (posterior - label))
        curvature = (design * (weight * posterior * (1 - posterior))[:, None]).T @ design
        # The tiny ridge only matters for a column that says nothing, or where all is certain.
        curvature[np.diag_indices_from(curvature)] += 1e-12
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while (new := _objective(design @ (found - size * step) + prior, label, weight)) > best + 1e-15:
            size /= 2
            if size < 1e-8:
                return found
        found, gain, best = found - size * step, best - new, new
        if gain < 1e-15 and np.abs(gradient).max() < 1e-10:
            break
        if best < 1e-9:  # separated: running off to infinity
            break
    return found


def _objective(margin: NDArray[np.float64], label: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(weight @ (label * log1pexp(-margin) + (1 - label) * log1pexp(margin)))
