"""Pooling of frames over time, under a mask."""

from __future__ import annotations

import torch
from torch import nn

_TINY = 1e-5


def masked_mean_and_deviation(frames: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation over the frames that the mask keeps.

    Args:
        frames: (batch, ..., time, dimension).
        mask: (batch, time), 1 = keep; a row without a kept frame gives zeros.

    Returns:
        Mean and standard deviation (population), both (batch, ..., dimension).

    Example:
        >>> frames = torch.tensor([[[1.0], [3.0], [99.0]]])
        >>> mean, deviation = masked_mean_and_deviation(frames, torch.tensor([[1.0, 1.0, 0.0]]))
        >>> round(float(mean), 3), round(float(deviation), 3)
        (2.0, 1.0)
    """
    weight = _beside(mask, frames)
    count = weight.sum(-2).clamp(min=1.0)
    mean = (frames * weight).sum(-2) / count
    spread = ((frames - mean.unsqueeze(-2)) ** 2 * weight).sum(-2) / count
    return mean, torch.sqrt(spread + _TINY**2)


def masked_change_deviation(frames: torch.Tensor, mask: torch.Tensor, lag: int) -> torch.Tensor:
    """Standard deviation of the change over a lag: how fast the frames move.

    A fixed channel shifts the frames' mean and leaves their changes alone, so this says more about
    how speech was made, and less about where it was recorded, than the mean does.

    Args:
        frames: (batch, ..., time, dimension), more than `lag` frames long.
        mask: (batch, time); a change counts when both of its ends are kept.
        lag: in frames, 1 or more.

    Returns:
        (batch, ..., dimension).

    Example:
        >>> frames = torch.arange(6.0).reshape(1, 6, 1)
        >>> round(float(masked_change_deviation(frames, torch.ones(1, 6), 2)), 3)  # a constant change
        0.0
    """
    change = frames[..., lag:, :] - frames[..., :-lag, :]
    return masked_mean_and_deviation(change, mask[:, lag:] * mask[:, :-lag])[1]


def masked_group_means(
    frames: torch.Tensor, mask: torch.Tensor, group: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Fewer frames: the mean over what the mask keeps of every few of them.

    Args:
        frames: (batch, ..., time, dimension); frames after the last whole group are dropped.
        mask: (batch, time), 1 = keep.
        group: frames that become one, 1 or more.

    Returns:
        (batch, ..., time // group, dimension), and the mask (batch, time // group): 1 where more than
        half of a group is kept.

    Example:
        >>> frames = torch.tensor([[[1.0], [3.0], [99.0], [5.0], [7.0], [8.0]]])
        >>> means, mask = masked_group_means(frames, torch.tensor([[1.0, 1, 0, 0, 1, 0]]), 3)
        >>> means.flatten().tolist(), mask.tolist()
        ([2.0, 7.0], [[1.0, 0.0]])
    """
    groups = mask.shape[1] // group
    kept = mask[:, : groups * group].reshape(mask.shape[0], groups, group)
    weight = kept.reshape(mask.shape[0], *[1] * (frames.ndim - 3), groups, group, 1)
    parts = frames[..., : groups * group, :].reshape(*frames.shape[:-2], groups, group, frames.shape[-1])
    count = kept.sum(-1)
    total = weight.sum(-2).clamp(min=1.0)
    return (parts * weight).sum(-2) / total, (2 * count > group).to(frames.dtype)


def _beside(mask: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
    shape = [mask.shape[0], *[1] * (frames.ndim - 3), mask.shape[1], 1]
    return mask.reshape(shape)


class AttentiveStatistics(nn.Module):
    """Attentive statistics pooling: mean and deviation weighted by a learned attention.

    Args:
        dimension: of the frames.
        hidden: of the attention.

    Reference: Okabe, Koshinaka and Shinoda, Interspeech 2018, equations 4 to 6; one attention for
    each channel, as in ECAPA-TDNN.

    Example:
        >>> pool = AttentiveStatistics(8, hidden=4)
        >>> tuple(pool(torch.randn(2, 5, 8), torch.ones(2, 5)).shape)
        (2, 16)
    """

    def __init__(self, dimension: int, *, hidden: int = 64) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.Linear(dimension, hidden), nn.Tanh(), nn.Linear(hidden, dimension))

    def forward(self, frames: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Pool (batch, time, dimension) to (batch, 2 x dimension)."""
        weight = torch.softmax(self.attention(frames) - 1e4 * (1 - mask.unsqueeze(-1)), dim=1)
        mean = (weight * frames).sum(1)
        spread = (weight * (frames - mean.unsqueeze(1)) ** 2).sum(1)
        return torch.cat([mean, torch.sqrt(spread + _TINY**2)], dim=-1)
