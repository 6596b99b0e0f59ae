"""Conformer blocks with head tokens: temporal-channel modelling of frames behind a class token."""

from __future__ import annotations

import torch
from torch import nn

from earwitness.layers.frame_convolution import FrameConvolution
from earwitness.layers.frame_norm import FrameNorm

Mask = torch.Tensor | None


class HeadTokenAttention(nn.Module):
    """Self-attention over a sequence and one more token for each head, which hears what its channels do.

    Args:
        dimension: of the sequence.
        heads: that divide it.

    Reference: Truong et al., "Temporal-channel modeling in multi-head self-attention for synthetic speech
    detection", Interspeech 2024, section 2.2; without bias in the queries, keys and values, as the authors'
    code has it.

    Example:
        >>> tuple(HeadTokenAttention(8, 2)(torch.randn(3, 5, 8), None).shape)
        (3, 5, 8)
    """

    def __init__(self, dimension: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.into = nn.Linear(dimension, 3 * dimension, bias=False)
        self.out = nn.Linear(dimension, dimension)
        self.head_token = nn.Linear(dimension // heads, dimension)
        self.head_norm = nn.LayerNorm(dimension // heads)
        self.head_position = nn.Parameter(torch.zeros(1, heads, dimension))

    def forward(self, sequence: torch.Tensor, mask: Mask) -> torch.Tensor:
        """Map (batch, tokens, dimension), the class token first, to the same shape.

        Args:
            sequence: class token and frames.
            mask: (batch, tokens), 1 = real; `None` where nothing is padding.
        """
        batch, tokens, dimension = sequence.shape
        width = dimension // self.heads
        means = _mean(sequence, mask).view(batch, self.heads, width)
        heads = self.head_token(means).view(batch, self.heads, self.heads, width)
        heads = nn.functional.gelu(self.head_norm(heads)).flatten(2) + self.head_position
        wide = torch.cat([sequence, heads], dim=1)
        queries, keys, values = (
            self.into(wide).view(batch, tokens + self.heads, 3, self.heads, width).permute(2, 0, 3, 1, 4)
        )
        seen = None
        if mask is not None:
            seen = torch.cat([mask, mask.new_ones(batch, self.heads)], dim=1)[:, None, None] > 0
        heard = nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)
        merged = self.out(heard.transpose(1, 2).flatten(2))
        first, frames, extra = merged.split([1, tokens - 1, self.heads], dim=1)
        over = _mean(frames, None if mask is None else mask[:, 1:]).unsqueeze(1)
        return torch.cat([first + extra.mean(1, keepdim=True) + over, frames], dim=1)


class ConvolutionModule(nn.Module):
    """Gated pointwise and depthwise convolutions over the sequence.

    Args:
        dimension: of the sequence.
        taps: of the depthwise convolution; with an even number one more lies before than after.
        expansion: of the channels in between.
    """

    def __init__(self, dimension: int, taps: int, expansion: int = 2) -> None:
        super().__init__()
        inner = dimension * expansion
        self.pad = (taps // 2, taps // 2 - (taps + 1) % 2)
        self.norm = nn.LayerNorm(dimension)
        self.into = FrameConvolution(dimension, 2 * inner)
        self.depthwise = nn.Conv1d(inner, inner, taps, groups=inner)
        self.inner_norm = FrameNorm(inner)
        self.out = FrameConvolution(inner, dimension)

    def forward(self, sequence: torch.Tensor, mask: Mask) -> torch.Tensor:
        """Map (batch, tokens, dimension) to the same shape."""
        gated = nn.functional.glu(self.into(self.norm(sequence)), dim=-1)
        if mask is not None:
            gated = gated * mask.unsqueeze(-1)
        moved = self.depthwise(nn.functional.pad(gated.transpose(1, 2), self.pad)).transpose(1, 2)
        convolved: torch.Tensor = self.out(nn.functional.silu(self.inner_norm(moved, mask)))
        return convolved


class ConformerBlock(nn.Module):
    """Half a feed-forward step, attention, convolution, half a feed-forward step, layer norm.

    Args:
        dimension: of the sequence.
        heads: of the attention.
        taps: of the convolution.
        multiple: width of the feed-forward steps in multiples of the dimension.

    Reference: Gulati et al., "Conformer", Interspeech 2020.

    Example:
        >>> tuple(ConformerBlock(8, 2, 3).eval()(torch.randn(2, 5, 8), None).shape)
        (2, 5, 8)
    """

    def __init__(self, dimension: int, heads: int, taps: int, multiple: int = 4) -> None:
        super().__init__()
        self.before = _feed_forward(dimension, multiple)
        self.attention_norm = nn.LayerNorm(dimension)
        self.attention = HeadTokenAttention(dimension, heads)
        self.convolution = ConvolutionModule(dimension, taps)
        self.after = _feed_forward(dimension, multiple)
        self.norm = nn.LayerNorm(dimension)

    def forward(self, sequence: torch.Tensor, mask: Mask) -> torch.Tensor:
        """Map (batch, tokens, dimension) to the same shape."""
        sequence = sequence + 0.5 * self.before(sequence)
        sequence = sequence + self.attention(self.attention_norm(sequence), mask)
        sequence = sequence + self.convolution(sequence, mask)
        normed: torch.Tensor = self.norm(sequence + 0.5 * self.after(sequence))
        return normed


def _feed_forward(dimension: int, multiple: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(dimension),
        FrameConvolution(dimension, multiple * dimension),
        nn.SiLU(),
        FrameConvolution(multiple * dimension, dimension),
    )


def _mean(sequence: torch.Tensor, mask: Mask) -> torch.Tensor:
    if mask is None:
        return sequence.mean(1)
    weight = mask.unsqueeze(-1)
    return (sequence * weight).sum(1) / weight.sum(1).clamp(min=1.0)
