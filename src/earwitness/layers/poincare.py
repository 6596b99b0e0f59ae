"""The Poincare ball: hyperbolic space of curvature -c, as points of norm below 1 / sqrt(c).

Everything is a pure function of points and curvature; the limit of curvature 0 is flat space.
"""

from __future__ import annotations

import torch
from torch import nn

Curvature = torch.Tensor | float


def exp0(v: torch.Tensor, c: Curvature) -> torch.Tensor:
    """From the tangent space at the origin onto the ball.

    Args:
        v: (..., dimension) tangent vectors; keep their norm at 1 or below (`clip_norm`), or points
            press against the edge of the ball and gradients vanish.
        c: curvature, 0 or above; a number, or a tensor that broadcasts with (..., 1).

    Returns:
        (..., dimension) points of norm below 1 / sqrt(c).

    Reference: Ganea, Becigneul and Hofmann, Hyperbolic neural networks, NeurIPS 2018, lemma 2.

    Example:
        >>> [round(value, 4) for value in exp0(torch.tensor([0.5, 0.0]), 1.0).tolist()]
        [0.4621, 0.0]
    """
    length = _root(c, v) * _norm(v)
    small = length < 1e-3
    safe = torch.where(small, torch.ones_like(length), length)
    return v * torch.where(small, 1 - length**2 / 3, torch.tanh(safe) / safe)


def log0(y: torch.Tensor, c: Curvature) -> torch.Tensor:
    """From the ball to the tangent space at the origin; the inverse of `exp0`.

    Args:
        y: (..., dimension) points of norm below 1 / sqrt(c).
        c: curvature, 0 or above.

    Returns:
        (..., dimension) tangent vectors.

    Reference: Ganea et al. 2018, lemma 2.

    Example:
        >>> v = torch.tensor([0.3, -0.4])
        >>> bool(torch.allclose(log0(exp0(v, 2.0), 2.0), v))
        True
    """
    length = _root(c, y) * _norm(y)
    small = length < 1e-3
    safe = torch.where(small, torch.full_like(length, 0.5), length)
    return y * torch.where(small, 1 + length**2 / 3, _artanh(safe) / safe)


def add(x: torch.Tensor, y: torch.Tensor, c: Curvature) -> torch.Tensor:
    """Moebius addition: the hyperbolic counterpart of x + y; it does not commute.

    Args:
        x: (..., dimension) points.
        y: (..., dimension) points.
        c: curvature, 0 or above.

    Returns:
        (..., dimension) points.

    Reference: Ganea et al. 2018, equation 2.

    Example:
        >>> x = torch.tensor([0.1, 0.2])
        >>> bool(torch.allclose(add(-x, x, 1.0), torch.zeros(2)))
        True
    """
    dot = (x * y).sum(-1, keepdim=True)
    xx, yy = (x * x).sum(-1, keepdim=True), (y * y).sum(-1, keepdim=True)
    above = (1 + 2 * c * dot + c * yy) * x + (1 - c * xx) * y
    below = 1 + 2 * c * dot + c**2 * xx * yy
    return above / below.clamp(min=torch.finfo(x.dtype).tiny)


def distance(x: torch.Tensor, y: torch.Tensor, c: Curvature) -> torch.Tensor:
    """Length of the shortest way between points, in the ball.

    Args:
        x: (..., dimension) points.
        y: (..., dimension) points.
        c: curvature, 0 or above.

    Returns:
        (...), 0 or above; 2 |x - y| at curvature 0.

    Reference: Ganea et al. 2018, equation 3.

    Example:
        >>> round(float(distance(torch.zeros(2), torch.tensor([0.5, 0.0]), 1.0)), 4)
        1.0986
    """
    gap = _norm(add(-x, y, c))
    length = _root(c, gap) * gap
    small = length < 1e-3
    safe = torch.where(small, torch.full_like(length, 0.5), length)
    return (2 * gap * torch.where(small, 1 + length**2 / 3, _artanh(safe) / safe)).squeeze(-1)


def tangent_distances(v: torch.Tensor, w: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    """`distance` of exp0(v) and exp0(w), each v to each w, on several balls at once, in few operations.

    Args:
        v: (many, balls, dimension) tangent vectors at the origin.
        w: (few, balls, dimension) tangent vectors at the origin.
        c: (balls, 1), curvature of each, above 0.

    Returns:
        (many, few, balls), 0 or above.

    Reference: sinh(sqrt(c) d / 2) = sqrt(c) |x - y| / sqrt((1 - c |x|^2) (1 - c |y|^2)), the half angle of
        the usual cosh formula; 1 / sqrt(1 - c |exp0(v)|^2) is cosh(sqrt(c) |v|).

    Example:
        >>> v, w, c = torch.tensor([[[0.1, 0.2]]]), torch.tensor([[[-0.3, 0.4]]]), torch.tensor([[2.0]])
        >>> found = tangent_distances(v, w, c)
        >>> bool(torch.isclose(found, distance(exp0(v, c), exp0(w, c), 2.0)))
        True
    """
    root, both, many = c.sqrt(), torch.cat([v, w]), len(v)
    length = torch.linalg.vector_norm(both, dim=-1, keepdim=True).clamp(min=1e-6)
    reach = root * length
    x, y = (both * (reach.tanh() / length)).split([many, len(w)])  # sqrt(c) exp0(v)
    of_x, of_y = reach.cosh().squeeze(-1).split([many, len(w)])
    gap = torch.linalg.vector_norm(x[:, None] - y, dim=-1)
    return (gap * of_x[:, None] * of_y).asinh() * (2 / root.squeeze(-1))


def clip_norm(v: torch.Tensor, limit: float = 1.0) -> torch.Tensor:
    """Vectors whose norm is above a limit, shortened to it.

    Args:
        v: (..., dimension).
        limit: above 0; 1 before `exp0`, as the group's code does.
    """
    return v * (limit / torch.linalg.vector_norm(v, dim=-1, keepdim=True).clamp(min=limit))


def inside(y: torch.Tensor, c: Curvature, margin: float = 1e-3) -> torch.Tensor:
    """Points moved inside the ball where rounding put them on its edge or beyond.

    Args:
        y: (..., dimension).
        c: curvature, above 0.
        margin: share of the radius that is kept free.
    """
    return y * ((1 - margin) / (_root(c, y) * _norm(y))).clamp(max=1.0)


class LearnedCurvature(nn.Module):
    """A curvature that is learned and stays above 0: softplus of a free number.

    Args:
        initial: curvature at the beginning, above 0.

    Example:
        >>> round(LearnedCurvature(2.0)().item(), 4)
        2.0
    """

    def __init__(self, initial: float = 1.0) -> None:
        super().__init__()
        self.free = nn.Parameter(torch.tensor(initial).expm1().log())

    def forward(self) -> torch.Tensor:
        """The curvature, a scalar."""
        return nn.functional.softplus(self.free)


def _root(c: Curvature, like: torch.Tensor) -> torch.Tensor:
    return torch.as_tensor(c, dtype=like.dtype, device=like.device).sqrt()


def _norm(v: torch.Tensor) -> torch.Tensor:
    # not the plain norm, whose gradient at 0 is not a number
    return (v * v).sum(-1, keepdim=True).clamp(min=torch.finfo(v.dtype).tiny).sqrt()


def _artanh(value: torch.Tensor) -> torch.Tensor:
    return torch.atanh(value.clamp(max=1 - torch.finfo(value.dtype).eps))
