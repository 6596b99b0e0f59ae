"""Nes2Net: a nested Res2Net that reads encoder frames without narrowing them first.

Frames stay (batch, time, channels) throughout, so that the pointwise convolutions, nine tenths of the
work, are plain matrix products.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.frame_convolution import FrameConvolution
from earwitness.layers.frame_norm import FrameNorm
from earwitness.layers.pooling import AttentiveStatistics

Variant = Literal["plain", "x", "x-selu"]
Mask = torch.Tensor | None
VARIANTS: tuple[Variant, ...] = ("plain", "x", "x-selu")


class Gate(nn.Module):
    """Squeeze and excitation: channels scaled by what their mean over time says.

    Args:
        channels: in and out.
        reduction: of the bottleneck, which has at least 2 channels. (The published plain and X variants
            have no such floor; it matters only for fewer than twice `reduction` channels.)
    """

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        narrow = max(channels // reduction, 2)
        self.narrow = nn.Linear(channels, narrow)
        self.widen = nn.Linear(narrow, channels)

    def forward(self, frames: torch.Tensor, mask: Mask) -> torch.Tensor:
        """Factors (batch, 1, channels) of frames (batch, time, channels)."""
        mean = mean_over_time(frames, mask)
        return torch.sigmoid(self.widen(torch.relu(self.narrow(mean)))).unsqueeze(1)


class NestedBlock(nn.Module):
    """The inner Res2Net block, with squeeze and excitation and a residual path.

    The order is convolution, activation, batch norm throughout.

    Args:
        channels: in and out.
        scale: into how many chunks the channels are split.
        dilation: of the convolutions over time.
        reduction: of the squeeze-and-excitation bottleneck.
        variant: `plain`, `x` or `x-selu`.

    Example:
        >>> tuple(NestedBlock(16, scale=4).eval()(torch.randn(2, 9, 16), None).shape)
        (2, 9, 16)
    """

    def __init__(
        self,
        channels: int,
        *,
        scale: int = 8,
        dilation: int = 1,
        reduction: int = 1,
        variant: Variant = "plain",
    ) -> None:
        super().__init__()
        width = channels // scale
        self.width, self.scale, self.variant = width, scale, variant
        self.act = activation(variant)
        self.into = FrameConvolution(channels, channels, activation=self.act)
        self.into_norm = FrameNorm(channels)
        self.over_time = nn.ModuleList(
            FrameConvolution(width, width, taps=3, dilation=dilation, activation=self.act)
            for _ in range(scale - 1)
        )
        self.norms = nn.ModuleList(FrameNorm(width) for _ in range(scale - 1))
        self.mixes = nn.ParameterList(
            [] if variant == "plain" else [torch.full((i + 2,), 1 / (i + 2)) for i in range(scale - 1)]
        )
        self.out = FrameConvolution(channels, channels, activation=self.act)
        self.out_norm = FrameNorm(channels)
        self.gate = Gate(channels, reduction)

    def forward(self, frames: torch.Tensor, mask: Mask) -> torch.Tensor:
        """Map (batch, time, channels) to the same shape.

        Args:
            frames: zero where the mask is.
            mask: (batch, time), 1 = real; `None` where nothing is padding.
        """
        chunks = self.into_norm(self.into(frames), mask).split(self.width, dim=-1)
        steps = self._chain(chunks, mask) if self.variant == "plain" else self._columns(chunks, mask)
        joined = self.out_norm(self.out(torch.cat([*steps, chunks[-1]], dim=-1)), mask)
        return torch.addcmul(frames, joined, self.gate(joined, mask))

    def _chain(self, chunks: tuple[torch.Tensor, ...], mask: Mask) -> list[torch.Tensor]:
        """Plain: each step adds the next chunk to what the one before gave."""
        outputs: list[torch.Tensor] = []
        for chunk, convolve, norm in zip(chunks[:-1], self.over_time, self.norms, strict=True):
            carried = outputs[-1] + chunk if outputs else chunk
            outputs.append(norm(convolve(carried), mask))
        return outputs

    def _columns(self, chunks: tuple[torch.Tensor, ...], mask: Mask) -> list[torch.Tensor]:
        """X: each step keeps all columns so far beside the next chunk, and gives their learned sum.

        The column axis comes first, so that a step is one convolution over more rows.
        """
        outputs: list[torch.Tensor] = []
        columns = chunks[-1].unsqueeze(0)
        for chunk, convolve, norm, mix in zip(
            chunks[:-1], self.over_time, self.norms, self.mixes, strict=True
        ):
            columns = torch.cat([columns, chunk.unsqueeze(0)])
            repeated = None if mask is None else mask.unsqueeze(0).expand(len(columns), *mask.shape)
            columns = norm(convolve(columns), repeated)
            outputs.append(torch.tensordot(mix, columns, dims=1))
        return outputs


class Nes2Net(nn.Module):
    """The outer Res2Net, whose branches are nested blocks, with pooling over time and a linear head.

    Args:
        dimension: of the frames; a multiple of both nest ratios' product.
        outputs: numbers a clip (1 logit: 510,769 parameters at dimension 1024).
        variant: `plain`, `x` (every inner step keeps all earlier ones beside it) or `x-selu`.
        nest: outer and inner ratio: into how many chunks channels are split.
        dilation: of the inner convolutions; 1 for CtrSVDD, 2 for ASVspoof 2019/2021.
        reduction: of squeeze and excitation.
        pooling: `mean`, or `attentive` statistics (mean and deviation).
        pooling_width: of the attention's bottleneck.

    Raises:
        BadInput: when the ratios do not divide the dimension, or a setting is out of range.

    Reference: Liu et al., "Nes2Net: a lightweight nested architecture for foundation model driven speech
    anti-spoofing", 2025. The published code has 1024 dimensions hard-coded and no mask.

    Example:
        >>> sum(p.numel() for p in Nes2Net(1024, 1).parameters())
        510769
        >>> tuple(Nes2Net(64, 2, variant="x", nest=(4, 4)).eval()(torch.randn(3, 7, 64)).shape)
        (3, 2)
    """

    def __init__(
        self,
        dimension: int = 1024,
        outputs: int = 1,
        variant: Variant = "plain",
        *,
        nest: tuple[int, int] = (8, 8),
        dilation: int = 1,
        reduction: int = 1,
        pooling: Literal["mean", "attentive"] = "mean",
        pooling_width: int = 128,
    ) -> None:
        super().__init__()
        outer, inner = nest
        if variant not in VARIANTS:
            raise BadInput(f"no such variant; there are: {', '.join(VARIANTS)}", where=str(variant))
        if min(outer, inner) < 2 or dilation < 1 or reduction < 1 or outputs < 1:
            raise BadInput(
                "nest ratios are 2 or more, dilation, reduction and outputs 1 or more", where="Nes2Net"
            )
        if dimension < outer * inner or dimension % (outer * inner):
            raise BadInput(
                f"frames of {dimension} channels cannot be split {outer} x {inner} ways; "
                f"choose nest ratios whose product divides {dimension}",
                where="Nes2Net",
            )
        self.width = dimension // outer
        self.act = activation(variant)
        self.blocks = nn.ModuleList(
            NestedBlock(self.width, scale=inner, dilation=dilation, reduction=reduction, variant=variant)
            for _ in range(outer - 1)
        )
        self.norms = nn.ModuleList(FrameNorm(self.width) for _ in range(outer - 1))
        self.norm = FrameNorm(dimension)
        self.pool = AttentiveStatistics(dimension, hidden=pooling_width) if pooling == "attentive" else None
        self.head = nn.Linear(dimension * (1 if self.pool is None else 2), outputs)

    def over_frames(self, frames: torch.Tensor, mask: Mask = None) -> torch.Tensor:
        """Map (batch, time, dimension) to the same, before anything is pooled over time."""
        if mask is not None:
            frames = frames * mask.unsqueeze(-1)
        chunks = frames.split(self.width, dim=-1)
        outputs: list[torch.Tensor] = []
        for chunk, block, norm in zip(chunks[:-1], self.blocks, self.norms, strict=True):
            carried = outputs[-1] + chunk if outputs else chunk
            outputs.append(norm(self.act(block(carried, mask)), mask))
        return self.norm(torch.cat([*outputs, chunks[-1]], dim=-1), mask, self.act)

    def embed(self, frames: torch.Tensor, mask: Mask = None) -> torch.Tensor:
        """Pool (batch, time, dimension) to (batch, dimension), or twice as much with attentive statistics."""
        joined = self.over_frames(frames, mask)
        if self.pool is None:
            return mean_over_time(joined, mask)
        pooled: torch.Tensor = self.pool(joined, joined.new_ones(joined.shape[:2]) if mask is None else mask)
        return pooled

    def forward(self, frames: torch.Tensor, mask: Mask = None) -> torch.Tensor:
        """Logits of a batch.

        Args:
            frames: (batch, time, dimension), at least one frame.
            mask: (batch, time), 1 = real, 0 = padding; `None` where nothing is padding. A clip's logits are
                the same alone and padded in any batch.

        Returns:
            (batch, outputs).
        """
        logits: torch.Tensor = self.head(self.embed(frames, mask))
        return logits


def activation(variant: Variant) -> Callable[[torch.Tensor], torch.Tensor]:
    """ReLU, or SELU for `x-selu`; in place, as what it is given is needed by nobody else."""
    return torch.selu_ if variant == "x-selu" else torch.relu_


def mean_over_time(frames: torch.Tensor, mask: Mask) -> torch.Tensor:
    """Mean (batch, channels) over real frames; frames are zero where the mask is."""
    if mask is None:
        return frames.mean(1)
    weight = mask.unsqueeze(-1)
    return (frames * weight).sum(1) / weight.sum(1).clamp(min=1.0)
