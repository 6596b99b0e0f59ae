"""The convolutions at the front of a wav2vec 2.0, as matrix products over stretches of time."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from earwitness.encoders.matrix_products import product

STRETCH = 100
"""Frames that go through all convolutions together, so that what lies between them stays in the cache."""
ROW = 32
"""Numbers that a vector register takes in bfloat16."""


class PackedFront(nn.Module):
    """Frozen convolutions over a waveform, each one product of `(time, width * channels)`.

    With channels last, the samples under one step of a convolution lie side by side in memory,
    so that gathering them is one strided copy. A group norm behind the first convolution goes
    into its weights: the mean and the variance of what it gives follow from those of the waveform.

    Args:
        layers: of transformers' front end (`feature_extractor.conv_layers`).
        kind: type of the products. The first hears the waveform in float32, or in two bfloat16
            numbers a sample, which are as fine as 16 bits.

    Example:
        >>> from transformers import Wav2Vec2Config, Wav2Vec2Model
        >>> theirs = Wav2Vec2Model(Wav2Vec2Config(num_hidden_layers=1)).eval().feature_extractor
        >>> clip = torch.randn(1, 4000)
        >>> with torch.no_grad():
        ...     bool(torch.allclose(PackedFront.of(theirs, torch.float32)(clip), theirs(clip), atol=1e-4))
        True
    """

    weight0: torch.Tensor
    bias0: torch.Tensor | None

    def __init__(self, layers: Any, kind: torch.dtype) -> None:
        super().__init__()
        self.kind = kind
        self.shapes = [(layer.conv.kernel_size[0], layer.conv.stride[0]) for layer in layers]
        self.norms = nn.ModuleList(getattr(layer, "layer_norm", None) or nn.Identity() for layer in layers)
        for k, layer in enumerate(layers):
            own = torch.float32 if k == 0 else kind
            weight, bias = layer.conv.weight.detach().permute(0, 2, 1).flatten(1), layer.conv.bias
            self.register_buffer(f"weight{k}", weight.to(own).contiguous())
            self.register_buffer(f"bias{k}", None if bias is None else bias.detach().to(own))

    @classmethod
    def of(cls, front: Any, kind: torch.dtype) -> PackedFront | None:
        """The packed form of a front end, or `None` where it is built in another way.

        Args:
            front: transformers' `feature_extractor`.
            kind: type of the products.
        """
        layers = getattr(front, "conv_layers", None)
        if layers is None or any(type(layer.activation).__name__ != "GELUActivation" for layer in layers):
            return None
        norms = [getattr(layer, "layer_norm", None) for layer in layers]
        by_channel = isinstance(norms[0], nn.GroupNorm) and norms[0].num_groups == norms[0].num_channels
        if any(isinstance(norm, nn.GroupNorm) for norm in norms[0 if not by_channel else 1 :]):
            return None
        return cls(layers, kind)

    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        """Waveforms `(batch, samples)` -> `(batch, channels, time)`, float32."""
        time = waveforms.shape[1]
        for width, stride in self.shapes:
            time = (time - width) // stride + 1
        given = waveforms.new_empty(len(waveforms), time, len(self.get_buffer("weight0")))
        hop, heard = 1, 1
        for width, stride in self.shapes:
            heard += (width - 1) * hop
            hop *= stride
        for clip, frames in zip(waveforms, given, strict=True):
            clip, weight, bias = self._first(clip)
            for start in range(0, time, STRETCH):
                end = min(start + STRETCH, time)
                frames[start:end] = self._stretch(clip[start * hop : (end - 1) * hop + heard], weight, bias)
        return given.transpose(1, 2)

    def _first(self, clip: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """The clip, and the weights of the first convolution for it."""
        weight, bias, norm = self.weight0, self.bias0, self.norms[0]
        if isinstance(norm, nn.GroupNorm):
            clip = clip - clip.mean()  # which the norm takes away in any case, and less of it is lost here
            under = clip.unfold(0, *self.shapes[0]).double()
            mean = under.mean(0)
            under = under - mean
            wide = weight.double()
            spread = ((wide @ (under.T @ under / len(under))) * wide).sum(1)
            scale = torch.rsqrt(spread + norm.eps) * norm.weight
            bias = (norm.bias - wide @ mean * scale).float()
            weight = (wide * scale[:, None]).float()
        columns = weight.shape[1]
        if self.kind == torch.float32:
            room = (0, -columns % (ROW // 2))
            return clip, nn.functional.pad(weight, room), bias
        coarse = weight.to(self.kind)
        fine = (weight - coarse).to(self.kind)
        joined = torch.cat([coarse, coarse, fine], 1)
        bias = None if bias is None else bias.to(self.kind)
        return clip, nn.functional.pad(joined, (0, -3 * columns % ROW)), bias

    def _stretch(
        self, samples: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
    ) -> torch.Tensor:
        """Samples under some frames -> these frames `(time, channels)`."""
        under = samples.unfold(0, *self.shapes[0])
        steps, width = under.shape
        row = samples.new_zeros(steps, weight.shape[1], dtype=self.kind)
        row[:, :width] = under
        if self.kind != torch.float32:
            row[:, width : 2 * width] = under - row[:, :width]
            row[:, 2 * width : 3 * width] = under
        frames = self._normed(0, row, weight, bias)
        for k, (width, stride) in enumerate(self.shapes[1:], 1):
            time, channels = frames.shape
            steps = (time - width) // stride + 1
            row = frames.as_strided((steps, width * channels), (stride * channels, 1)).contiguous()
            frames = self._normed(k, row, self.get_buffer(f"weight{k}"), getattr(self, f"bias{k}"))
        return frames

    def _normed(
        self, k: int, row: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
    ) -> torch.Tensor:
        norm = self.norms[k]
        plain = not isinstance(norm, nn.LayerNorm)
        frames = product(row, weight, bias, gelu=plain)
        return frames if plain else nn.functional.gelu(norm(frames))


class PackedConvolution(nn.Module):
    """A frozen convolution over time, as a product of `(time, width * channels)`.

    Args:
        convolution: of one group.
        kind: type of the product; the result is float32.
        gelu: apply the exact GELU to it.

    Example:
        >>> theirs = nn.Conv1d(8, 16, 3, stride=2, padding=1)
        >>> frames = torch.randn(2, 8, 21)
        >>> with torch.no_grad():
        ...     ours = PackedConvolution(theirs, torch.float32)(frames)
        ...     bool(torch.allclose(ours, theirs(frames), atol=1e-5))
        True
    """

    weight: torch.Tensor
    bias: torch.Tensor | None

    def __init__(self, convolution: nn.Conv1d, kind: torch.dtype, *, gelu: bool = False) -> None:
        super().__init__()
        self.gelu = gelu
        self.width, self.stride = convolution.kernel_size[0], convolution.stride[0]
        self.padding = int(convolution.padding[0])
        weight, bias = convolution.weight.detach().permute(0, 2, 1).flatten(1), convolution.bias
        self.register_buffer("weight", weight.to(kind).contiguous())
        self.register_buffer("bias", None if bias is None else bias.detach().to(kind))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Frames `(batch, channels, time)` -> `(batch, channels, time)`."""
        room = (0, 0, self.padding, self.padding)
        padded = nn.functional.pad(frames.transpose(1, 2).to(self.weight.dtype), room).contiguous()
        batch, time, channels = padded.shape
        steps = (time - self.width) // self.stride + 1
        row = padded.as_strided(
            (batch, steps, self.width * channels), (time * channels, self.stride * channels, 1)
        )
        given = product(row.contiguous(), self.weight, self.bias, gelu=self.gelu)
        return given.float().transpose(1, 2)
