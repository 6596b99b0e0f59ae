"""Focal loss: what is easy counts little."""

from __future__ import annotations

import torch
from torch import nn


def focal_loss(
    logits: torch.Tensor,
    target: torch.Tensor,
    *,
    gamma: float = 2.0,
    alpha: float = 0.25,
    smoothing: float = 0.05,
    by_class: bool = False,
) -> torch.Tensor:
    """Mean binary focal loss with smoothed labels.

    Args:
        logits: (batch,); higher = more bona fide.
        target: (batch,) 1 = bona fide, 0 = spoof.
        gamma: focusing exponent; with 0 it is the cross-entropy times alpha.
        alpha: factor of all terms, as in the code of the CtrSVDD baseline.
        smoothing: labels are `smoothing` and `1 - smoothing`.
        by_class: bona fide has the factor alpha and spoofs 1 - alpha, as in the paper of the loss.

    Returns:
        A scalar.

    Reference: Lin et al., ICCV 2017, equation 5; with the smoothed labels of the CtrSVDD baseline.

    Example:
        >>> sure, unsure = torch.tensor([4.0]), torch.tensor([0.0])
        >>> bool(focal_loss(sure, torch.tensor([1])) < focal_loss(unsure, torch.tensor([1])))
        True
    """
    label = target.to(logits.dtype) * (1 - 2 * smoothing) + smoothing
    each = nn.functional.binary_cross_entropy_with_logits(logits, label, reduction="none")
    weight = alpha * label + (1 - alpha) * (1 - label) if by_class else alpha
    return (weight * (1 - torch.exp(-each)) ** gamma * each).mean()
