"""Learned sums over the hidden layers of an encoder."""

from __future__ import annotations

import torch
from torch import nn


class WeightedSum(nn.Module):
    """A softmax-weighted sum of layers, one scalar a layer, all ones at first.

    Args:
        layers: how many there are.

    Example:
        >>> tuple(WeightedSum(3)(torch.ones(2, 3, 5, 4)).shape)
        (2, 5, 4)
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(layers))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Sum (batch, layers, time, dimension) to (batch, time, dimension)."""
        return torch.einsum("l,bltd->btd", torch.softmax(self.weight, 0), frames)


class SqueezeExcitationSum(nn.Module):
    """SEA: layers scaled by a squeeze-and-excitation gate, then summed (not averaged).

    Args:
        layers: how many there are.
        hidden: width of the gate; 8 for the 25 layers of WavLM-Large as published.

    Reference: Nes2Net's CtrSVDD system.

    Example:
        >>> tuple(SqueezeExcitationSum(3)(torch.ones(2, 3, 5, 4), torch.ones(2, 5)).shape)
        (2, 5, 4)
    """

    def __init__(self, layers: int, *, hidden: int = 8) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.Linear(layers, hidden, bias=False),
            nn.ReLU(),
            nn.Linear(hidden, layers, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, frames: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Sum (batch, layers, time, dimension) to (batch, time, dimension).

        Args:
            frames: of all layers.
            mask: (batch, time); padding takes no part in the global average.
        """
        inside = mask[:, None, :, None]
        average = (frames * inside).sum((2, 3)) / (inside.sum((2, 3)).clamp(min=1.0) * frames.shape[-1])
        return torch.einsum("bl,bltd->btd", self.gate(average), frames)


class AttentiveMerge(nn.Module):
    """AttM: a gate from each layer's time-averaged frame, then all layers joined by one linear map.

    Args:
        layers: how many there are.
        dimension: of the frames.

    Reference: Pan et al., Interspeech 2024 (attentive merging of hidden embeddings).

    Example:
        >>> tuple(AttentiveMerge(4, 6)(torch.ones(2, 4, 5, 6), torch.ones(2, 5)).shape)
        (2, 5, 6)
    """

    def __init__(self, layers: int, dimension: int) -> None:
        super().__init__()
        narrow = max(layers // 2, 1)
        self.squeeze = nn.Linear(dimension, 1, bias=False)
        self.narrow = nn.Linear(layers, narrow, bias=False)
        self.widen = nn.Linear(narrow, layers, bias=False)
        self.merge = nn.Linear(layers * dimension, dimension)

    def forward(self, frames: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Merge (batch, layers, time, dimension) to (batch, time, dimension)."""
        inside = mask[:, None, :, None]
        average = (frames * inside).sum(2) / inside.sum(2).clamp(min=1.0)
        squeezed = torch.nn.functional.silu(self.squeeze(average).squeeze(-1))
        gate = torch.sigmoid(self.widen(torch.nn.functional.silu(self.narrow(squeezed))))
        return self.merge((gate[:, :, None, None] * frames).permute(0, 2, 1, 3).flatten(2))
