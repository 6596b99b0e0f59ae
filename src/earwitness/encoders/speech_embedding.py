"""Google's speech embedding: 96 numbers for each window of 0.78 s, trained to tell keywords apart."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import onnxruntime

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.one_by_one import OneByOne
from earwitness.encoders.weights import weight_bytes
from earwitness.errors import BadInput

MEL_FILE = 1_087_958
"""Bytes of the first of the two ONNX files, the mel spectrogram; the embedding follows."""
WINDOW, STEP = 76, 8
"""Mel frames (10 ms) of one window and between two of them."""
HOP = 160
SHORTEST = 512 + (WINDOW - 1) * HOP
"""Samples (0.78 s) of one window; a shorter clip is followed by silence, as the model's users fill clips."""
FULL_SCALE = 32_768.0
"""The networks hear 16-bit integers."""
_AT_ONCE = 64
_CHUNK = 6000  # mel frames, a minute


class SpeechEmbedding:
    """Both networks, one thread each.

    The first network lifts what lies more than 80 dB below the loudest of what it is given, which is
    a minute at most. So the embedding of a stretch depends on the minute around it, as everywhere
    these networks are used, but never on other recordings.

    Args:
        content: the two ONNX files, one after the other.

    Raises:
        BadInput: when onnxruntime cannot read them.

    References:
        Lin et al.: Training keyword spotters with limited and synthesized speech data. ICASSP 2020.
    """

    def __init__(self, content: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._mel, self._embedding = (
                onnxruntime.InferenceSession(part, options, providers=["CPUExecutionProvider"])
                for part in (content[:MEL_FILE], content[MEL_FILE:])
            )
        except Exception as error:  # onnxruntime raises types of its own that are not public
            raise BadInput("are not the two networks", where="speech-embedding") from error

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Embeddings of a recording.

        Args:
            samples: shape `(samples,)`, float32, 16 kHz.

        Returns:
            Shape `(windows, 96)`: one window every 80 ms, at least one; none of no samples.
        """
        if not len(samples):
            return np.zeros((0, 96), np.float32)
        mel = self.mel(np.pad(samples, (0, max(0, SHORTEST - len(samples)))))
        windows = np.lib.stride_tricks.sliding_window_view(mel, WINDOW, axis=0)[::STEP].transpose(0, 2, 1)
        given = []
        for first in range(0, len(windows), _AT_ONCE):
            batch = np.ascontiguousarray(windows[first : first + _AT_ONCE, :, :, None])
            (vectors,) = self._embedding.run(None, {"input_1": batch})
            given.append(vectors.reshape(-1, 96))
        return np.concatenate(given)

    def mel(self, samples: np.ndarray) -> np.ndarray:
        """The mel spectrogram that the embedding hears, `(frames, 32)`; a minute at a time."""
        # The network's own analysis: windows of 512 samples (more than 25 ms), nothing is padded.
        frames = max(0, (len(samples) - 512) // HOP + 1)
        parts = [np.zeros((0, 32), np.float32)]
        scaled = samples * np.float32(FULL_SCALE)
        for first in range(0, frames, _CHUNK):
            last = min(first + _CHUNK, frames)
            heard = scaled[first * HOP : (last - 1) * HOP + 512]
            (decibels,) = self._mel.run(None, {"input": heard[None]})
            parts.append(decibels.reshape(-1, 32) / np.float32(10) + np.float32(2))
        return np.concatenate(parts)


def load_speech_embedding(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - one thread suffices
) -> OneByOne:
    """The speech embedding with the weights that openWakeWord carries.

    Raises:
        BadInput: when layers are asked for or there are no weights.
    """
    if layers is not None:
        raise BadInput("has no layers to choose from", where=entry.name)
    content = weight_bytes(entry, weights)
    revision = f"{entry.weights.sha256[:12] if entry.weights else ''}-m2"
    return OneByOne(entry, revision, SpeechEmbedding(content))
