"""Back-ends that narrow the frames first: a residual network over (channels, time) images, and ECAPA-TDNN.

They stand for what Nes2Net does without. Which ResNet and ECAPA its paper compared with in detail is not
established; the sizes here are the usual small ones of speaker verification, as named settings.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.frame_convolution import FrameConvolution
from earwitness.layers.frame_norm import FrameNorm
from earwitness.layers.nested_res2net import NestedBlock
from earwitness.layers.pooling import AttentiveStatistics, masked_mean_and_deviation
from earwitness.systems.frame_detector import FrameDetector, FrameRecipe
from earwitness.training.recipe import Optimiser, View


class ResNetRecipe(FrameRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of the residual network.

    Args:
        narrow: channels to which frames are narrowed.
        widths: channels of the four stages; each but the first halves channels and time.
        depths: residual blocks of each stage.
        embedding: width before the head.
    """

    narrow: int = 128
    widths: tuple[int, int, int, int] = (32, 64, 128, 256)
    depths: tuple[int, int, int, int] = (2, 2, 2, 2)
    embedding: int = 256


class EcapaRecipe(FrameRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of ECAPA-TDNN.

    Args:
        narrow: channels to which frames are narrowed.
        width: channels of the blocks.
        dilations: of the blocks.
        scale: chunks of their Res2Net layers.
        embedding: width before the head.
    """

    narrow: int = 128
    width: int = 512
    dilations: tuple[int, ...] = (2, 3, 4)
    scale: int = 8
    embedding: int = 192


class _Residual(nn.Module):
    """Two convolutions of an image with a short cut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.short_cut = None
        if stride > 1 or inputs != outputs:
            self.short_cut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        inner = self.second_norm(self.second(torch.relu(self.first_norm(self.first(images)))))
        around = images if self.short_cut is None else self.short_cut(images)
        return torch.relu(inner + around)


class ReductionResNet(nn.Module):
    """A linear layer, then an 18-layer residual network with statistics pooling.

    Args:
        dimension: of the frames.
        outputs: numbers a clip.
        narrow: channels to which frames are narrowed.
        widths: of the stages.
        depths: of the stages.
        embedding: width before the head.

    Example:
        >>> net = ReductionResNet(16, narrow=16, widths=(4, 4, 4, 4), depths=(1, 1, 1, 1), embedding=8)
        >>> tuple(net.eval()(torch.randn(2, 20, 16)).shape)
        (2, 1)
    """

    def __init__(
        self,
        dimension: int = 1024,
        outputs: int = 1,
        *,
        narrow: int = 128,
        widths: tuple[int, ...] = (32, 64, 128, 256),
        depths: tuple[int, ...] = (2, 2, 2, 2),
        embedding: int = 256,
    ) -> None:
        super().__init__()
        self.narrow = FrameConvolution(dimension, narrow)
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 3, padding=1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()
        )
        blocks: list[nn.Module] = []
        inputs = widths[0]
        for at, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            for deep in range(depth):
                blocks.append(_Residual(inputs, width, 2 if at and not deep else 1))
                inputs = width
        self.blocks = nn.Sequential(*blocks)
        rows = narrow
        for _ in widths[1:]:
            rows = (rows + 1) // 2
        self.embedding = nn.Linear(2 * inputs * rows, embedding)
        self.head = nn.Linear(embedding, outputs)

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (batch, outputs) of (batch, time, dimension); all clips of one length.

        Raises:
            BadInput: when clips are padded.
        """
        refuse_padding(mask, "reduction-resnet")
        images = self.blocks(self.stem(self.narrow(frames).transpose(1, 2).unsqueeze(1)))
        flat = images.flatten(1, 2).transpose(1, 2)
        mean, deviation = masked_mean_and_deviation(flat, flat.new_ones(flat.shape[:2]))
        logits: torch.Tensor = self.head(self.embedding(torch.cat([mean, deviation], dim=-1)))
        return logits


class ReductionEcapa(nn.Module):
    """A linear layer, then ECAPA-TDNN.

    Args:
        dimension: of the frames.
        outputs: numbers a clip.
        narrow: channels to which frames are narrowed.
        width: channels of the blocks.
        dilations: of the blocks.
        scale: chunks of their Res2Net layers.
        embedding: width before the head.

    Reference: Desplanques et al., "ECAPA-TDNN", Interspeech 2020.

    Example:
        >>> net = ReductionEcapa(16, narrow=8, width=16, scale=4, embedding=4).eval()
        >>> tuple(net(torch.randn(2, 20, 16)).shape)
        (2, 1)
    """

    def __init__(
        self,
        dimension: int = 1024,
        outputs: int = 1,
        *,
        narrow: int = 128,
        width: int = 512,
        dilations: tuple[int, ...] = (2, 3, 4),
        scale: int = 8,
        embedding: int = 192,
    ) -> None:
        super().__init__()
        if width % scale:
            raise BadInput(f"a scale of {scale} does not divide {width} channels", where="ECAPA")
        self.narrow = FrameConvolution(dimension, narrow)
        self.stem = FrameConvolution(narrow, width, taps=5, activation=torch.relu_)
        self.stem_norm = FrameNorm(width)
        self.blocks = nn.ModuleList(
            NestedBlock(width, scale=scale, dilation=dilation, reduction=max(width // 128, 1))
            for dilation in dilations
        )
        joined = width * len(dilations)
        self.join = FrameConvolution(joined, joined, activation=torch.relu_)
        self.pool = AttentiveStatistics(joined, hidden=128)
        self.pool_norm = nn.BatchNorm1d(2 * joined)
        self.embedding = nn.Linear(2 * joined, embedding)
        self.head = nn.Linear(embedding, outputs)

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (batch, outputs) of (batch, time, dimension) under a (batch, time) mask."""
        narrow = self.narrow(frames)
        if mask is not None:
            narrow = narrow * mask.unsqueeze(-1)
        sequence = self.stem_norm(self.stem(narrow), mask)
        found = []
        for block in self.blocks:
            sequence = block(sequence, mask)
            found.append(sequence)
        joined = self.join(torch.cat(found, dim=-1))
        pooled = self.pool(joined, joined.new_ones(joined.shape[:2]) if mask is None else mask)
        logits: torch.Tensor = self.head(self.embedding(self.pool_norm(pooled)))
        return logits


