"""Heads that read frames, not statistics: the same windows, a few times a second, kept in the store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import torch

from earwitness.audio.recording import Recording
from earwitness.audio.resample import resample
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.store import Store
from earwitness.errors import BadInput
from earwitness.layers.pooling import masked_group_means
from earwitness.systems.clip_windows import SAMPLE_RATE, WindowRule, Windows, clip_windows
from earwitness.systems.detection_table import heard_sha256, recordings, store_key
from earwitness.systems.head_training import HeadTraining
from earwitness.systems.origin import OriginNetwork
from earwitness.training.data import Examples


class Framed(msgspec.Struct, frozen=True, kw_only=True):
    """Frames of every scored window of a corpus.

    Args:
        values: (windows, layers, frames, dimension) float16.
        mask: (windows, frames) 1 = speech.
        clip: (windows,) row of the corpus.
        speech: (windows,) speech frames of the encoder, the weight of each window in its clip's score.
        audio_sha256: over id and content hash of every row, as it was heard.
    """

    values: np.ndarray
    mask: np.ndarray
    clip: np.ndarray
    speech: np.ndarray
    audio_sha256: str = ""


def frame_corpus(
    table: pl.DataFrame,
    root: str | Path,
    encoder: OnnxEncoder,
    rule: WindowRule,
    coarsen: int,
    store: Store | None,
    progress: Callable[[int, int], None] | None = None,
) -> Framed:
    """Encode every clip once and keep the coarse frames of its windows.

    Args:
        table: of a corpus.
        root: folder that its paths start from.
        encoder: gives the frames.
        rule: window, hop and least speech.
        coarsen: frames that become one, by their mean over speech.
        store: holds the frames between runs; `None` keeps nothing.
        progress: called with (clips done, clips).
    """
    described = f"{coarsen}|{msgspec.json.encode(rule, order='sorted').decode()}"
    parts: list[np.ndarray] = []
    clips: list[np.ndarray] = []
    heard: list[str] = []
    for row, recording in enumerate(recordings(table, root)):
        heard.append(recording.sha256)
        found = _clip(recording, encoder, rule, coarsen, store, described)
        parts.append(found)
        clips.append(np.full(len(found), row))
        if progress is not None:
            progress(row + 1, len(table))
    kept = [part for part in parts if len(part)]
    if not kept:
        raise BadInput("no clip holds enough speech to be scored", where=str(root))
    every = np.concatenate(kept)
    return Framed(
        values=every[..., :-2],
        mask=every[:, 0, :, -2].astype(np.float32),
        clip=np.concatenate(clips),
        speech=every[:, 0, 0, -1].astype(np.float64),
        audio_sha256=heard_sha256(table, heard),
    )


def coarse_windows(windows: Windows, coarsen: int) -> np.ndarray:
    """Coarse frames of a clip's windows, with their mask and the windows' speech in two further columns.

    Args:
        windows: of one clip.
        coarsen: frames that become one.

    Returns:
        (windows, layers, frames, dimension + 2) float16.
    """
    frames, mask = masked_group_means(
        torch.from_numpy(windows.frames), torch.from_numpy(windows.mask.astype(np.float32)), coarsen
    )
    beside = np.stack([mask.numpy(), np.repeat(windows.speech[:, None], mask.shape[1], axis=1)], axis=-1)
    shape = (*frames.shape[:3], 2)
    return np.concatenate([frames.numpy(), np.broadcast_to(beside[:, None], shape)], -1).astype(np.float16)


def _clip(
    recording: Recording,
    encoder: OnnxEncoder,
    rule: WindowRule,
    coarsen: int,
    store: Store | None,
    described: str,
) -> np.ndarray:
    key = None
    if store is not None:
        key = msgspec.structs.replace(
            store_key(recording.sha256, encoder, ""), view=f"origin-frames {described}", stored="float16"
        )
        known = store.get(key)
        if known is not None:
            return known
    samples = resample(recording.samples, recording.sample_rate, SAMPLE_RATE)
    found = coarse_windows(clip_windows(samples, encoder, rule), coarsen)
    if store is not None and key is not None:
        store.put(key, found)
    return found


class FrameHeadTraining(HeadTraining):
    """Trains heads on the frames of windows; what `HeadTraining` does on their statistics.

    Args:
        framed: frames of every scored window, in place of `pooled`; the rest as in `HeadTraining`.
    """

    pooled: Framed  # type: ignore[assignment]

    def examples(self, clips: np.ndarray) -> Examples:
        """The windows of some clips, weighted so that classes, families and sources count alike."""
        windows = np.flatnonzero(np.isin(self.pooled.clip, clips))
        values, mask = self.pooled.values, self.pooled.mask
        return self.weighted(
            clips,
            self.pooled.clip[windows],
            {
                "frames": lambda row: values[windows[row]],
                "speech": lambda row: mask[windows[row]][:, None],
            },
        )

    def window_scores(self, network: OriginNetwork, windows: np.ndarray) -> np.ndarray:
        """Raw scores (windows,) of some windows by a trained head."""
        found = []
        with torch.no_grad():
            for start in range(0, len(windows), 64):
                some = windows[start : start + 64]
                frames = torch.from_numpy(self.pooled.values[some].astype(np.float32))
                embedded = network.embed(frames, torch.from_numpy(self.pooled.mask[some]))
                found.append(network.odds(network.logits(embedded)))
        return torch.cat(found).numpy()
