"""OC-Softmax: bona fide speech close to one direction, everything else away from it."""

from __future__ import annotations

import torch
from torch import nn


def oc_softmax(
    cosine: torch.Tensor,
    target: torch.Tensor,
    *,
    scale: float = 20.0,
    real: float = 0.9,
    fake: float = 0.2,
    weight: torch.Tensor | None = None,
) -> torch.Tensor:
    """Mean one-class loss.

    Args:
        cosine: (batch,) of embedding and centre, -1 to 1; higher = more bona fide.
        target: (batch,) 1 = bona fide, 0 = spoof.
        scale: alpha of the paper.
        real: cosine above which bona fide costs little.
        fake: cosine below which a spoof costs little; 0.2 as published (0.5 in the authors' code).
        weight: (batch,) of each row in the mean; all alike when `None`, as published.

    Returns:
        A scalar.

    Reference: Zhang, Jiang and Duan, IEEE SPL 2021, equation 4 (there class 0 is bona fide).

    Example:
        >>> good = oc_softmax(torch.tensor([1.0, -1.0]), torch.tensor([1, 0]))
        >>> bad = oc_softmax(torch.tensor([-1.0, 1.0]), torch.tensor([1, 0]))
        >>> bool(good < bad)
        True
    """
    margin = torch.where(target == 1, real - cosine, cosine - fake)
    each = nn.functional.softplus(scale * margin)
    return each.mean() if weight is None else (each * weight).sum() / weight.sum()


class OneClassHead(nn.Module):
    """Cosine of an embedding and one learned centre.

    Args:
        dimension: of the embedding.

    Example:
        >>> head = OneClassHead(4)
        >>> bool((head(torch.randn(3, 4)).abs() <= 1.0001).all())
        True
    """

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.centre = nn.Parameter(torch.empty(1, dimension))
        nn.init.kaiming_uniform_(self.centre, a=0.25)

    def forward(self, embedding: torch.Tensor) -> torch.Tensor:
        """Cosine (batch,) of (batch, dimension); higher = more bona fide."""
        unit = nn.functional.normalize(embedding, dim=-1)
        return (unit @ nn.functional.normalize(self.centre, dim=-1).T).squeeze(-1)