def refuse_padding(mask: torch.Tensor | None, where: str) -> None:
    """Refuse clips of differing length, for networks whose images can't be masked.

    Raises:
        BadInput: when there is a mask.
    """
    if mask is not None:
        raise BadInput("needs clips of one length: set views.0.length and views.0.short=repeat", where=where)


def _view() -> tuple[View, ...]:
    return (View(encoder="whisper-base", layers=(3,), length=200, cut="random", short="repeat"),)


class ReductionResNetSystem(FrameDetector):
    """A narrowing linear layer and a residual network, on the frames of an encoder."""

    RECIPE: FrameRecipe = ResNetRecipe(
        system="reduction-resnet", views=_view(), batch=32, epochs=30, patience=6,
        optimiser=Optimiser(learning_rate=5e-4, weight_decay=1e-4),
    )  # fmt: skip
    CLAIMS: Mapping[str, object] = {}
    PAPER = "none: the usual back-end that Nes2Net is compared with"

    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The network."""
        assert isinstance(recipe, ResNetRecipe)
        return ReductionResNet(
            shape[-1], recipe.outputs, narrow=recipe.narrow, widths=recipe.widths, depths=recipe.depths,
            embedding=recipe.embedding,
        )  # fmt: skip


class ReductionEcapaSystem(FrameDetector):
    """A narrowing linear layer and ECAPA-TDNN, on the frames of an encoder."""

    RECIPE: FrameRecipe = EcapaRecipe(
        system="reduction-ecapa", views=_view(), batch=32, epochs=30, patience=6,
        optimiser=Optimiser(learning_rate=5e-4, weight_decay=1e-4),
    )  # fmt: skip
    CLAIMS: Mapping[str, object] = {}
    PAPER = "Desplanques et al.: ECAPA-TDNN, Interspeech 2020; behind a narrowing layer"

    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The network."""
        assert isinstance(recipe, EcapaRecipe)
        return ReductionEcapa(
            shape[-1], recipe.outputs, narrow=recipe.narrow, width=recipe.width, dilations=recipe.dilations,
            scale=recipe.scale, embedding=recipe.embedding,
        )  # fmt: skip
