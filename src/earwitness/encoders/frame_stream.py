"""Encode a recording while it arrives, in constant memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import Protocol, runtime_checkable

import numpy as np

from earwitness.audio.decode import stream
from earwitness.encoders.chunking import Chunk, Chunking, MeanOfChunks, chunk

MORE = 8
"""Frames that a last chunk may have beyond its length in hops, with room to spare."""


@runtime_checkable
class ChunkedEncoder(Protocol):
    """What hears a recording in fixed chunks: `OnnxEncoder`, and `TorchEncoder` of any family."""

    threads: int

    @property
    def sample_rate(self) -> int: ...  # noqa: D102 - as of every encoder
    @property
    def frame_rate(self) -> float | None: ...  # noqa: D102
    @property
    def chunking(self) -> Chunking:
        """How long recordings are cut."""
        ...

    def submit(self, samples: np.ndarray) -> Future[np.ndarray]:
        """Begin to encode one chunk: `(samples,)` -> `(layers, frames, dimension)`."""
        ...


class FrameStream:
    """Blocks of samples in, frames out, in order, the same as of the whole recording.

    A chunk is encoded by the encoder's own threads as soon as it is known whether it is the
    last one; frames are given back when they are ready, so a block may bring the frames of an
    earlier chunk. No more than `threads + 1` chunks wait at a time.

    `encode` cuts a whole recording at the same places, so that streamed and whole agree for every
    front end, also where something is taken over time: a group norm (wav2vec 2.0 base, HuBERT),
    the bands' mean and variance (w2v-BERT), a level, the attention. They are taken over one chunk,
    never over a whole long recording; a clip that fits into one chunk is heard as it is.

    Args:
        encoder: gives the frames; one of vectors (CLAP) gives their mean at the end.
    """

    def __init__(self, encoder: ChunkedEncoder) -> None:
        self._encoder, self._chunking = encoder, encoder.chunking
        self._index = 0
        self._kept = np.zeros(0, np.float32)
        self._first = 0  # place of the first kept sample in the recording
        self._blocks: list[np.ndarray] = []
        self._samples = 0
        self._running: deque[tuple[Chunk, Future[np.ndarray]]] = deque()
        self._mean = None if encoder.frame_rate is not None else MeanOfChunks()

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
        """The recording has ended: all frames that have not been given yet, in order.

        Of an encoder of vectors it is one array of shape `(1, 1, dimension)`, none for no samples.
        """
        if self._samples:
            self._begin(chunk(self._index, self._samples, self._chunking))
        given = self._ready(0)
        if self._mean is None:
            return given
        vector = self._mean.vector()
        return [] if vector is None else [vector[None, None]]

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
            if self._mean is None:
                given.append(frames.result()[:, place.kept])
            else:
                self._mean.push(place, frames.result())
        return given


def stream_frames(encoder: ChunkedEncoder, path: str | os.PathLike[str]) -> Iterator[np.ndarray]:
    """The frames of a recording on disk, decoded, resampled and encoded piece by piece.

    Args:
        encoder: gives the frames.
        path: of the file, of any length.

    Yields:
        Arrays of shape `(layers, frames, dimension)`, in order; joined they are what `encode` gives.

    Raises:
        BadInput: when the file cannot be read to its end.
    """
    frames = FrameStream(encoder)
    with stream(path, sample_rate=encoder.sample_rate) as blocks:
        for block in blocks:
            yield from frames.push(block)
    yield from frames.finish()


def frames_of_blocks(
    encoder: ChunkedEncoder, blocks: Iterable[np.ndarray], samples: int, kind: str
) -> np.ndarray:
    """All frames of a recording that comes in blocks; nothing but they themselves grows with it.

    Args:
        encoder: gives the frames.
        blocks: `(samples,)` float32 each, at the encoder's rate.
        samples: of all blocks together.
        kind: element type of the result, such as `float16`.

    Returns:
        Shape `(layers, frames, dimension)`; of an encoder of vectors `(1, 1, dimension)`.
    """
    stream = FrameStream(encoder)
    held, count = np.zeros((0, 0, 0), kind), 0
    for part in (part for given in _each(stream, blocks) for part in given):
        layers, more, dimension = part.shape
        if not held.size:
            most = samples // encoder.chunking.hop + MORE
            held = np.empty((layers, most, dimension), kind)  # takes memory as it is filled
        held[:, count : count + more] = part
        count += more
    # The layers close up in place: a slice of several would have to be copied as a whole.
    layers, _, dimension = held.shape
    flat, piece = held.reshape(-1), 1024
    for layer in range(1, layers):
        for first in range(0, count, piece):
            moved = held[layer, first : min(first + piece, count)]
            at = (layer * count + first) * dimension
            flat[at : at + moved.size] = moved.reshape(-1)
    return flat[: layers * count * dimension].reshape(layers, count, dimension)


def _each(stream: FrameStream, blocks: Iterable[np.ndarray]) -> Iterator[list[np.ndarray]]:
    for block in blocks:
        yield stream.push(block)
    yield stream.finish()
