"""QAMO's and DPDA's ways of training, for heads on the frozen frames of the shipped detector.

Used by `head_search.py`. Everything but the way of training is that of the other heads: windows, rounds,
weights of the rows, pooling, optimiser.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import torch
from torch import nn

from earwitness.audio.rawboost import rawboost
from earwitness.corpora.quality_labels import quantile_thresholds
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.errors import BadInput
from earwitness.layers.am_softmax import am_softmax
from earwitness.layers.many_centres import Centres, centre_score, many_centre_loss
from earwitness.systems.frame_heads import Framed, FrameHeadTraining
from earwitness.systems.origin import Origin, OriginNetwork
from earwitness.systems.qamo_recipes import RECIPE as QAMO
from earwitness.task import DETECTION, Task
from earwitness.training.data import Batch, Examples
from earwitness.training.recipe import Recipe
from earwitness.training.stage import Stage

UNKNOWN = -1


def listening_quality(path: Path, table: pl.DataFrame) -> np.ndarray:
    """What was measured of every row; NaN where nothing was.

    Args:
        path: Parquet file with `id` and a column `mos_...`.
        table: of the corpus.
    """
    measured = pl.read_parquet(path)
    names = [name for name in measured.columns if name.startswith("mos_")]
    if len(names) != 1:
        raise BadInput("has not one column mos_...", where=str(path))
    known = dict(measured.select("id", names[0]).iter_rows())
    return np.array([known.get(name, np.nan) for name in table["id"]], np.float64)


class ManyCentres(Origin):
    """A head whose real speech has a centre for each class of listening quality."""

    def build(
        self, recipe: Recipe, dimensions: Mapping[str, tuple[int, ...]], task: Task = DETECTION
    ) -> OriginNetwork:
        """The network with centres in place of the single one."""
        network = super().build(recipe, dimensions, task)
        network.head = Centres(network.head.centre.shape[1], QAMO.centres)
        return network

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """One-class loss by the centre of a row's quality, and the quality loss, as published."""
        del stage
        cosine = self._logits(module, batch)
        real = batch.targets["origin"] == 0
        own = torch.where(real, batch.targets["quality"], UNKNOWN)
        one_class = many_centre_loss(
            cosine, real.long(), own, scale=QAMO.scale, real=QAMO.real, fake=QAMO.fake,
            weight=batch.targets["weight"].to(cosine.dtype),
        )  # fmt: skip
        quality = am_softmax(cosine, own, scale=QAMO.quality_scale, margin=QAMO.quality_margin)
        return {"clean": {"one-class": one_class, "quality": QAMO.quality_weight * quality}}


class QualityHeads(FrameHeadTraining):
    """Trains heads as QAMO does; thresholds of the quality classes come from the training rows.

    Args:
        given: as of `FrameHeadTraining`.
        quality: (clips,) measured, NaN unknown.
    """

    SYSTEM = ManyCentres

    def __init__(self, *given: Any, quality: np.ndarray) -> None:
        super().__init__(*given)
        self.quality = quality

    def examples(self, clips: np.ndarray) -> Examples:
        """The windows of some clips, real ones with the quality class of their clip."""
        made = super().examples(clips)
        real = clips[self.rows.bona_fide[clips]]
        known = self.quality[real][np.isfinite(self.quality[real])]
        classes = np.digitize(self.quality, quantile_thresholds(known, QAMO.centres))
        classes = np.where(np.isfinite(self.quality), classes, UNKNOWN).astype(np.int64)
        clip = self.pooled.clip[np.isin(self.pooled.clip, clips)]
        return msgspec.structs.replace(made, targets={**made.targets, "quality": classes[clip]})

    def window_scores(self, network: OriginNetwork, windows: np.ndarray) -> np.ndarray:
        """Scores (windows,): the cosines with all centres, weighted by their softmax."""
        cosine = torch.from_numpy(super().window_scores(network, windows))
        return centre_score(cosine, QAMO.scoring).numpy()


class Roughened:
    """An encoder that hears every clip through RawBoost, the same way each time.

    Args:
        encoder: that hears.
        algorithm: of RawBoost; 4 is that of DPDA and QAMO.
    """

    def __init__(self, encoder: OnnxEncoder, algorithm: int = 4) -> None:
        self._encoder, self._algorithm = encoder, algorithm

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    @property
    def revision(self) -> str:
        """Of the encoder and of what is done before it."""
        return f"{self._encoder.revision}+rawboost-{self._algorithm}"

    def encode(self, waveforms: Sequence[np.ndarray], sample_rate: int = 16_000) -> list[np.ndarray]:
        """Frames of roughened clips; what was drawn hangs on the samples alone."""
        rough = []
        for samples in waveforms:
            digest = hashlib.sha256(np.ascontiguousarray(samples).tobytes()).digest()
            rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
            made = rawboost(samples, sample_rate, self._algorithm, rng)
            rough.append(np.asarray(made, np.float32)[: len(samples)])
        return self._encoder.encode(rough, sample_rate)


class DualPath(Origin):
    """A head that sees every window clean and roughened."""

    def losses(
        self, module: nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """The same loss on both paths; the recipe's step aligns or sums them."""
        rough = msgspec.structs.replace(batch, views={**batch.views, "frames": batch.views["rough"]})
        paths = {"clean": batch, "augmented": rough}
        return {
            name: super(DualPath, self).losses(module, one, stage)["clean"] for name, one in paths.items()
        }


class DualPathHeads(FrameHeadTraining):
    """Trains heads on two paths, scores on the clean one.

    Args:
        given: as of `FrameHeadTraining`.
        rough: the same windows, roughened.
    """

    SYSTEM = DualPath

    def __init__(self, *given: Any, rough: Framed) -> None:
        super().__init__(*given)
        if not np.array_equal(rough.clip, self.pooled.clip):
            raise BadInput("windows are not those of the clean clips", where="rough")
        self.rough = rough.values

    def examples(self, clips: np.ndarray) -> Examples:
        """The windows of some clips, on both paths."""
        made = super().examples(clips)
        windows = np.flatnonzero(np.isin(self.pooled.clip, clips))
        return msgspec.structs.replace(
            made, readers={**made.readers, "rough": lambda row: self.rough[windows[row]]}
        )
