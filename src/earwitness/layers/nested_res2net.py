"""Nes2Net: a nested Res2Net that reads encoder frames without narrowing them first."""

from __future__ import annotations

import torch
from torch import nn


class NestedBlock(nn.Module):
    """The inner Res2Net block, with squeeze and excitation and a residual path.

    The order is convolution, ReLU, batch norm throughout.

    Args:
        channels: in and out.
        scale: into how many chunks the channels are split.
        dilation: of the convolutions over time.
        reduction: of the squeeze-and-excitation bottleneck.

    Example:
        >>> tuple(NestedBlock(16, scale=4).eval()(torch.randn(2, 16, 9)).shape)
        (2, 16, 9)
    """

    def __init__(self, channels: int, *, scale: int = 8, dilation: int = 1, reduction: int = 1) -> None:
        super().__init__()
        width = channels // scale
        self.scale = scale
        self.into = nn.Conv1d(channels, channels, 1)
        self.into_norm = nn.BatchNorm1d(channels)
        self.over_time = nn.ModuleList(
            nn.Conv1d(width, width, 3, dilation=dilation, padding=dilation) for _ in range(scale - 1)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(scale - 1))
        self.out = nn.Conv1d(channels, channels, 1)
        self.out_norm = nn.BatchNorm1d(channels)
        narrow = max(channels // reduction, 2)
        self.gate = nn.Sequential(
            nn.Conv1d(channels, narrow, 1), nn.ReLU(), nn.Conv1d(narrow, channels, 1), nn.Sigmoid()
        )

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Map (batch, channels, time) to the same shape."""
        chunks = self.into_norm(torch.relu(self.into(frames))).chunk(self.scale, dim=1)
        outputs: list[torch.Tensor] = []
        for chunk, convolve, norm in zip(chunks[:-1], self.over_time, self.norms, strict=True):
            carried = chunk if not outputs else outputs[-1] + chunk
            outputs.append(norm(torch.relu(convolve(carried))))
        joined = self.out_norm(torch.relu(self.out(torch.cat([*outputs, chunks[-1]], dim=1))))
        return joined * self.gate(joined.mean(-1, keepdim=True)) + frames


class Nes2Net(nn.Module):
    """The outer Res2Net, whose branches are nested blocks; mean pooling over the mask.

    Args:
        dimension: of the frames; a multiple of `scale` times `inner_scale`.
        outputs: numbers a clip (1 logit: 510,769 parameters at dimension 1024).
        scale: outer chunks.
        inner_scale: inner chunks.
        dilation: of the inner convolutions; 1 for CtrSVDD, 2 for ASVspoof 2019/2021.
        reduction: of squeeze and excitation.

    Reference: Liu et al., "Nes2Net" (2025). The published code has 1024 dimensions hard-coded and no
    mask; both are general here.

    Example:
        >>> net = Nes2Net(1024, 1)
        >>> sum(p.numel() for p in net.parameters())
        510769
    """

    def __init__(
        self,
        dimension: int,
        outputs: int,
        *,
        scale: int = 8,
        inner_scale: int = 8,
        dilation: int = 1,
        reduction: int = 1,
    ) -> None:
        super().__init__()
        width = dimension // scale
        self.scale = scale
        self.blocks = nn.ModuleList(
            NestedBlock(width, scale=inner_scale, dilation=dilation, reduction=reduction)
            for _ in range(scale - 1)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(scale - 1))
        self.norm = nn.BatchNorm1d(dimension)
        self.head = nn.Linear(dimension, outputs)

    def embed(self, frames: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Pool (batch, time, dimension) to (batch, dimension)."""
        chunks = (frames * mask.unsqueeze(-1)).transpose(1, 2).chunk(self.scale, dim=1)
        outputs: list[torch.Tensor] = []
        for chunk, block, norm in zip(chunks[:-1], self.blocks, self.norms, strict=True):
            carried = chunk if not outputs else outputs[-1] + chunk
            outputs.append(norm(torch.relu(block(carried))))
        joined = torch.relu(self.norm(torch.cat([*outputs, chunks[-1]], dim=1)))
        weight = mask.unsqueeze(1)
        return (joined * weight).sum(-1) / weight.sum(-1).clamp(min=1.0)

    def forward(self, frames: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits (batch, outputs) of (batch, time, dimension) under a (batch, time) mask."""
        return self.head(self.embed(frames, mask))
