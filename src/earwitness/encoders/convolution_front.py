"""The convolutions at the front of a wav2vec 2.0, as matrix products over time."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from earwitness.encoders.matrix_products import Product


class PackedFront(nn.Module):
    """Frozen convolutions over a waveform, each one product of `(time, width * channels)`.

    With channels last, the samples under one step of a convolution lie side by side in memory,
    so that gathering them is one strided copy.

    Args:
        layers: of transformers' front end (`feature_extractor.conv_layers`).
        kind: type of the products after the first, which hears the waveform in float32.
    """

    def __init__(self, layers: Any, kind: torch.dtype) -> None:
        super().__init__()
        self.shapes = [(layer.conv.kernel_size[0], layer.conv.stride[0]) for layer in layers]
        self.norms = nn.ModuleList(getattr(layer, "layer_norm", None) or nn.Identity() for layer in layers)
        self.products = nn.ModuleList()
        for k, (layer, norm) in enumerate(zip(layers, self.norms, strict=True)):
            weight = layer.conv.weight.permute(0, 2, 1).flatten(1)
            own = torch.float32 if k == 0 else kind
            plain = isinstance(norm, nn.Identity)
            self.products.append(
                Product(
                    weight, layer.conv.bias, precision=own, given=own if plain else torch.float32, gelu=plain
                )
            )

    @classmethod
    def of(cls, front: Any, kind: torch.dtype) -> PackedFront | None:
        """The packed form of a front end, or `None` where its activation is another one.

        Args:
            front: transformers' `feature_extractor`.
            kind: type of the products.
        """
        layers = getattr(front, "conv_layers", None)
        known = ("GELUActivation",)
        if layers is None or any(type(layer.activation).__name__ not in known for layer in layers):
            return None
        return cls(layers, kind)

    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        """Waveforms `(batch, samples)` -> `(batch, channels, time)`."""
        frames = waveforms[:, :, None]
        for (width, stride), norm, product in zip(self.shapes, self.norms, self.products, strict=True):
            batch, time, channels = frames.shape
            steps = (time - width) // stride + 1
            strides = (time * channels, stride * channels, 1)
            under = frames.contiguous().as_strided((batch, steps, width * channels), strides)
            frames = product(under.contiguous())
            if isinstance(norm, nn.GroupNorm):
                spread, mean = torch.var_mean(frames, 1, keepdim=True, correction=0)
                frames = (frames - mean) * (torch.rsqrt(spread + norm.eps) * norm.weight) + norm.bias
            elif not isinstance(norm, nn.Identity):
                frames = norm(frames)
            if not isinstance(norm, nn.Identity):
                frames = nn.functional.gelu(frames)
        return frames.float().transpose(1, 2)
