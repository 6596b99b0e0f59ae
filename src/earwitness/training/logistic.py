"""Weighted logistic calibration: from raw scores to natural-log likelihood ratios."""

from __future__ import annotations

import msgspec
import numpy as np
from scipy.optimize import minimize

from earwitness.errors import BadInput

_RIDGE = 1e-5  # keeps the scale finite when the classes do not overlap; below the fourth digit otherwise


class Affine(msgspec.Struct, frozen=True, kw_only=True):
    """Log likelihood ratio = scale x score + offset.

    Args:
        scale: above 0.
        offset: natural-log likelihood ratio at score 0.
    """

    scale: float
    offset: float

    def __call__(self, score: np.ndarray) -> np.ndarray:
        """Calibrate scores of any shape."""
        return self.scale * score + self.offset


def fit_affine(score: np.ndarray, bona_fide: np.ndarray, weight: np.ndarray) -> Affine:
    """Fit the map that minimises the weighted Cllr; both classes count half, whatever their weights sum to.

    Weights let every engine family count the same, however many clips it has. The fit without weights
    is `metrics.calibration`.

    Args:
        score: (n,) raw, higher = more bona fide.
        bona_fide: (n,) True = real speech.
        weight: (n,) above 0.

    Raises:
        BadInput: when a class is missing, or scores rank real speech below spoofs.

    Reference: Brummer and de Villiers, "The BOSARIS toolkit" (2011), prior-weighted logistic regression
    at a prior of 0.5.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> score = np.concatenate([rng.normal(1, 1, 2000), rng.normal(-1, 1, 2000)])
        >>> found = fit_affine(score, np.arange(4000) < 2000, np.ones(4000))  # the truth is 2 and 0
        >>> 1.8 < found.scale < 2.2, abs(found.offset) < 0.1
        (True, True)
    """
    if bona_fide.all() or not bona_fide.any():
        raise BadInput("a calibrator needs real speech and spoofs")
    sign = np.where(bona_fide, 1.0, -1.0)
    half = np.where(bona_fide, weight / weight[bona_fide].sum(), weight / weight[~bona_fide].sum()) / 2
    centre, spread = float(np.average(score, weights=half)), float(np.std(score)) or 1.0
    unit = (score - centre) / spread

    def cost(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (parameters[0] * unit + parameters[1])
        slope = -sign * half / (1 + np.exp(np.clip(margin, -500, 500)))
        value = float((half * np.logaddexp(0, -margin)).sum()) + _RIDGE * parameters[0] ** 2
        return value, np.array([slope @ unit + 2 * _RIDGE * parameters[0], slope.sum()])

    found = minimize(cost, np.array([1.0, 0.0]), jac=True, method="BFGS")
    scale = float(found.x[0]) / spread
    if scale <= 0:
        raise BadInput("the scores rank real speech below spoofs; there is nothing to calibrate")
    return Affine(scale=scale, offset=float(found.x[1]) - scale * centre)
