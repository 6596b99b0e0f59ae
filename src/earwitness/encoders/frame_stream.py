"""Encode a recording while it arrives, in constant memory."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future

import numpy as np

from earwitness.encoders.chunking import Chunk, chunk
from earwitness.encoders.onnx_encoder import OnnxEncoder


class FrameStream:
    """Blocks of samples in, frames out, in order, the same as of the whole recording.

    A chunk is encoded by the encoder's own threads as soon as it is known whether it is the
    last one; frames are given back when they are ready, so a block may bring the frames of an
    earlier chunk. No more than `threads + 1` chunks wait at a time.

    Args:
        encoder: gives the frames.
    """

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder, self._chunking = encoder, encoder.front.chunking
        self._index = 0
        self._kept = np.zeros(0, np.float32)
        self._first = 0  # place of the first kept sample in the recording
        self._blocks: list[np.ndarray] = []
        self._samples = 0
        self._running: deque[tuple[Chunk, Future[np.ndarray]]] = deque()

    def push(self, block: np.ndarray) -> list[np.ndarray]:
        """Hand over the next samples.

        Args:
            block: shape `(samples,)`, float32, at the encoder's rate, of any length.

        Returns:
            What has become ready: arrays of shape `(layers, frames, dimension)`, in order;
            often none.
        """
        if len(block):
            self._blocks.append(np.array(block, np.float32))
            self._samples += len(block)
        # Only a sample beyond the context shows that the chunk is not the last one.
        while self._samples > (self._index + 1) * self._chunking.core + self._chunking.context:
            self._begin(chunk(self._index, None, self._chunking))
            self._index += 1
        return self._ready(self._encoder.threads + 1)

    def finish(self) -> list[np.ndarray]:
        """The recording has ended: all frames that have not been given yet, in order."""
        if self._samples:
            self._begin(chunk(self._index, self._samples, self._chunking))
        return self._ready(0)

    def _begin(self, place: Chunk) -> None:
        self._kept = np.concatenate([self._kept, *self._blocks])
        self._blocks = []
        self._running.append(
            (place, self._encoder.submit(self._kept[place.start - self._first : place.end - self._first]))
        )
        following = place.core_end - self._chunking.context - self._first
        self._first += following
        self._kept = self._kept[following:]

    def _ready(self, waiting: int) -> list[np.ndarray]:
        given = []
        while self._running and (len(self._running) > waiting or self._running[0][1].done()):
            place, frames = self._running.popleft()
            given.append(frames.result()[:, place.kept])
        return given
