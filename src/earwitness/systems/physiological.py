"""Stress from ECG, EMG and EDA: speech encoders that hear body signals, and a network on the signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import msgspec
import numpy as np
import torch
from torch import nn

from earwitness.audio.physiological import Kind, SignalReading
from earwitness.audio.physiological import Mapping as To16k
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.window_rows import STATE, window_rows
from earwitness.errors import BadInput
from earwitness.layers.embedding_cnn import EmbeddingCnn
from earwitness.systems.single_vector import SideBySide
from earwitness.systems.vector_fusion import Embedded, Fused, FusionBody, FusionRecipe, VectorFusion
from earwitness.training.data import Batch
from earwitness.training.recipe import View
from earwitness.training.stage import Stage

KINDS: tuple[Kind, ...] = ("ecg", "emg", "eda")
PAPER = "speech foundation models on physiological signals (stress recognition)"
CLAIMS: Mapping[str, object] = {
    "encoders against the raw signal": "vectors of speech encoders above networks on the raw signal",
    "multilingual encoders": "best of the speech encoders (XLS-R, MMS, Whisper)",
    "figures": "accuracy; data set and numbers are not in the public text",
}


class PhysiologicalRecipe(FusionRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a system over windows of body signals; the paper's are not established but for accuracy.

    Args:
        window: seconds. 10 s suit `resample`; `relabel` leaves of them, at 700 Hz, 0.4 s.
        hop: from one window to the next, as a share of its length, above 0 to 1.
        states: that are told apart; windows of others are left out. All that there are when empty.
        head: `fcn` (dense layers on the vectors) or `cnn` (`filters` first).
    """

    window: float = 10.0
    hop: float = 0.5
    states: tuple[str, ...] = ("baseline", "stress")
    head: Literal["fcn", "cnn"] = "fcn"
    target: str = STATE
    filters: tuple[int, ...] = (64, 128)
    hidden: tuple[int, ...] = (90, 45)

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(view.signal is None for view in self.views):
            raise BadInput("each view names its signal", where="recipe.views")
        if len(self.states) == 1:
            raise BadInput("needs two states or more", where="recipe.states")


def signal_views(
    kinds: Sequence[Kind], mapping: To16k = "relabel", *, encoder: str = "whisper-base", layer: int | None = 6
) -> tuple[View, ...]:
    """A view of vectors for each signal.

    Args:
        kinds: of signals, one view each, by whose name it is found.
        mapping: to 16 kHz.
        encoder: that hears them.
        layer: its hidden state; `None` where it has only one.

    Example:
        >>> [view.name for view in signal_views(("ecg", "eda"))]
        ['ecg', 'eda']
    """
    layers = () if layer is None else (layer,)
    return tuple(
        View(
            name=kind, input="vector", encoder=encoder, layers=layers,
            signal=SignalReading(kind=kind, mapping=mapping),
        )
        for kind in kinds
    )  # fmt: skip


class _Windows(VectorFusion):
    """What systems over windows of body signals share."""

    PAPER = PAPER
    CLAIMS = CLAIMS
    VIEWS = None

    def cut(self, recipe: PhysiologicalRecipe, corpus: Corpus, *, labelled: bool = True) -> Corpus:
        """The windows of a corpus of signals, each with all signals that the views name.

        Raises:
            BadInput: when there are none.
        """
        kinds = [view.signal.kind for view in recipe.views if view.signal is not None]
        return window_rows(
            corpus, kinds=kinds, states=recipe.states, seconds=recipe.window, hop=recipe.hop,
            labelled=labelled,
        )  # fmt: skip


_RECIPE = PhysiologicalRecipe(system="physiological", views=signal_views(KINDS))


class Physiological(_Windows):
    """Stress from windows of ECG, EMG and EDA that a speech encoder hears, one signal or all side by side."""

    RECIPE: FusionRecipe = _RECIPE
    RECIPES: Mapping[str, FusionRecipe] = {
        "resample": msgspec.structs.replace(_RECIPE, views=signal_views(KINDS, "resample")),
        **{kind: msgspec.structs.replace(_RECIPE, views=signal_views((kind,))) for kind in KINDS},
        **{
            f"{kind}-resample": msgspec.structs.replace(_RECIPE, views=signal_views((kind,), "resample"))
            for kind in KINDS
        },
        "cnn": msgspec.structs.replace(_RECIPE, head="cnn", hidden=(128,)),
        "long-windows": msgspec.structs.replace(_RECIPE, window=60.0, hop=0.25),
        "three-states": msgspec.structs.replace(_RECIPE, states=("baseline", "stress", "amusement")),
    }

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """The vectors side by side, each through a CNN first where the head is one."""
        assert isinstance(recipe, PhysiologicalRecipe)
        return SideBySide(dimensions, recipe.filters if recipe.head == "cnn" else ())


