"""Small networks that read one pooled vector a clip: the papers' convolutional one, and a dense one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.few_rows import few_rows

ROWS = 16
"""Vectors at once in inference: what a convolution leaves of them, 2 MB, stays in the cache."""


class EmbeddingCnn(nn.Module):
    """A vector read as a sequence of one channel: convolution, ReLU, halving, once for each filter count.

    Args:
        dimension: of the vector; at least 2 to the number of filter counts.
        filters: channels of each block.
        width: of a dense layer at the end; `None` leaves the flattened maps.
        inputs: channels before the first block; 1 for a vector.

    Attributes:
        channels: of the last block.
        positions: that the last block leaves, dimension // 2 ** blocks.
        outputs: of `forward`.

    Raises:
        BadInput: when the vector is too short.

    Example:
        >>> network = EmbeddingCnn(512, (32, 64), width=120)
        >>> network.positions, tuple(network(torch.randn(3, 512)).shape)
        (128, (3, 120))
    """

    def __init__(
        self, dimension: int, filters: Sequence[int] = (32, 64), width: int | None = None, *, inputs: int = 1
    ) -> None:
        super().__init__()
        self.channels, self.positions = filters[-1], dimension // 2 ** len(filters)
        if not self.positions:
            raise BadInput(f"a vector of {dimension} is too short for {len(filters)} halvings", where="CNN")
        blocks: list[nn.Module] = []
        for before, after in zip((inputs, *filters[:-1]), filters, strict=True):
            blocks += [nn.Conv1d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool1d(2)]
        self.blocks = nn.Sequential(*blocks)
        flat = self.channels * self.positions
        self.dense = None if width is None else nn.Linear(flat, width)
        self.outputs = flat if width is None else width

    def maps(self, vectors: torch.Tensor) -> torch.Tensor:
        """Feature maps (batch, channels, positions) of vectors (batch, dimension)."""
        if torch.is_grad_enabled():
            found: torch.Tensor = self.blocks(vectors.unsqueeze(1))
            return found
        return few_rows(self._maps, [vectors], ROWS)[0]

    def _maps(self, given: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        # The same numbers with half as much to cut off at zero, and without a call for every part.
        found = given[0].unsqueeze(1)
        for block in self.blocks:
            if isinstance(block, nn.Conv1d):
                found = torch.conv1d(found, block.weight, block.bias, padding=1)
                found = torch.max_pool1d(found, 2).relu_()
        return (found,)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Map (batch, dimension) to (batch, outputs)."""
        flat = self.maps(vectors).flatten(1)
        return flat if self.dense is None else self.dense(flat)


class DenseStack(nn.Module):
    """Dense layers with ReLU and dropout: the FCN of the papers.

    Args:
        dimension: of the input.
        widths: of the layers.
        dropout: after each, 0 to 1.

    Attributes:
        outputs: of `forward`.

    Example:
        >>> tuple(DenseStack(512, (90, 45))(torch.randn(3, 512)).shape)
        (3, 45)
    """

    def __init__(self, dimension: int, widths: Sequence[int] = (90, 45), dropout: float = 0.3) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((dimension, *widths[:-1]), widths, strict=True):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers)
        self.outputs = widths[-1]

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Map (batch, dimension) to (batch, outputs)."""
        if self.training or torch.is_grad_enabled():
            trained: torch.Tensor = self.layers(vectors)
            return trained
        found = vectors
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                found = nn.functional.linear(found, layer.weight, layer.bias).relu_()
        return found
