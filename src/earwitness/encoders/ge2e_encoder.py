"""GE2E as an encoder: one vector a recording, of its speech alone."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from earwitness.assets import catalogue
from earwitness.audio.activity import speech_probability, speech_segments
from earwitness.audio.resample import resample
from earwitness.encoders.catalogue import Entry
from earwitness.encoders.finite import finite
from earwitness.encoders.ge2e import MASK_HOP, SAMPLE_RATE, VoiceEmbedding, VoiceStream
from earwitness.encoders.log_mel import Normalise
from earwitness.errors import BadInput


def embed_voice(samples: np.ndarray) -> VoiceEmbedding | None:
    """The voice of a whole recording.

    Args:
        samples: shape `(samples,)`, float32, 16 kHz.

    Returns:
        Its embedding, or `None` when it holds less than 0.8 s of speech.

    Example:
        >>> embed_voice(np.zeros(32_000, np.float32)) is None
        True
    """
    stream = VoiceStream()
    stream.push(samples)
    stream.push_mask(speech_mask(samples))
    return stream.finish()


def speech_mask(samples: np.ndarray) -> np.ndarray:
    """Which stretches of 20 ms are speech: those whose middle lies in a stretch of speech.

    Args:
        samples: shape `(samples,)`, float32, 16 kHz.

    Returns:
        Shape `(samples // 320,)`, bool.
    """
    mask = np.zeros(len(samples) // MASK_HOP, bool)
    middles = (np.arange(len(mask)) + 0.5) * MASK_HOP / SAMPLE_RATE
    for start, end in speech_segments(speech_probability(samples)):
        mask |= (middles >= start) & (middles < end)
    return mask


class Ge2eEncoder:
    """Speaker embeddings of length one; all zeros where there is less than 0.8 s of speech."""

    name, sample_rate, dimension, frame_rate = "ge2e", SAMPLE_RATE, 256, None
    layers: tuple[int, ...] = ()
    policy, precision = "cropped", "fp32"

    @property
    def revision(self) -> str:
        """Changes whenever the vectors may change."""
        return f"{catalogue()['ge2e'].sha256[:12]}-w1"

    def encode(self, waveforms: Sequence[np.ndarray], sample_rate: int) -> list[np.ndarray]:
        """Embeddings of whole recordings, `(256,)` float32 each."""
        given = []
        for waveform in waveforms:
            voice = embed_voice(resample(np.asarray(waveform, np.float32), sample_rate, SAMPLE_RATE))
            vector = np.zeros(self.dimension, np.float32) if voice is None else voice.vector
            given.append(finite(vector, self.name))
        return given


def load_ge2e(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - one thread is the fastest
    normalise: Normalise = "none",  # noqa: ARG001 - every window is brought to one level anyway
) -> Ge2eEncoder:
    """The shipped GE2E network.

    Raises:
        BadInput: when layers or other weights are asked for.
    """
    if weights is not None or layers is not None:
        raise BadInput("is shipped with its weights and has no layers to choose from", where=entry.name)
    return Ge2eEncoder()
