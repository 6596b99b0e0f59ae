"""Targets that are numbers, in networks that learn several at once: their scale, loss and learned weight."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from earwitness.errors import BadInput


def keep_scale(module: nn.Module, at: int, numbers: np.ndarray, column: str) -> None:
    """Keep mean and deviation of a target's known numbers in a network's buffers `middle` and `spread`.

    Args:
        module: with both buffers, (targets,).
        at: number of the target.
        numbers: (rows,) of the training rows, NaN where unknown.
        column: of the target, for refusals.

    Raises:
        BadInput: when no number is known.
    """
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        raise BadInput("is not known of any training row", where=column)
    module.get_buffer("middle")[at] = float(known.mean())
    module.get_buffer("spread")[at] = float(known.std()) or 1.0


def weighed(loss: torch.Tensor, log_variance: torch.Tensor | None) -> torch.Tensor:
    """A loss by the variance that is learnt with the rest; as it is where none is.

    Args:
        loss: of one target.
        log_variance: of the same.

    Reference: Kendall, Gal, Cipolla (2018), multi-task learning using uncertainty, equation 7.

    Example:
        >>> float(weighed(torch.tensor(3.0), torch.tensor(0.0))), float(weighed(torch.tensor(3.0), None))
        (3.0, 3.0)
    """
    return loss if log_variance is None else (-log_variance).exp() * loss + log_variance / 2


def number_loss(found: torch.Tensor, truth: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    """Smooth L1 in units of the spread, over the rows whose number is known; 0 where none is.

    Args:
        found: (batch,) in the target's unit.
        truth: (batch,) in the target's unit, NaN where unknown.
        spread: of the training rows, in the target's unit.

    Example:
        >>> float(number_loss(torch.tensor([30.0, 9.0]), torch.tensor([20.0, torch.nan]), torch.tensor(10.0)))
        0.5
    """
    known = torch.isfinite(truth)
    if not known.any():
        return found.sum() * 0
    return nn.functional.smooth_l1_loss(found[known] / spread, truth[known] / spread)