class RawSignalRecipe(PhysiologicalRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of the network on the signal itself; the paper gives no sizes, these are ours.

    Args:
        stem: filters of the first convolution.
        kernel: samples of it.
        stride: samples from one of its steps to the next.
        positions: to which the maps are averaged before the dense layers, so that windows of any length
            and rate fit; the alternative, flattening them all, ties the network to one length.
    """

    READS: ClassVar[str] = "waveform"
    stem: int = 16
    kernel: int = 16
    stride: int = 4
    positions: int = 64
    filters: tuple[int, ...] = (32, 64)
    hidden: tuple[int, ...] = (128,)
    standardise: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.standardise:
            raise BadInput("windows of a signal are standardised one by one already", where="recipe")
        if min(self.stem, self.kernel, self.stride, self.positions) < 1 or not self.filters:
            raise BadInput("stem, kernel, stride and positions must be 1 or more", where="recipe")


class RawSignalBody(FusionBody):
    """Windows through a wide first convolution and the blocks of the embedding CNN, one network a signal.

    Args:
        recipe: its settings.
        views: how many signals.

    Example:
        >>> body = RawSignalBody(RawSignal.RECIPE, 2)
        >>> fused, _ = body.fuse(body.embed([torch.randn(3, 7000, 1), torch.randn(3, 7000, 1)]), None)
        >>> tuple(fused.shape)  # 2 signals of 64 positions of 64 channels
        (3, 8192)
    """

    def __init__(self, recipe: RawSignalRecipe, views: int) -> None:
        super().__init__()
        self.networks = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(1, recipe.stem, recipe.kernel, recipe.stride),
                nn.ReLU(),
                *EmbeddingCnn(2 ** len(recipe.filters), recipe.filters, inputs=recipe.stem).blocks,
                nn.AdaptiveAvgPool1d(recipe.positions),
                nn.Flatten(),
            )
            for _ in range(views)
        )
        self.shortest = recipe.kernel + recipe.stride * 2 ** len(recipe.filters)
        self.outputs = views * recipe.filters[-1] * recipe.positions

    def embed(self, views: Sequence[torch.Tensor]) -> Embedded:
        """(batch, channels * positions) of each signal, (batch, samples, 1)."""
        for view in views:
            if view.shape[1] < self.shortest:
                raise BadInput(f"a window of {view.shape[1]} samples is too short for this network")
        return tuple(net(view.transpose(1, 2)) for net, view in zip(self.networks, views, strict=True))

    def fuse(self, embedded: Embedded, bank: Embedded | None) -> Fused:
        """All of them, side by side."""
        del bank
        return torch.cat(embedded, 1), {}


def raw_views(kinds: Sequence[Kind]) -> tuple[View, ...]:
    """A view of the samples of each signal, at its own rate."""
    return tuple(View(name=kind, input="waveform", signal=SignalReading(kind=kind)) for kind in kinds)


_RAW = RawSignalRecipe(system="physiological-raw", views=raw_views(KINDS))


class RawSignal(_Windows):
    """The baseline: a convolutional network on the windows of ECG, EMG and EDA themselves."""

    RECIPE: FusionRecipe = _RAW
    RECIPES: Mapping[str, FusionRecipe] = {
        kind: msgspec.structs.replace(_RAW, views=raw_views((kind,))) for kind in KINDS
    }

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """A network a signal."""
        assert isinstance(recipe, RawSignalRecipe)
        return RawSignalBody(recipe, len(dimensions))

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """As of every fusion."""
        _refuse_ragged(batch)
        return super().losses(module, batch, stage)

    def score(
        self, module: nn.Module, batch: Batch, fitted: Mapping[str, object] | None = None
    ) -> Mapping[str, np.ndarray]:
        """As of every fusion."""
        _refuse_ragged(batch)
        return super().score(module, batch, fitted)


def _refuse_ragged(batch: Batch) -> None:
    """Padding would be heard, and a window would depend on its company."""
    for name in batch.views:
        if not batch.full(name):
            raise BadInput("has windows of differing rates; the network hears one", where=name)
