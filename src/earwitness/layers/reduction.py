"""Fewer numbers of a vector: chosen ones, or projections fitted on training rows."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import nn

from earwitness.errors import BadInput

Reducer = Literal[
    "none", "random", "block", "variance", "anova", "mean-pool", "pca", "svd", "kernel-pca", "gaussian"
]
CHOOSING = ("random", "block", "variance", "anova")
"""Reducers that keep some of the numbers as they are."""
FITTED = ("variance", "anova", "pca", "svd", "kernel-pca", "gaussian")
"""Reducers that look at training rows."""


class Reduce(nn.Module):
    """A vector of fewer numbers.

    What is drawn (`random`, `block`) is drawn when it is made, from torch's generator: one draw a
    training, the same for all clips. Kept indices are sorted, so that neighbours stay in their order.

    Args:
        dimension: of the vectors.
        kept: numbers that are left, 1 to `dimension`.
        reducer: how; `none` leaves all.
        rows: that kernel PCA is fitted on at most.

    Attributes:
        outputs: numbers that are left.

    Raises:
        BadInput: when `kept` is out of range.

    Example:
        >>> torch.manual_seed(0) and None
        >>> tuple(Reduce(8, 4, "random")(torch.zeros(2, 8)).shape)
        (2, 4)
    """

    def __init__(self, dimension: int, kept: int, reducer: Reducer, rows: int = 1000) -> None:
        super().__init__()
        if not 1 <= kept <= dimension:
            raise BadInput(f"keeps 1 to {dimension} numbers, not {kept}", where="reduction")
        self.reducer, self.dimension = reducer, dimension
        self.outputs = dimension if reducer == "none" else kept
        if reducer in CHOOSING:
            order = torch.arange(dimension)
            if reducer == "random":
                order = torch.randperm(dimension)
            elif reducer == "block":
                start = int(torch.randint(dimension - kept + 1, ()))
                order = order[start:]
            self.register_buffer("index", order[:kept].sort().values)
        elif reducer in ("pca", "svd", "gaussian"):
            self.register_buffer("centre", torch.zeros(dimension))
            self.register_buffer("matrix", torch.zeros(dimension, kept))
        elif reducer == "kernel-pca":
            self.register_buffer("support", torch.zeros(rows, dimension))
            self.register_buffer("weight", torch.zeros(rows))
            self.register_buffer("column", torch.zeros(rows))
            self.register_buffer("middle", torch.zeros(()))
            self.register_buffer("matrix", torch.zeros(rows, kept))

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Map (batch, dimension) to (batch, outputs)."""
        if self.reducer == "none":
            return vectors
        if self.reducer in CHOOSING:
            return vectors.index_select(1, self.get_buffer("index"))
        if self.reducer == "mean-pool":
            return nn.functional.adaptive_avg_pool1d(vectors.unsqueeze(1), self.outputs).squeeze(1)
        if self.reducer == "kernel-pca":
            kernel = torch.exp(-(torch.cdist(vectors, self.get_buffer("support")) ** 2) / self.dimension)
            own = kernel @ self.get_buffer("weight")
            centred = kernel - self.get_buffer("column") - own.unsqueeze(1) + self.get_buffer("middle")
            return centred @ self.get_buffer("matrix")
        return (vectors - self.get_buffer("centre")) @ self.get_buffer("matrix")

    @torch.no_grad()
    def fit(self, vectors: np.ndarray, truth: np.ndarray, raw: np.ndarray, seed: int = 0) -> None:
        """Fit on training rows; those that look at none stay as they were drawn.

        Components beyond the rank of the rows are zero.

        Args:
            vectors: (rows, dimension) as the network gets them.
            truth: (rows,) class numbers, for `anova`.
            raw: (rows, dimension) before standardising, for `variance`.
            seed: of the Gaussian projection, and of the rows that kernel PCA takes.
        """
        values = np.asarray(vectors, np.float64)
        if self.reducer in ("variance", "anova"):
            worth = (
                np.asarray(raw, np.float64).var(0) if self.reducer == "variance" else between(values, truth)
            )
            best = np.sort(np.argsort(-worth, kind="stable")[: self.outputs])
            self.get_buffer("index").copy_(torch.from_numpy(best))
        elif self.reducer == "gaussian":
            drawn = np.random.default_rng(seed).standard_normal((self.dimension, self.outputs))
            self.get_buffer("matrix").copy_(torch.from_numpy(drawn / np.sqrt(self.outputs)))
        elif self.reducer in ("pca", "svd"):
            centre = values.mean(0) if self.reducer == "pca" else np.zeros(self.dimension)
            _, _, axes = np.linalg.svd(values - centre, full_matrices=False)
            found = axes[: self.outputs].T
            self.get_buffer("centre").copy_(torch.from_numpy(centre))
            self.get_buffer("matrix").zero_()[:, : found.shape[1]] = torch.from_numpy(found)
        elif self.reducer == "kernel-pca":
            self._fit_kernel(values, seed)

    def _fit_kernel(self, values: np.ndarray, seed: int) -> None:
        """Schoelkopf et al., 1998: axes of the centred kernel of a radial basis, gamma = 1 / dimension."""
        support = self.get_buffer("support")
        if len(values) > len(support):
            chosen = np.random.default_rng(seed).permutation(len(values))[: len(support)]
            values = values[np.sort(chosen)]
        n = len(values)
        squares = (values**2).sum(1)
        apart = np.maximum(squares[:, None] + squares[None] - 2 * values @ values.T, 0)
        kernel = np.exp(-apart / self.dimension)
        column, middle = kernel.mean(0), kernel.mean()
        sizes, axes = np.linalg.eigh(kernel - column - column[:, None] + middle)
        order = np.argsort(-sizes)[: self.outputs]
        order = order[sizes[order] > 1e-10 * max(sizes.max(), 1e-300)]
        self.get_buffer("matrix").zero_()[:n, : len(order)] = torch.from_numpy(
            axes[:, order] / np.sqrt(sizes[order])
        )
        support.zero_()[:n] = torch.from_numpy(values)
        self.get_buffer("weight").zero_()[:n] = 1 / n
        self.get_buffer("column").zero_()[:n] = torch.from_numpy(column)
        self.get_buffer("middle").fill_(float(middle))


def between(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """F of a one-way analysis of variance, for each number of a vector.

    Args:
        values: (rows, dimension).
        truth: (rows,) class numbers; rows below 0 are left out.

    Returns:
        (dimension,) F; 0 where a number never moves.

    Example:
        >>> values = np.array([[0.0, 1.0], [1.0, 0.0], [5.0, 0.0], [6.0, 1.0]])
        >>> between(values, np.array([0, 0, 1, 1])).tolist()
        [50.0, 0.0]
    """
    known = truth >= 0
    values, truth = values[known], truth[known]
    names = np.unique(truth)
    means = np.stack([values[truth == one].mean(0) for one in names])
    sizes = np.array([(truth == one).sum() for one in names], np.float64)
    among = (sizes[:, None] * (means - values.mean(0)) ** 2).sum(0) / max(len(names) - 1, 1)
    place = np.searchsorted(names, truth)
    within = ((values - means[place]) ** 2).sum(0) / max(len(values) - len(names), 1)
    return np.divide(among, within, out=np.zeros_like(among), where=within > 0)
