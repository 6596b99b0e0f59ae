"""One-class learning with several centres: bona fide close to its own, spoofs far from all."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

Scoring = Literal["softmax", "mean", "max"]


def many_centre_loss(
    cosine: torch.Tensor,
    target: torch.Tensor,
    own: torch.Tensor | None = None,
    *,
    scale: float = 20.0,
    real: float = 0.9,
    fake: float = 0.2,
    weight: torch.Tensor | None = None,
) -> torch.Tensor:
    """Mean one-class loss; with a single centre it is OC-Softmax.

    Args:
        cosine: (batch, centres) of embedding and each centre, -1 to 1; higher = more bona fide.
        target: (batch,) 1 = bona fide, 0 = spoof.
        own: (batch,) which centre each bona fide row belongs to; where it is below 0, or `None`, that is not
            known and its nearest centre counts. Those of spoofs are not looked at.
        scale: alpha of the paper.
        real: cosine above which bona fide costs little.
        fake: cosine with the nearest centre below which a spoof costs little.
        weight: (batch,) of each row in the mean; all alike when `None`, as published.

    Returns:
        A scalar.

    Reference: QAMO, 2025, its one-class term; SAMO (Ding et al., ICASSP 2023) with speakers for centres.

    Example:
        >>> cosine = torch.tensor([[0.8, 0.95], [0.3, 0.1]])
        >>> round(float(many_centre_loss(cosine, torch.tensor([1, 0]), torch.tensor([0, -1]))), 6)
        2.126928
    """
    nearest = cosine.max(dim=1).values
    if own is None:
        mine = nearest
    else:
        mine = cosine.gather(1, own.long().clamp(min=0)[:, None])[:, 0]
        mine = torch.where(own < 0, nearest, mine)
    margin = torch.where(target == 1, real - mine, nearest - fake)
    each = nn.functional.softplus(scale * margin)
    return each.mean() if weight is None else (each * weight).sum() / weight.sum()


def centre_score(cosine: torch.Tensor, scoring: Scoring = "softmax") -> torch.Tensor:
    """One score from the cosines with all centres.

    Args:
        cosine: (batch, centres).
        scoring: their mean weighted by their own softmax (the paper), their plain `mean` (the authors'
            code), or the `max` (the paper's ablation).

    Returns:
        (batch,), -1 to 1; higher = more bona fide.

    Example:
        >>> cosine = torch.tensor([[0.0, 1.0]])
        >>> [round(float(centre_score(cosine, rule)), 4) for rule in ("softmax", "mean", "max")]
        [0.7311, 0.5, 1.0]
    """
    if scoring == "mean":
        return cosine.mean(1)
    if scoring == "max":
        return cosine.max(dim=1).values
    return (cosine.softmax(dim=1) * cosine).sum(1)


class Centres(nn.Module):
    """Cosines of an embedding and learned centres.

    Args:
        dimension: of the embedding.
        centres: how many.

    Example:
        >>> tuple(Centres(4, 3)(torch.randn(5, 4)).shape)
        (5, 3)
    """

    def __init__(self, dimension: int, centres: int) -> None:
        super().__init__()
        self.directions = nn.Parameter(torch.randn(centres, dimension))

    def forward(self, embedding: torch.Tensor) -> torch.Tensor:
        """Cosines (batch, centres) of (batch, dimension)."""
        unit = nn.functional.normalize(embedding, dim=-1)
        return unit @ nn.functional.normalize(self.directions, dim=-1).T
