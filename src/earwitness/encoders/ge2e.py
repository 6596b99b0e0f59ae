"""GE2E speaker embeddings through onnxruntime: 256 numbers that say whose voice it is."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import onnxruntime
import scipy.fft

from earwitness.assets import asset
from earwitness.encoders.log_mel import mel_bands

SAMPLE_RATE = 16_000
MASK_HOP = 320
"""Samples of one place of the speech mask (20 ms)."""
LEVEL = 10 ** (-30 / 20)
"""Root mean square to which every window is brought (-30 dB full scale, the network's own level)."""
WINDOW, HOP = 400, 160
"""Samples of one mel frame and between two of them (25 and 10 ms)."""
FRAMES, STEP = 160, 80
"""Mel frames of one window and between two of them (1.6 and 0.8 s)."""
SHORTEST = 80
"""Mel frames of speech (0.8 s) below which there is no embedding."""
BATCH = 16
"""Windows that go through the network together."""
MOST = 256
"""Windows kept; of a longer recording every second, then every fourth ... is taken."""


class VoiceEmbedding(NamedTuple):
    """What a voice sounds like.

    Args:
        vector: shape `(256,)`, float32, length one.
        speech: seconds of speech that were heard.
        windows: windows of 1.6 s of which it is the mean.
    """

    vector: np.ndarray
    speech: float
    windows: int


class VoiceStream:
    """Samples and speech mask in, one embedding out, in constant memory.

    What is not speech is left out and the rest joined; windows of 1.6 s every 0.8 s are brought
    to one level and embedded; their mean, divided by its length, is the voice. Of long recordings
    every second, every fourth ... window is taken, evenly over the whole. The result depends on
    the samples and the mask alone, not on how they are cut into blocks.

    Example:
        >>> stream = VoiceStream()
        >>> stream.push(np.zeros(16_000, np.float32))
        >>> stream.push_mask(np.zeros(50, bool))
        >>> stream.finish() is None
        True
    """

    def __init__(self) -> None:
        self._blocks: list[np.ndarray] = []
        self._masks: list[np.ndarray] = []
        self._speech = np.zeros(WINDOW // 2, np.float32)  # before the beginning there is silence
        self._heard = 0
        self._window = 0
        self._stride = 1
        self._waiting: list[tuple[int, np.ndarray]] = []
        self._kept: list[tuple[int, np.ndarray]] = []

    def push(self, samples: np.ndarray) -> None:
        """Hand over the next samples, `(samples,)` at 16 kHz; they are kept until their mask comes."""
        self._blocks.append(np.array(samples, np.float32))

    def push_mask(self, speech: np.ndarray) -> None:
        """Say which of the next stretches of 20 ms are speech, `(places,)`; it may lag behind."""
        self._masks.append(np.asarray(speech, bool))
        self._join()
        needed = (FRAMES - 1) * HOP + WINDOW
        while len(self._speech) >= needed:
            self._take(self._speech[:needed])
            self._speech = self._speech[STEP * HOP :]

    def finish(self) -> VoiceEmbedding | None:
        """The embedding of all that was heard, or `None` when there was too little speech (0.8 s)."""
        self._join()
        if self._window == 0:
            frames = (len(self._speech) - WINDOW // 2) // HOP
            if frames < SHORTEST:
                return None
            self._take(np.pad(self._speech, (0, WINDOW // 2))[: (frames - 1) * HOP + WINDOW])
        self._embed()
        mean = np.mean([vector for _, vector in self._kept], axis=0, dtype=np.float64)
        vector = np.asarray(mean / np.linalg.norm(mean), np.float32)
        return VoiceEmbedding(vector, self._heard / SAMPLE_RATE, len(self._kept))

    def _join(self) -> None:
        """Append what the mask calls speech."""
        if not self._masks or not self._blocks:
            return
        mask, samples = np.concatenate(self._masks), np.concatenate(self._blocks)
        places = min(len(mask), len(samples) // MASK_HOP)
        heard = samples[: places * MASK_HOP].reshape(places, MASK_HOP)[mask[:places]].reshape(-1)
        self._heard += len(heard)
        self._speech = np.concatenate([self._speech, heard])
        self._masks, self._blocks = [mask[places:]], [samples[places * MASK_HOP :]]

    def _take(self, samples: np.ndarray) -> None:
        if self._window % self._stride == 0:
            self._waiting.append((self._window, samples))
            if len(self._waiting) == BATCH:
                self._embed()
        self._window += 1

    def _embed(self) -> None:
        if self._waiting:
            vectors = embed_windows(np.stack([samples for _, samples in self._waiting]))
            self._kept += zip([number for number, _ in self._waiting], vectors, strict=True)
            self._waiting = []
        if len(self._kept) > MOST:
            self._stride *= 2
            self._kept = [(number, vector) for number, vector in self._kept if number % self._stride == 0]


def embed_windows(windows: np.ndarray) -> np.ndarray:
    """Embeddings of stretches of speech, each brought to one level.

    Args:
        windows: shape `(windows, samples)`, float32, 16 kHz: 400 samples for the first mel frame
            and 160 for each further one.

    Returns:
        Shape `(windows, 256)`, float32, each of length one.
    """
    power = np.mean(np.square(windows, dtype=np.float64), axis=1)
    gain = LEVEL**2 / np.maximum(power, 1e-12)
    frames = np.lib.stride_tricks.sliding_window_view(windows, WINDOW, axis=1)[:, ::HOP]
    spectrum = scipy.fft.rfft(frames * _hann(), axis=2)
    mel = (spectrum.real**2 + spectrum.imag**2) @ _mel()
    mel *= gain[:, None, None].astype(np.float32)
    (vectors,) = _network().run(["embedding"], {"mel": np.ascontiguousarray(mel.transpose(1, 0, 2))})
    return vectors


@functools.cache
def _network() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # One thread: the same sums in the same order, and for so small a network the fastest.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(asset("ge2e")), options, providers=["CPUExecutionProvider"])


@functools.cache
def _hann() -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


@functools.cache
def _mel() -> np.ndarray:
    return np.ascontiguousarray(mel_bands(40).T, np.float32)
