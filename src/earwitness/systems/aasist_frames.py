"""AASIST on an encoder's frames: narrowed to 128 channels, seen as an image, read by graph attention."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from earwitness.layers.frame_convolution import FrameConvolution
from earwitness.layers.graph_attention import GraphAttention, GraphPool
from earwitness.systems.aasist import Aasist, JointBranch, ResidualBlock
from earwitness.systems.aasist import Recipe as GraphRecipe
from earwitness.systems.frame_detector import FrameDetector, FrameRecipe
from earwitness.systems.reduction import refuse_padding
from earwitness.training.recipe import Optimiser, View

GRAPHS = GraphRecipe(keep_temporal=0.5)
"""Graph settings of the published AASIST on XLS-R: all keep half of their nodes."""


class AasistFramesRecipe(FrameRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of AASIST on frames.

    Args:
        narrow: channels to which frames are narrowed.
        graphs: dimensions, shares and temperatures of the graphs, channels of the residual blocks.
    """

    narrow: int = 128
    graphs: GraphRecipe = GRAPHS


class AasistFrames(nn.Module):
    """The network.

    Args:
        dimension: of the frames.
        outputs: numbers a clip.
        narrow: channels to which frames are narrowed.
        graphs: what the rest is made of.

    Reference: Tak et al., "Automatic speaker verification spoofing and deepfake detection using wav2vec 2.0
    and data augmentation", Odyssey 2022.

    Example:
        >>> tuple(AasistFrames(32).eval()(torch.randn(2, 60, 32)).shape)
        (2, 2)
    """

    def __init__(
        self, dimension: int = 1024, outputs: int = 2, *, narrow: int = 128, graphs: GraphRecipe = GRAPHS
    ) -> None:
        super().__init__()
        self.narrow = FrameConvolution(dimension, narrow)
        self.norm = nn.BatchNorm2d(1)
        widths = (1, *graphs.channels)
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(inputs, wide, first=at == 0, pre_activation=graphs.pre_activation, pool=1)
                for at, (inputs, wide) in enumerate(pairwise(widths))
            )
        )
        wide = widths[-1]
        self.maps_norm = nn.BatchNorm2d(wide)
        self.attention = nn.Sequential(
            nn.Conv2d(wide, 2 * wide, 1), nn.SELU(), nn.BatchNorm2d(2 * wide), nn.Conv2d(2 * wide, wide, 1)
        )
        self.band_positions = nn.Parameter(torch.randn(1, narrow // 3, wide))
        self.spectral = GraphAttention(wide, graphs.graph, graphs.temperature)
        self.temporal = GraphAttention(wide, graphs.graph, graphs.temperature)
        self.pool_spectral = GraphPool(graphs.graph, graphs.keep_spectral)
        self.pool_temporal = GraphPool(graphs.graph, graphs.keep_temporal)
        self.branches = nn.ModuleList([JointBranch(graphs), JointBranch(graphs)])
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(5 * graphs.heterogeneous, outputs)

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (batch, outputs) of (batch, time, dimension); all clips of one length.

        Raises:
            BadInput: when clips are padded.
        """
        refuse_padding(mask, "aasist-frames")
        image = self.narrow(frames).transpose(1, 2).unsqueeze(1)
        image = functional.selu(self.norm(functional.max_pool2d(image, 3)))
        maps = functional.selu(self.maps_norm(self.blocks(image)))
        weight = self.attention(maps)
        spectral = (maps * torch.softmax(weight, -1)).sum(-1).transpose(1, 2) + self.band_positions
        temporal = (maps * torch.softmax(weight, -2)).sum(-2).transpose(1, 2)
        spectral = self.pool_spectral(self.spectral(spectral))
        temporal = self.pool_temporal(self.temporal(temporal))
        one, other = (branch(temporal, spectral) for branch in self.branches)
        temporal, spectral, stack = (torch.maximum(a, b) for a, b in zip(one, other, strict=True))
        parts = [temporal.abs().amax(1), temporal.mean(1), spectral.abs().amax(1), spectral.mean(1)]
        read = torch.cat([*parts, stack[:, 0].expand(len(frames), -1)], dim=1)
        logits: torch.Tensor = self.out(self.drop(read))
        return logits


class AasistFramesSystem(FrameDetector):
    """AASIST on the frames of an encoder."""

    RECIPE: FrameRecipe = AasistFramesRecipe(
        system="aasist-frames",
        views=(View(encoder="whisper-base", layers=(3,), length=200, cut="random", short="repeat"),),
        outputs=2,
        loss="cross-entropy",
        batch=32,
        epochs=30,
        patience=6,
        optimiser=Optimiser(learning_rate=3e-4, weight_decay=1e-4),
    )
    CLAIMS: Mapping[str, object] = {
        "ASVspoof 2021 LA, DF, best (mean)": {"eer_percent": ("0.82 (1.00)", "2.85 (3.69)")},
        "In-the-Wild": {"eer_percent": 10.46},
        "back-end parameters": 447_000,
    }
    SOURCES: Mapping[str, str] = dict.fromkeys(
        ("narrow", "graphs", "outputs", "loss", "optimiser.weight_decay"), "published"
    )
    PAPER = "Tak et al.: Spoofing and deepfake detection using wav2vec 2.0, Odyssey 2022"

    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The network."""
        assert isinstance(recipe, AasistFramesRecipe)
        return AasistFrames(shape[-1], recipe.outputs, narrow=recipe.narrow, graphs=recipe.graphs)


class AasistRawRecipe(FrameRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of AASIST on the waveform.

    Args:
        graphs: what the network is made of.
    """

    graphs: GraphRecipe = GraphRecipe()


class AasistSystem(FrameDetector):
    """AASIST on the waveform."""

    RECIPE: FrameRecipe = AasistRawRecipe(
        system="aasist",
        views=(View(name="waveform", input="waveform", length=64_600, short="repeat"),),
        outputs=2,
        loss="cross-entropy",
        class_weights=(0.1, 0.9),
        batch=24,
        epochs=100,
        patience=None,
        validation=0.1,
        optimiser=Optimiser(
            name="adam", learning_rate=1e-4, weight_decay=1e-4, schedule="cosine", period=100, lowest=5e-6
        ),
    )
    CLAIMS: Mapping[str, object] = {
        "ASVspoof 2019 LA eval": {"eer_percent": 0.83, "min_tdcf": 0.0275},
        "parameters": 297_866,
    }
    SOURCES: Mapping[str, str] = dict.fromkeys(
        ("graphs", "outputs", "loss", "class_weights", "batch", "epochs", "optimiser", "views.0.length"),
        "published",
    ) | {"optimiser.schedule": "our choice", "optimiser.period": "our choice"}
    PAPER = "Jung et al.: AASIST, ICASSP 2022 (cosine annealing by step there, by epoch here)"

    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The network, and a layer that takes the waveform's last axis away."""
        del shape
        assert isinstance(recipe, AasistRawRecipe)
        return _Waveform(Aasist(recipe.graphs))


class _Waveform(nn.Module):
    """Hands (batch, samples, 1) on as (batch, samples)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, waveforms: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        refuse_padding(mask, "aasist")
        logits: torch.Tensor = self.network(waveforms.squeeze(-1))
        return logits
