"""A vision transformer over a mel spectrogram: the audio towers of ImageBind and LanguageBind.

References:
    Dosovitskiy et al.: An image is worth 16x16 words. ICLR 2021.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class TowerShape(NamedTuple):
    """How large a tower is, and in what the two published ones differ.

    Args:
        channels: of the image.
        patch: side of a patch, in points of the image.
        stride: points between patches.
        patches: number of patches in an image.
        width: of the tokens.
        heads: of attention.
        inner: width inside a block's feed-forward part.
        blocks: number of blocks.
        dimension: of the vector.
        quick: whether the activation is x * sigmoid(1.702 x), not GELU.
        extra_key: whether attention has one learned key and value more.
        patch_norm: whether patches are normalised before the class token joins them.
        norm_first: whether all tokens are normalised before the first block.
        epsilon: of the normalisation in the blocks and after them.
    """

    channels: int
    patch: int
    stride: int
    patches: int
    width: int
    heads: int
    inner: int
    blocks: int
    dimension: int
    quick: bool = False
    extra_key: bool = False
    patch_norm: bool = False
    norm_first: bool = False
    epsilon: float = 1e-6


class _Block(nn.Module):
    """Attention and feed-forward part, each behind its normalisation and added."""

    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self.norm_1 = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.attn = nn.MultiheadAttention(
            shape.width, shape.heads, add_bias_kv=shape.extra_key, batch_first=True
        )
        self.norm_2 = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.widen = nn.Linear(shape.width, shape.inner)
        self.narrow = nn.Linear(shape.inner, shape.width)
        self.quick = shape.quick

    def forward(self, tokens: Tensor) -> Tensor:
        heard = self.norm_1(tokens)
        tokens = tokens + self.attn(heard, heard, heard, need_weights=False)[0]
        inner = self.widen(self.norm_2(tokens))
        inner = inner * torch.sigmoid(1.702 * inner) if self.quick else nn.functional.gelu(inner)
        return tokens + self.narrow(inner)


class MelImageTower(nn.Module):
    """Images of mel spectrograms in, one vector each out.

    Args:
        shape: of the tower.

    Example:
        >>> shape = TowerShape(1, 4, 4, patches=6, width=8, heads=2, inner=16, blocks=1, dimension=5)
        >>> MelImageTower(shape)(torch.zeros(2, 1, 8, 12)).shape
        torch.Size([2, 5])
    """

    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self.patch = nn.Conv2d(shape.channels, shape.width, shape.patch, shape.stride, bias=False)
        self.patch_norm = nn.LayerNorm(shape.width) if shape.patch_norm else nn.Identity()
        self.class_token = nn.Parameter(torch.zeros(shape.width))
        self.position = nn.Parameter(torch.zeros(shape.patches + 1, shape.width))
        self.first_norm = nn.LayerNorm(shape.width, eps=shape.epsilon) if shape.norm_first else nn.Identity()
        self.blocks = nn.ModuleList(_Block(shape) for _ in range(shape.blocks))
        self.last_norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.projection = nn.Linear(shape.width, shape.dimension, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """Vectors of images.

        Args:
            images: shape `(batch, channels, bands, frames)`.

        Returns:
            Shape `(batch, dimension)`: the projected class token, of any length.
        """
        patches = self.patch_norm(self.patch(images).flatten(2).transpose(1, 2))
        token = self.class_token.expand(len(images), 1, -1)
        tokens = self.first_norm(torch.cat([token, patches], dim=1) + self.position)
        for block in self.blocks:
            tokens = block(tokens)
        vectors: Tensor = self.projection(self.last_norm(tokens[:, 0]))
        return vectors
