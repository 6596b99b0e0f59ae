"""Convolutions over frames that lie (..., time, channels), as encoders give them."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

Activation = Callable[[torch.Tensor], torch.Tensor]


class FrameConvolution(nn.Module):
    """A convolution over time with as many frames out as in, zeros beyond the ends.

    Frames are handed to torch's two-dimensional convolution without being moved: (batch, time, channels)
    is what it calls a channels-last image one pixel high. On processors where its matrix product is
    slow (MKL on AMD) even a single tap is several times faster so than by `torch.nn.Linear`.

    Args:
        inputs: channels in.
        outputs: channels out.
        taps: frames that it sees, odd.
        dilation: frames between taps.
        activation: done on the result, may be in place; `None` = nothing.

    Example:
        >>> tuple(FrameConvolution(4, 6, taps=3, dilation=2)(torch.randn(2, 5, 4)).shape)
        (2, 5, 6)
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        taps: int = 1,
        dilation: int = 1,
        activation: Activation | None = None,
    ) -> None:
        super().__init__()
        self.dilation, self.activation = dilation, activation
        self.weight = nn.Parameter(torch.empty(outputs, inputs, taps))
        self.bias = nn.Parameter(torch.empty(outputs))
        bound = 1 / math.sqrt(inputs * taps)  # as torch's convolutions are initialised
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Convolve (..., time, inputs) to (..., time, outputs)."""
        return convolve(frames, self.weight, self.bias, self.dilation, self.activation)


def convolve(
    frames: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    dilation: int = 1,
    activation: Activation | None = None,
) -> torch.Tensor:
    """Convolve frames with given weights.

    Args:
        frames: (..., time, inputs).
        weight: (outputs, inputs, taps).
        bias: (outputs,), or `None`.
        dilation: frames between taps.
        activation: done on the result before it is a view, so that it may be in place at no cost.

    Returns:
        (..., time, outputs).

    Example:
        >>> convolve(torch.ones(1, 3, 1), torch.ones(1, 1, 3), torch.zeros(1)).ravel().tolist()
        [2.0, 3.0, 2.0]
    """
    images = frames.reshape(-1, *frames.shape[-2:]).transpose(1, 2).unsqueeze(2)
    reach = dilation * (weight.shape[-1] // 2)
    found = nn.functional.conv2d(
        images, weight.unsqueeze(2), bias, padding=(0, reach), dilation=(1, dilation)
    )
    if activation is not None:
        found = activation(found)
    return found.squeeze(2).transpose(1, 2).reshape(*frames.shape[:-1], weight.shape[0])
