"""DistillMOS: what a network that judges the quality of speech knows of a recording.

References:
    Stahl, Gamper: Distillation and pruning for scalable self-supervised representation-based speech
    quality assessment. ICASSP 2025.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.one_by_one import OneByOne
from earwitness.encoders.torch_state import fill, state_of
from earwitness.encoders.weights import weight_bytes
from earwitness.errors import BadInput

SEGMENT = 122_880
"""Samples (7.68 s) that the network hears at once; shorter recordings are followed by silence."""
STEP = 16_000
"""Samples between two segments at most; they lie evenly over the recording."""
WINDOW, HOP = 320, 160
WIDTH, HEADS, DEPTH = 200, 8, 7
PLACES = 384
_CHANNELS = (64, 64, 128, 256, 256, 256)


class _Front(nn.Module):
    """Convolutions over the compressed complex spectrum."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 2
        for place, outputs in enumerate(_CHANNELS):
            stride = (2 if place else 1, 2 if place == len(_CHANNELS) - 1 else 1)
            layers += [nn.Conv2d(inputs, outputs, 3, stride, padding=(0, 1)), nn.LeakyReLU(0.1)]
            inputs = outputs
        self.cnn = nn.Sequential(*layers)
        self.window: Any
        self.register_buffer("window", torch.hann_window(WINDOW), persistent=False)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        padded = nn.functional.pad(samples, ((WINDOW - HOP) // 2,) * 2, mode="reflect")
        spectrum = torch.stft(padded, WINDOW, HOP, window=self.window, center=False, return_complex=True)
        parts = torch.view_as_real(spectrum)
        size = parts.square().sum(-1, keepdim=True).sqrt().clip(1e-12)
        return self.cnn((size**0.3 * parts / size).permute(0, 3, 1, 2)).flatten(1, 2)


class _Body(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        inputs = 1024
        self.norm_input = nn.BatchNorm1d(inputs)
        self.transformer: Any = nn.Module()
        self.transformer.norm = nn.BatchNorm1d(inputs)
        self.transformer.position_encoding = nn.Module()
        self.transformer.position_encoding.register_buffer("pe", torch.zeros(1, PLACES, WIDTH))
        self.transformer.linear_proj = nn.Linear(inputs, WIDTH)
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 2 * WIDTH, dropout=0.0, batch_first=True)
        self.transformer.transformer_encoder = nn.TransformerEncoder(layer, DEPTH)
        self.norm_trans = nn.BatchNorm1d(WIDTH)
        self.pool: Any = nn.Module()
        self.pool.linear1 = nn.Linear(WIDTH, 2 * WIDTH)
        self.pool.linear2, self.pool.linear3 = nn.Linear(2 * WIDTH, 1), nn.Linear(WIDTH, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        normed = self.transformer.norm(self.norm_input(features)).transpose(1, 2)
        placed = self.transformer.linear_proj(normed) + self.transformer.position_encoding.pe
        frames = self.transformer.transformer_encoder(placed)
        frames = self.norm_trans(frames.transpose(1, 2)).transpose(1, 2)
        weights = torch.softmax(self.pool.linear2(torch.relu(self.pool.linear1(frames))), dim=1)
        return (weights * frames).sum(1)


class DistillMos(nn.Module):
    """The network, under the names of the published file.

    Example:
        >>> DistillMos().eval().requires_grad_(False)(torch.zeros(1, SEGMENT)).shape
        torch.Size([1, 200])
    """

    def __init__(self) -> None:
        super().__init__()
        self.cnn = _Front()
        self.transformer_pool_attn = _Body()

    def forward(self, segments: torch.Tensor) -> torch.Tensor:
        """Segments `(batch, 122880)` at 16 kHz -> what the judgement is made of `(batch, 200)`."""
        level = segments.abs().amax(1, keepdim=True) + 1e-8
        return self.transformer_pool_attn(self.cnn(segments / level))

    def opinion(self, features: torch.Tensor) -> torch.Tensor:
        """Features `(batch, 200)` -> mean opinion score `(batch,)`, 1 (bad) to 5 (excellent)."""
        return 1 + 4 * torch.sigmoid(self.transformer_pool_attn.pool.linear3(features))[:, 0]


def segments(samples: np.ndarray) -> list[np.ndarray]:
    """What of a recording is heard: segments of 7.68 s, evenly over the whole.

    Args:
        samples: shape `(samples,)`, 16 kHz.

    Example:
        >>> [len(part) for part in segments(np.zeros(130_000))]
        [122880, 122880]
    """
    beyond = len(samples) - SEGMENT
    if beyond <= 0:
        return [np.pad(samples, (0, -beyond))]
    count = -(-beyond // STEP) + 1
    return [samples[int(share * beyond) :][:SEGMENT] for share in np.linspace(0, 1, count)]


def distill_mos(entry: Entry, weights: str | os.PathLike[str] | None = None) -> DistillMos:
    """The network with its published weights.

    Raises:
        BadInput: when there are none.
    """
    state = state_of(weight_bytes(entry, weights), entry.name, within="model")
    network = fill(DistillMos(), state, entry.name)
    assert isinstance(network, DistillMos)
    return network


def load_distill_mos(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - torch's own threads
) -> OneByOne:
    """The 200 numbers from which DistillMOS makes its score, their mean over the segments.

    Raises:
        BadInput: when layers are asked for or there are no weights.
    """
    if layers is not None:
        raise BadInput("has no layers to choose from", where=entry.name)
    network = distill_mos(entry, weights)

    def hear(samples: np.ndarray) -> np.ndarray:
        with torch.inference_mode():  # one segment at a time: constant memory, and no company
            parts = [network(torch.from_numpy(part)[None])[0] for part in segments(samples)]
            return torch.stack(parts).mean(0).numpy()

    return OneByOne(entry, f"{entry.weights.sha256[:12] if entry.weights else ''}-1", hear)
