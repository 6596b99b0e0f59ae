"""A network that says something of every frame, and of longer frames that are pooled from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.frame_convolution import FrameConvolution


class FrameTrunk(nn.Module):
    """Frames narrowed, then residual convolutions over ever longer spans; as many frames out as in.

    Padding is put to zero after every block, so a recording gets the same answer in any company. The norm
    is over the channels of one frame: no layer couples the rows of a batch.

    Args:
        dimension: of the frames.
        width: channels inside and out.
        taps: frames that a convolution sees, odd.
        dilations: of the blocks, in order; none = each frame by itself.
        dropout: after each block, 0 to 1.

    Example:
        >>> tuple(FrameTrunk(8, 4)(torch.randn(2, 5, 8)).shape)
        (2, 5, 4)
    """

    def __init__(
        self,
        dimension: int,
        width: int = 128,
        *,
        taps: int = 3,
        dilations: Sequence[int] = (1, 2, 4, 8),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if taps % 2 == 0 or min((taps, width, *dilations)) < 1:
            raise BadInput("needs odd taps, and width and dilations of 1 or more", where="FrameTrunk")
        self.into = FrameConvolution(dimension, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(len(dilations) + 1))
        self.blocks = nn.ModuleList(
            FrameConvolution(width, width, taps=taps, dilation=dilation) for dilation in dilations
        )
        self.dropout = nn.Dropout(dropout)
        self.reach = sum(dilation * (taps // 2) for dilation in dilations)

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Map (batch, time, dimension) to (batch, time, width), 0 or more; `mask` is 1 inside."""
        real = None if mask is None else mask.unsqueeze(-1)
        found = self.dropout(torch.relu(self.norms[0](self.into(frames))))
        for norm, block in zip(self.norms[1:], self.blocks, strict=True):
            if real is not None:
                found = found * real
            found = found + self.dropout(torch.relu(norm(block(found))))
        return found if real is None else found * real


class FrameHeads(nn.Module):
    """One linear head for each length of a frame, on features pooled from the shortest frames.

    Args:
        width: channels of a frame.
        groups: how many of the shortest frames make one of each length, rising, the first 1.
        pooling: of the features in a longer frame: their `max`, in which one spoofed frame is not
            outvoted, or their `mean`.

    Reference: L. Zhang, X. Wang, E. Cooper, N. Evans, J. Yamagishi, "The PartialSpoof Database and
    Countermeasures", IEEE/ACM TASLP 31, 2023, section IV: training at several resolutions at once.

    Example:
        >>> [tuple(one.shape) for one in FrameHeads(4, (1, 2))(torch.rand(3, 5, 4))]
        [(3, 5), (3, 3)]
    """

    def __init__(self, width: int, groups: Sequence[int], pooling: Literal["max", "mean"] = "max") -> None:
        super().__init__()
        self.groups, self.pooling = tuple(groups), pooling
        self.heads = nn.ModuleList(nn.Linear(width, 1) for _ in groups)

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> list[torch.Tensor]:
        """Logits of frames of each length, (batch, ceil(time / group)), of (batch, time, width)."""
        found = []
        for group, head in zip(self.groups, self.heads, strict=True):
            pooled = frames if group == 1 else self._pooled(frames, mask, group)
            found.append(head(pooled).squeeze(-1))
        return found

    def _pooled(self, frames: torch.Tensor, mask: torch.Tensor | None, group: int) -> torch.Tensor:
        batch, time, width = frames.shape
        short = -time % group
        blocks = nn.functional.pad(frames, (0, 0, 0, short)).view(batch, -1, group, width)
        if self.pooling == "max":
            return blocks.amax(2)  # features are 0 or more, and 0 in the padding
        real = frames.new_ones(batch, time) if mask is None else mask
        count = nn.functional.pad(real, (0, short)).view(batch, -1, group).sum(2)
        return blocks.sum(2) / count.clamp(min=1.0).unsqueeze(-1)
