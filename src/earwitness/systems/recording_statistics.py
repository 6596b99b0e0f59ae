"""The speech statistics of a corpus's clips, as `analyze` measures them, each clip encoded once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from earwitness.audio.activity import speech_probability
from earwitness.audio.decode import decode
from earwitness.audio.resample import resample
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.store import Store
from earwitness.encoders.store_key import Key
from earwitness.evidence.speech_mask import SpeechMask
from earwitness.evidence.speech_statistics import SpeechStatistics

SAMPLE_RATE = 16_000


def corpus_statistics(
    table: pl.DataFrame,
    folder: str | Path,
    encoder: OnnxEncoder,
    store: Store,
    progress: Callable[[int, int], object] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Statistics of every clip of a table.

    Args:
        table: with the column `path`.
        folder: that its paths are relative to.
        encoder: gives the frames.
        store: keeps what was measured.
        progress: called with (clips done, clips).

    Returns:
        (clips, 2 * layers * dimension) float32, and (clips,) speech in seconds.
    """
    values, speech = [], []
    for number, path in enumerate(table["path"]):
        found = _clip(Path(folder) / path, encoder, store)
        values.append(found[:-1])
        speech.append(float(found[-1]))
        if progress is not None:
            progress(number + 1, len(table))
    return np.stack(values), np.array(speech)


def _clip(path: Path, encoder: OnnxEncoder, store: Store) -> np.ndarray:
    recording = decode(path)
    key = Key(
        content=recording.sha256, view="speech-statistics", encoder=encoder.name, revision=encoder.revision,
        layers=encoder.layers, policy=encoder.policy, stored="float32",
    )  # fmt: skip
    known = store.get(key)
    if known is not None:
        return np.array(known, np.float32).ravel()
    samples = resample(recording.samples, recording.sample_rate, SAMPLE_RATE)
    (frames,) = encoder.encode([samples], SAMPLE_RATE)
    mask = SpeechMask(encoder.frame_rate)
    mask.push(speech_probability(samples))
    mask.finish()
    sums = SpeechStatistics(*np.array(frames.shape)[[0, 2]].tolist())
    sums.push(frames, mask.take(frames.shape[1]))
    found = np.append(sums.result(), np.float32(sums.frames / encoder.frame_rate))
    store.put(key, found[None])
    return found
