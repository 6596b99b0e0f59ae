"""Two representations that look at each other, once or nested, and gates between them."""

from __future__ import annotations

import torch
from torch import nn


class CrossAttention(nn.Module):
    """Tokens of one side attend to those of the other: attention, residual, layer norm.

    Args:
        dimension: of the tokens; a multiple of `heads`.
        heads: of the attention.
        dropout: on the attention weights, 0 to 1.

    Example:
        >>> layer = CrossAttention(8, heads=2)
        >>> tuple(layer(torch.randn(3, 5, 8), torch.randn(3, 7, 8)).shape)
        (3, 5, 8)
    """

    def __init__(self, dimension: int, heads: int = 4, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(dimension, heads, dropout=dropout, batch_first=True)
        self.norm = nn.LayerNorm(dimension)

    def forward(self, queries: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Map queries (batch, tokens, dimension) and others (batch, other tokens, dimension) to queries."""
        seen, _ = self.attention(queries, others, others, need_weights=False)
        found: torch.Tensor = self.norm(queries + seen)
        return found


class NestedCrossAttention(nn.Module):
    """Both sides attend to each other in stages; each stage reads what the one before made of both.

    Args:
        dimension: of the tokens.
        heads: of each attention.
        stages: 2 in SCAR; 1 is plain cross-attention.
        dropout: on the attention weights.

    Reference: SCAR (in words; sizes, heads and tokens are choices of this implementation).

    Example:
        >>> left, right = NestedCrossAttention(8, 2)(torch.randn(3, 5, 8), torch.randn(3, 5, 8))
        >>> tuple(left.shape), tuple(right.shape)
        ((3, 5, 8), (3, 5, 8))
    """

    def __init__(self, dimension: int, heads: int = 4, stages: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        self.left = nn.ModuleList(CrossAttention(dimension, heads, dropout) for _ in range(stages))
        self.right = nn.ModuleList(CrossAttention(dimension, heads, dropout) for _ in range(stages))

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map both sides, each (batch, tokens, dimension), to themselves."""
        for to_left, to_right in zip(self.left, self.right, strict=True):
            left, right = to_left(left, right), to_right(right, left)
        return left, right


class SelfAttentionRefinement(nn.Module):
    """Self-attention and a feed-forward layer, each with residual and layer norm.

    Args:
        dimension: of the tokens.
        heads: of the attention.
        dropout: in both, 0 to 1.

    Example:
        >>> tuple(SelfAttentionRefinement(8, 2)(torch.randn(3, 5, 8)).shape)
        (3, 5, 8)
    """

    def __init__(self, dimension: int, heads: int = 4, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = CrossAttention(dimension, heads, dropout)
        self.forward_layer = nn.Sequential(
            nn.Linear(dimension, 2 * dimension), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(2 * dimension, dimension),
        )  # fmt: skip
        self.norm = nn.LayerNorm(dimension)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Map (batch, tokens, dimension) to itself."""
        tokens = self.attention(tokens, tokens)
        found: torch.Tensor = self.norm(tokens + self.forward_layer(tokens))
        return found


class BlendingGate(nn.Module):
    """A learned mixture of a vector and what was carried over to it: g * own + (1 - g) * carried.

    Args:
        dimension: of the vectors.

    Reference: TANGO's gate, after TRIO (form is a choice of this implementation).

    Example:
        >>> gate, own = BlendingGate(4), torch.randn(3, 4)
        >>> bool(torch.allclose(gate(own, own), own))
        True
    """

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.weigh = nn.Linear(2 * dimension, dimension)

    def forward(self, own: torch.Tensor, carried: torch.Tensor) -> torch.Tensor:
        """Map two vectors (batch, dimension) to one."""
        gate = torch.sigmoid(self.weigh(torch.cat([own, carried], -1)))
        return gate * own + (1 - gate) * carried
