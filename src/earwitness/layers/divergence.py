"""How far two distributions lie apart: losses that pull the representations of two encoders together."""

from __future__ import annotations

import torch

from earwitness.errors import BadInput


def renyi(p: torch.Tensor, q: torch.Tensor, *, beta: float = 2.0, delta: float = 0.2) -> torch.Tensor:
    """Renyi divergence of order beta, both distributions raised by delta.

    Not symmetric. With delta above 0 the terms no longer sum to one, and equal distributions do not give
    0: at beta = 2 they give log(1 + delta d) at width d, whatever they are (`renyi_floor`). Values are
    comparable at equal width only.

    Args:
        p: (..., dimension), summing to 1.
        q: (..., dimension), summing to 1.
        beta: above 0; at 1 the Kullback-Leibler divergence, its limit.
        delta: 0 or above.

    Returns:
        (...) in nats.

    Raises:
        BadInput: when beta or delta are out of range.

    Reference: Renyi 1961; settings of RENO (beta 2, delta 0.2), of whose family FINDER is.

    Example:
        >>> p = torch.tensor([0.5, 0.5])
        >>> round(float(renyi(p, p)), 6) == round(float(torch.log(torch.tensor(1.4))), 6)
        True
    """
    if not beta > 0 or delta < 0:
        raise BadInput("needs beta above 0 and delta at 0 or above", where="renyi")
    p, q = p + delta, q + delta
    if abs(beta - 1) < 1e-6:
        return _sum(p * (_log(p) - _log(q)))
    # through logarithms, so that a small q and a large beta do not overflow
    return torch.logsumexp(beta * _log(p) + (1 - beta) * _log(q), -1) / (beta - 1)


def renyi_floor(dimension: int, *, beta: float = 2.0, delta: float = 0.2) -> float:
    """What `renyi` gives for equal distributions of some width.

    Args:
        dimension: width.
        beta: of `renyi`.
        delta: of `renyi`.

    Example:
        >>> round(renyi_floor(256), 2)
        3.96
    """
    return 0.0 if abs(beta - 1) < 1e-6 else float(torch.log1p(torch.tensor(delta * dimension)) / (beta - 1))


def chernoff(p: torch.Tensor, q: torch.Tensor, *, skew: float = 0.3) -> torch.Tensor:
    """Chernoff distance: minus the logarithm of the skewed affinity.

    Args:
        p: (..., dimension), summing to 1.
        q: (..., dimension), summing to 1.
        skew: of p, 0 to 1; at 0.5 the Bhattacharyya distance.

    Returns:
        (...) in nats, 0 for equal distributions.

    Reference: Chernoff 1952; setting of COFFE (0.3).

    Example:
        >>> p = torch.tensor([0.25, 0.75])
        >>> abs(float(chernoff(p, p))) < 1e-6
        True
    """
    if not 0 < skew < 1:
        raise BadInput("needs a skew between 0 and 1", where="chernoff")
    return -torch.logsumexp(skew * _log(p) + (1 - skew) * _log(q), -1)


def bhattacharyya(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """Bhattacharyya distance, (...) in nats; 0 for equal distributions, symmetric.

    Args:
        p: (..., dimension), summing to 1.
        q: (..., dimension), summing to 1.

    Reference: Bhattacharyya 1943; used by SATYAM.
    """
    return chernoff(p, q, skew=0.5)


def jensen_shannon(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """Jensen-Shannon divergence, (...) in nats, 0 to log 2; symmetric.

    Args:
        p: (..., dimension), summing to 1.
        q: (..., dimension), summing to 1.

    Reference: Lin 1991; used by GARUDA at a softmax temperature of 0.5.

    Example:
        >>> one, other = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
        >>> round(float(jensen_shannon(one, other)), 4)
        0.6931
    """
    middle = _log((p + q) / 2)
    return (_sum(p * (_log(p) - middle)) + _sum(q * (_log(q) - middle))) / 2


def canonical_correlation(x: torch.Tensor, y: torch.Tensor, *, ridge: float = 1e-3) -> torch.Tensor:
    """Sum of the canonical correlations of two batches, to be made large.

    As published the trace of Sxx^-1/2 Sxy Syy^-1/2, which is that sum only where the two bases agree;
    the sum of its singular values, which does not depend on the bases, is what is taken here.

    Args:
        x: (batch, dimension), at least two rows.
        y: (batch, other dimension).
        ridge: added to the variances, above 0.

    Returns:
        A scalar, 0 to the smaller dimension.

    Raises:
        BadInput: when there are fewer than two rows.

    Reference: Andrew et al., Deep canonical correlation analysis, ICML 2013; used by TRIO.

    Example:
        >>> x = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
        >>> round(float(canonical_correlation(x, x @ torch.tensor([[1.0, 2.0], [0.0, 1.0]]))), 1)
        2.0
    """
    if len(x) < 2:
        raise BadInput("needs at least two rows", where="canonical correlation")
    x, y = x - x.mean(0), y - y.mean(0)
    rows = len(x) - 1
    left = torch.linalg.cholesky(x.T @ x / rows + ridge * torch.eye(x.shape[1], dtype=x.dtype))
    right = torch.linalg.cholesky(y.T @ y / rows + ridge * torch.eye(y.shape[1], dtype=y.dtype))
    across = torch.linalg.solve_triangular(left, x.T @ y / rows, upper=False)
    across = torch.linalg.solve_triangular(right, across.T, upper=False)
    return torch.linalg.svdvals(across).sum()


def _sum(terms: torch.Tensor) -> torch.Tensor:
    return terms.sum(-1)


def _log(p: torch.Tensor) -> torch.Tensor:
    return p.clamp(min=torch.finfo(p.dtype).tiny).log()
