"""AASIST: graph attention on the raw waveform. A rival to be measured, not a part of any shipped finding.

Jung et al.: AASIST: audio anti-spoofing using integrated spectro-temporal graph attention
networks. ICASSP 2022 [1]. Own code; the published checkpoint (trained on ASVspoof 2019 LA, see
`aasist_checkpoint`) gives the same logits in this network as in the authors' one, to 1e-5.

Example:
    >>> network = Aasist(RECIPE).eval()
    >>> logits = network(torch.zeros(1, RECIPE.samples))
    >>> logits.shape
    torch.Size([1, 2])
"""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from earwitness.errors import BadInput
from earwitness.layers.graph_attention import GraphAttention, GraphPool, HeterogeneousGraphAttention
from earwitness.layers.sinc import SincConvolution


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the network is made of.

    Args:
        samples: length of the input at `sample_rate`; longer is cut, shorter repeated.
        sample_rate: in Hz.
        bands: band-pass filters on the waveform.
        taps: length of a filter in samples.
        channels: of the six residual blocks.
        graph: node dimension of the first graphs.
        heterogeneous: node dimension of the joint graphs.
        keep_spectral: share of spectral nodes kept after the first graph.
        keep_temporal: share of temporal nodes kept after the first graph.
        keep_joint: share of either kind kept inside the joint graphs.
        temperature: of the attention in the first graphs.
        joint_temperature: of the attention in the joint graphs.
        pre_activation: whether blocks 2 to 6 normalise and activate their input. The paper
            draws it so; the published network computes it and then convolves the raw input,
            and its checkpoint gives nonsense with `True`.
    """

    samples: int = 64_600
    sample_rate: int = 16_000
    bands: int = 70
    taps: int = 128
    channels: tuple[int, int, int, int, int, int] = (32, 32, 64, 64, 64, 64)
    graph: int = 64
    heterogeneous: int = 32
    keep_spectral: float = 0.5
    keep_temporal: float = 0.7
    keep_joint: float = 0.5
    temperature: float = 2.0
    joint_temperature: float = 100.0
    pre_activation: bool = False


RECIPE = Recipe()
"""The published AASIST, 297,866 parameters."""

RECIPE_LIGHT = Recipe(
    channels=(32, 32, 24, 24, 24, 24),
    graph=24,
    heterogeneous=32,
    keep_spectral=0.4,
    keep_temporal=0.5,
    keep_joint=0.7,
)
"""The published AASIST-L, 85,306 parameters; its checkpoint is on no package index."""

CLAIMS = {
    "ASVspoof 2019 LA eval, AASIST": {"eer_percent": 0.83, "min_tdcf": 0.0275},
    "ASVspoof 2019 LA eval, AASIST-L": {"eer_percent": 0.99, "min_tdcf": 0.0309},
}
"""Best of several seeds, by the authors [1, table 1]; the corpus is not on a package index."""


class ResidualBlock(nn.Module):
    """Two convolutions over bands and time with a short cut; time is divided by three, or by `pool`.

    Args:
        inputs: channels in.
        outputs: channels out.
        first: whether the input comes already normalised and activated.
        pre_activation: whether to normalise and activate the input of the other blocks.
        pool: by which time is divided.
    """

    def __init__(
        self, inputs: int, outputs: int, *, first: bool, pre_activation: bool, pool: int = 3
    ) -> None:
        super().__init__()
        self.pool = pool
        # Kept where it is not used, so that checkpoints fit and the published count holds.
        self.norm_in = None if first else nn.BatchNorm2d(inputs)
        self.pre_activation = pre_activation
        self.conv_in = nn.Conv2d(inputs, outputs, (2, 3), padding=(1, 1))
        self.norm_out = nn.BatchNorm2d(outputs)
        # The first convolution makes one band more, this one takes it back.
        self.conv_out = nn.Conv2d(outputs, outputs, (2, 3), padding=(0, 1))
        self.short_cut = nn.Conv2d(inputs, outputs, (1, 3), padding=(0, 1)) if inputs != outputs else None

    def forward(self, maps: Tensor) -> Tensor:
        """`(batch, inputs, bands, time)` to `(batch, outputs, bands, time // 3)`."""
        inner = maps
        if self.norm_in is not None and self.pre_activation:
            inner = functional.selu(self.norm_in(maps))
        inner = self.conv_out(functional.selu(self.norm_out(self.conv_in(inner))))
        around = maps if self.short_cut is None else self.short_cut(maps)
        return functional.max_pool2d(inner + around, (1, self.pool)) if self.pool > 1 else inner + around


class JointBranch(nn.Module):
    """Two joint graph layers with pooling between; one of the two competing branches [1, section 2.4].

    Args:
        recipe: dimensions, shares and temperature.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        narrow = recipe.heterogeneous
        self.stack = nn.Parameter(torch.randn(1, 1, recipe.graph))
        self.joint_in = HeterogeneousGraphAttention(recipe.graph, narrow, recipe.joint_temperature)
        self.pool_temporal = GraphPool(narrow, recipe.keep_joint)
        self.pool_spectral = GraphPool(narrow, recipe.keep_joint)
        self.joint_out = HeterogeneousGraphAttention(narrow, narrow, recipe.joint_temperature)
        self.drop = nn.Dropout(0.2)

    def forward(self, temporal: Tensor, spectral: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Temporal and spectral nodes in; fewer of both, and the stack node `(batch, 1, narrow)`, out."""
        temporal, spectral, stack = self.joint_in(temporal, spectral, self.stack)
        temporal, spectral = self.pool_temporal(temporal), self.pool_spectral(spectral)
        added = self.joint_out(temporal, spectral, stack)
        return self.drop(temporal + added[0]), self.drop(spectral + added[1]), self.drop(stack + added[2])


class Aasist(nn.Module):
    """The network: sinc filters, a residual encoder, spectral, temporal and joint graphs.

    Args:
        recipe: what it is made of.
    """

    def __init__(self, recipe: Recipe = RECIPE) -> None:
        super().__init__()
        self.recipe = recipe
        self.filters = SincConvolution(recipe.bands, recipe.taps, recipe.sample_rate)
        self.norm = nn.BatchNorm2d(1)
        widths = (1, *recipe.channels)
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(inputs, outputs, first=i == 0, pre_activation=recipe.pre_activation)
                for i, (inputs, outputs) in enumerate(pairwise(widths))
            )
        )
        self.band_positions = nn.Parameter(torch.randn(1, recipe.bands // 3, widths[-1]))
        self.spectral = GraphAttention(widths[-1], recipe.graph, recipe.temperature)
        self.temporal = GraphAttention(widths[-1], recipe.graph, recipe.temperature)
        self.pool_spectral = GraphPool(recipe.graph, recipe.keep_spectral)
        self.pool_temporal = GraphPool(recipe.graph, recipe.keep_temporal)
        self.branches = nn.ModuleList([JointBranch(recipe), JointBranch(recipe)])
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(5 * recipe.heterogeneous, 2)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Logits of a batch.

        Args:
            waveforms: `(batch, samples)` at 16 kHz, as decoded (no normalisation).

        Returns:
            `(batch, 2)`: spoof, bona fide.
        """
        logits: Tensor = self.out(self.drop(self.embed(waveforms)))
        return logits

    def embed(self, waveforms: Tensor) -> Tensor:
        """The read-out before the last layer, `(batch, 5 * heterogeneous)`."""
        bands = functional.max_pool2d(self.filters(waveforms).abs()[:, None], 3)
        maps = self.blocks(functional.selu(self.norm(bands))).abs()  # (batch, channels, bands, time)
        spectral = self.spectral(maps.amax(dim=3).transpose(1, 2) + self.band_positions)
        temporal = self.temporal(maps.amax(dim=2).transpose(1, 2))
        spectral, temporal = self.pool_spectral(spectral), self.pool_temporal(temporal)
        one, other = (branch(temporal, spectral) for branch in self.branches)
        # The max graph operation: nodes of the two branches compete in place, element by element.
        temporal, spectral, stack = (torch.maximum(a, b) for a, b in zip(one, other, strict=True))
        parts = [temporal.abs().amax(1), temporal.mean(1), spectral.abs().amax(1), spectral.mean(1)]
        return torch.cat([*parts, stack[:, 0].expand(len(waveforms), -1)], dim=1)


def first_or_repeated(samples: np.ndarray, length: int) -> np.ndarray:
    """The first `length` samples, or the clip repeated until it is as long.

    Args:
        samples: `(samples,)`.
        length: in samples.

    Returns:
        `(length,)` float32.

    Raises:
        BadInput: when there are no samples.

    Example:
        >>> first_or_repeated(np.array([1.0, 2.0, 3.0]), 5).tolist()
        [1.0, 2.0, 3.0, 1.0, 2.0]
    """
    if not len(samples):
        raise BadInput("holds no samples")
    return np.resize(np.asarray(samples, np.float32), length)


def score(network: Aasist, samples: np.ndarray) -> float:
    """Score one clip as published: the bona fide logit of its first 64,600 samples.

    Args:
        network: for instance from `aasist_checkpoint.load`.
        samples: `(samples,)` float, 16 kHz mono.

    Returns:
        A logit; higher = more bona fide. It is not calibrated.

    Raises:
        BadInput: when there are no samples.

    Example:
        >>> isinstance(score(Aasist().eval(), np.zeros(16000, np.float32)), float)
        True
    """
    with torch.inference_mode():
        logits = network(torch.from_numpy(first_or_repeated(samples, network.recipe.samples))[None])
    return float(logits[0, 1])


def export(network: Aasist, path: str | Path) -> Path:
    """Write the network as ONNX: the same logits in less than half the time.

    Args:
        network: for instance from `aasist_checkpoint.load`.
        path: of the `.onnx` file; its graph takes `waveforms (batch, samples)` of the
            recipe's length and gives `logits (batch, 2)`: spoof, bona fide.

    Returns:
        The path.
    """
    with warnings.catch_warnings():
        # The tracing exporter is deprecated in favour of one that needs a further package;
        # for a graph of fixed shape both write the same.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (torch.zeros(1, network.recipe.samples),),
            str(path),
            input_names=["waveforms"],
            output_names=["logits"],
            dynamic_axes={"waveforms": {0: "batch"}, "logits": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
    return Path(path)
