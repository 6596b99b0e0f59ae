"""The two speaker networks that SpeechBrain publishes, x-vector and ECAPA-TDNN, under its own names.

SpeechBrain itself needs torchaudio, which is no part of this toolkit; the networks are small, and their
published files are the layout that counts. Sizes are read from the weights.

References:
    [1] Snyder et al.: X-vectors: robust DNN embeddings for speaker recognition. ICASSP 2018.
    [2] Desplanques, Thienpondt, Demuynck: ECAPA-TDNN: emphasized channel attention, propagation and
        aggregation in TDNN based speaker verification. Interspeech 2020.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

XVECTOR_DILATIONS = (1, 2, 3, 1, 1)
ECAPA_DILATIONS = (1, 2, 3, 4, 1)
"""Published settings; the shapes of the weights do not tell them."""


class _Conv(nn.Module):
    """Convolution along time; the edges are mirrored, so that the length stays."""

    def __init__(self, shape: torch.Size, dilation: int = 1) -> None:
        super().__init__()
        outputs, inputs, width = shape
        self.conv = nn.Conv1d(
            inputs, outputs, width, dilation=dilation, padding="same", padding_mode="reflect"
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return self.conv(values)


class _Norm(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return self.norm(values)


class _Tdnn(nn.Module):
    def __init__(self, shape: torch.Size, dilation: int = 1) -> None:
        super().__init__()
        self.conv, self.norm = _Conv(shape, dilation), _Norm(shape[0])

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return self.norm(torch.relu(self.conv(values)))


class _Linear(nn.Module):
    def __init__(self, shape: torch.Size) -> None:
        super().__init__()
        self.w = nn.Linear(shape[1], shape[0])

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return self.w(values)


class XVector(nn.Module):
    """The x-vector network.

    The pooling adds no noise: SpeechBrain's adds up to 9e-5 at random to the mean, at inference, too,
    so that its vectors are never twice the same.

    Args:
        shapes: of the weights, by SpeechBrain's names (`embedding_model.ckpt`).
    """

    def __init__(self, shapes: Mapping[str, torch.Size]) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for place, dilation in enumerate(XVECTOR_DILATIONS):
            shape = shapes[f"blocks.{3 * place}.conv.weight"]
            blocks += [_Conv(shape, dilation), nn.LeakyReLU(), _Norm(shape[0])]
        pooled = 3 * len(XVECTOR_DILATIONS)
        blocks += [nn.Identity(), _Linear(shapes[f"blocks.{pooled + 1}.w.weight"])]
        self.blocks = nn.ModuleList(blocks)

    @property
    def bands(self) -> int:
        """Filters of the filter bank that it hears."""
        return self.blocks[0].conv.in_channels  # type: ignore[union-attr, return-value]

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features `(batch, frames, bands)` -> vectors `(batch, dimension)`."""
        values = features.transpose(1, 2)
        for block in self.blocks[:-2]:
            values = block(values)
        pooled = torch.cat([values.mean(2), values.std(2) + 1e-5], dim=1)
        return self.blocks[-1](pooled)


class _Res2(nn.Module):
    def __init__(self, shapes: Mapping[str, torch.Size], name: str, dilation: int) -> None:
        super().__init__()
        count = sum(key.startswith(name) and key.endswith(".conv.conv.weight") for key in shapes)
        self.blocks = nn.ModuleList(
            _Tdnn(shapes[f"{name}.blocks.{k}.conv.conv.weight"], dilation) for k in range(count)
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        first, *others = values.chunk(len(self.blocks) + 1, dim=1)
        given = [first]
        for place, (block, part) in enumerate(zip(self.blocks, others, strict=True)):
            given.append(block(part + given[-1] if place else part))
        return torch.cat(given, dim=1)


class _Excitation(nn.Module):
    def __init__(self, shapes: Mapping[str, torch.Size], name: str) -> None:
        super().__init__()
        self.conv1 = _Conv(shapes[f"{name}.conv1.conv.weight"])
        self.conv2 = _Conv(shapes[f"{name}.conv2.conv.weight"])

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        mean = values.mean(2, keepdim=True)
        return values * torch.sigmoid(self.conv2(torch.relu(self.conv1(mean))))


class _SeRes2(nn.Module):
    def __init__(self, shapes: Mapping[str, torch.Size], name: str, dilation: int) -> None:
        super().__init__()
        self.tdnn1 = _Tdnn(shapes[f"{name}.tdnn1.conv.conv.weight"])
        self.res2net_block = _Res2(shapes, f"{name}.res2net_block", dilation)
        self.tdnn2 = _Tdnn(shapes[f"{name}.tdnn2.conv.conv.weight"])
        self.se_block = _Excitation(shapes, f"{name}.se_block")
        shortcut = shapes.get(f"{name}.shortcut.conv.weight")
        self.shortcut = None if shortcut is None else _Conv(shortcut)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        kept = values if self.shortcut is None else self.shortcut(values)
        return self.se_block(self.tdnn2(self.res2net_block(self.tdnn1(values)))) + kept


class _AttentivePooling(nn.Module):
    def __init__(self, shapes: Mapping[str, torch.Size]) -> None:
        super().__init__()
        self.tdnn = _Tdnn(shapes["asp.tdnn.conv.conv.weight"])
        self.conv = _Conv(shapes["asp.conv.conv.weight"])

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        even = torch.full_like(values[:, :1], 1 / values.shape[2])
        context = [part[:, :, None].expand_as(values) for part in _moments(values, even)]
        weights = torch.softmax(self.conv(torch.tanh(self.tdnn(torch.cat([values, *context], 1)))), dim=2)
        return torch.cat(_moments(values, weights), dim=1)[:, :, None]


def _moments(values: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    mean = (weights * values).sum(2)
    variance = (weights * (values - mean[:, :, None]).square()).sum(2)
    return mean, variance.clamp(1e-12).sqrt()


class EcapaTdnn(nn.Module):
    """The ECAPA-TDNN network.

    Args:
        shapes: of the weights, by SpeechBrain's names (`embedding_model.ckpt`).
    """

    def __init__(self, shapes: Mapping[str, torch.Size]) -> None:
        super().__init__()
        first, *others, last = ECAPA_DILATIONS
        self.blocks = nn.ModuleList([_Tdnn(shapes["blocks.0.conv.conv.weight"], first)])
        self.blocks.extend(_SeRes2(shapes, f"blocks.{k}", dilation) for k, dilation in enumerate(others, 1))
        self.mfa = _Tdnn(shapes["mfa.conv.conv.weight"], last)
        self.asp = _AttentivePooling(shapes)
        self.asp_bn = _Norm(shapes["asp_bn.norm.weight"][0])
        self.fc = _Conv(shapes["fc.conv.weight"])

    @property
    def bands(self) -> int:
        """Filters of the filter bank that it hears."""
        return self.blocks[0].conv.conv.in_channels  # type: ignore[union-attr, return-value]

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features `(batch, frames, bands)` -> vectors `(batch, dimension)`."""
        values = self.blocks[0](features.transpose(1, 2))
        given = []
        for block in self.blocks[1:]:
            values = block(values)
            given.append(values)
        return self.fc(self.asp_bn(self.asp(self.mfa(torch.cat(given, dim=1)))))[:, :, 0]
