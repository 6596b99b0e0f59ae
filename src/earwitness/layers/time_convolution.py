"""A short convolution over time of frames with few channels."""

from __future__ import annotations

import math

import torch
from torch import nn


class TimeConvolution(nn.Module):
    """Three taps over time, as many channels out as in, zeros beyond the ends.

    Args:
        channels: in and out.
        dilation: frames between taps.

    Example:
        >>> tuple(TimeConvolution(4, dilation=2)(torch.randn(2, 5, 4)).shape)
        (2, 5, 4)
    """

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.dilation = dilation
        self.weight = nn.Parameter(torch.empty(channels, channels, 3))
        self.bias = nn.Parameter(torch.empty(channels))
        bound = 1 / math.sqrt(3 * channels)  # as torch's convolutions are initialised
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Convolve (..., time, channels)."""
        outer, (time, channels) = frames.shape[:-2], frames.shape[-2:]
        flat = frames.reshape(-1, time, channels)
        found = nn.functional.conv1d(
            flat.transpose(1, 2), self.weight, self.bias, padding=self.dilation, dilation=self.dilation
        )
        return found.transpose(1, 2).reshape(*outer, time, channels)
