"""Batch norm of frames, which leaves padding out of its statistics."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn


class FrameNorm(nn.BatchNorm1d):
    """Batch norm over the last axis of (..., time, channels).

    Args:
        channels: of the frames.

    Example:
        >>> norm = FrameNorm(2)
        >>> frames = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [99.0, 99.0]]])
        >>> norm(frames, torch.tensor([[1.0, 1.0, 0.0]])).round().tolist()
        [[[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0]]]
    """

    def forward(
        self,
        frames: torch.Tensor,
        mask: torch.Tensor | None = None,
        activation: Callable[[torch.Tensor], torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """Normalise, and put zeros where the mask is.

        Args:
            frames: (..., time, channels).
            mask: (..., time), 1 = real; padding counts in no statistic. `None`: all is real.
            activation: done on the result before it is a view, so that it may be in place at no cost.
        """
        flat = frames.reshape(-1, frames.shape[-1])
        act = activation or _same
        if mask is None:
            return act(super().forward(flat)).view(frames.shape)
        if not self.training:
            return act(super().forward(flat)).view(frames.shape) * mask.unsqueeze(-1)
        real = mask.reshape(-1) > 0
        normed = torch.zeros_like(flat)
        normed[real] = act(super().forward(flat[real]))
        return normed.view(frames.shape)


def _same(frames: torch.Tensor) -> torch.Tensor:
    return frames
