"""Weighted ridge regression onto class indicators, in closed form."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn


def ridge_weights(
    vectors: np.ndarray, target: np.ndarray, weight: np.ndarray, ridge: float
) -> tuple[np.ndarray, np.ndarray]:
    """Linear map that fits indicators in the least-squares sense, its weights held small.

    With a large ridge it tends to the classes' means alone, with a small one to a linear discriminant:
    how much of the covariance it trusts is the one thing to choose.

    Args:
        vectors: (n, dimension), standardised.
        target: (n, outputs) indicators or numbers.
        weight: (n,) above 0, mean about 1.
        ridge: above 0; in units of one row's mean squared value.

    Returns:
        Weights (outputs, dimension) and offset (outputs,), float64.

    Reference: Hastie, Tibshirani and Friedman, "The elements of statistical learning", 2nd ed., 3.4.1.

    Example:
        >>> x = np.array([[-1.0], [1.0]])
        >>> weights, offset = ridge_weights(x, np.array([[0.0], [1.0]]), np.ones(2), 1e-9)
        >>> (x @ weights.T + offset).round(3).ravel().tolist()
        [0.0, 1.0]
    """
    rows, dimension = vectors.shape
    mean = (weight[:, None] * target).sum(0) / weight.sum()
    centre = (weight[:, None] * vectors).sum(0) / weight.sum()
    root = np.sqrt(weight)[:, None].astype(vectors.dtype)
    scaled = (vectors - centre) * root
    right = (target - mean) * root
    if rows < dimension:  # the same solution by the rows' inner products: a smaller system
        gram = (scaled @ scaled.T).astype(np.float64) / dimension
        gram[np.diag_indices(rows)] += ridge
        solved = (scaled.T @ np.linalg.solve(gram, right)).T / dimension
    else:
        gram = (scaled.T @ scaled).astype(np.float64) / dimension
        gram[np.diag_indices(dimension)] += ridge
        solved = np.linalg.solve(gram, (scaled.T @ right) / dimension).T
    return solved, mean - solved @ centre


class SoftMinimum(nn.Module):
    """Smooth minimum of several scores: high only where all are high.

    Args:
        sharpness: at infinity the minimum, near 0 the mean.

    Example:
        >>> both = SoftMinimum(3.0)(torch.tensor([[1.0, 1.0], [1.0, -9.0]]))
        >>> [round(value, 2) for value in both.tolist()]
        [1.0, -8.77]
    """

    def __init__(self, sharpness: float) -> None:
        super().__init__()
        self.sharpness = sharpness

    def forward(self, scores: torch.Tensor) -> torch.Tensor:
        """Join (batch, scores) to (batch,)."""
        joined = torch.logsumexp(-self.sharpness * scores, dim=-1) - float(np.log(scores.shape[-1]))
        return -joined / self.sharpness
