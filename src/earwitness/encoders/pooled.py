"""One vector a recording from an encoder of frames: statistics over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from earwitness.encoders.encoder import Encoder
from earwitness.errors import BadInput

STATISTICS = ("mean", "deviation")


class PooledEncoder:
    """An encoder whose frames are pooled over time, so that a store keeps vectors in place of frames.

    Args:
        encoder: of frames.
        statistics: of `STATISTICS`, in the order in which they stand in the vector; each over all layers.

    Raises:
        BadInput: when the encoder gives no frames, or a statistic is unknown.

    Example:
        >>> from earwitness.encoders.loading import load
        >>> pooled = PooledEncoder(load("log-mel"), ("mean", "deviation"))
        >>> pooled.dimension, pooled.encode([np.zeros(16000, np.float32)], 16000)[0].shape
        (160, (160,))
    """

    frame_rate: None = None
    layers: tuple[int, ...] = ()

    def __init__(self, encoder: Encoder, statistics: Sequence[str] = ("mean",)) -> None:
        if encoder.frame_rate is None:
            raise BadInput("gives one vector a recording already", where=encoder.name)
        if not statistics or set(statistics) - set(STATISTICS):
            raise BadInput(f"statistics are {', '.join(STATISTICS)}", where="pooled")
        self.encoder, self.statistics = encoder, tuple(statistics)
        self.name = encoder.name
        inner = f"layers {','.join(map(str, encoder.layers))}" if encoder.layers else "frames"
        self.revision = f"{encoder.revision}; {', '.join(statistics)} of {inner}"
        self.sample_rate, self.policy, self.precision = encoder.sample_rate, encoder.policy, encoder.precision
        self.dimension = encoder.dimension * max(len(encoder.layers), 1) * len(self.statistics)

    def encode(self, waveforms: Sequence[np.ndarray], sample_rate: int) -> list[np.ndarray]:
        """Encode whole recordings.

        Args:
            waveforms: each `(samples,)`.
            sample_rate: in Hz.

        Returns:
            One `(dimension,)` float32 for each.
        """
        return [self._pooled(frames) for frames in self.encoder.encode(waveforms, sample_rate)]

    def _pooled(self, frames: np.ndarray) -> np.ndarray:
        if not frames.shape[-2]:
            raise BadInput("is too short for a single frame", where=self.name)
        made = {"mean": frames.mean(-2), "deviation": frames.std(-2)}
        return np.concatenate([made[name].ravel() for name in self.statistics]).astype(np.float32)
