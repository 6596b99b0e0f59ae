"""AM-Softmax: cross-entropy of cosines, in which the true class must win by a margin."""

from __future__ import annotations

import torch
from torch import nn


def am_softmax(
    cosine: torch.Tensor, target: torch.Tensor, *, scale: float = 20.0, margin: float = 0.9
) -> torch.Tensor:
    """Mean cross-entropy of scaled cosines, that of the true class lowered by a margin.

    Args:
        cosine: (batch, classes), -1 to 1.
        target: (batch,) class numbers; rows below 0 are left out.
        scale: of the cosines.
        margin: taken off the cosine of the true class.

    Returns:
        A scalar; 0 (with gradients of 0) where no row counts, not the mean of nothing.

    Reference: Wang et al., "Additive margin softmax for face verification", 2018, equation 6; scale 20 and
    margin 0.9 as for spoofing by Zhang, Jiang and Duan, IEEE SPL 2021.

    Example:
        >>> cosine = torch.tensor([[0.7, 0.2]])
        >>> round(float(am_softmax(cosine, torch.tensor([0]), scale=20.0, margin=0.4)), 6)
        0.126928
        >>> float(am_softmax(cosine, torch.tensor([-1])))
        0.0
    """
    counts = target >= 0
    if not bool(counts.any()):
        return cosine.sum() * 0.0
    cosine, target = cosine[counts], target[counts].long()
    true = nn.functional.one_hot(target, cosine.shape[1]).to(cosine.dtype)
    return nn.functional.cross_entropy(scale * (cosine - margin * true), target)
