"""Cut a recording into fixed chunks, so that its frames are the same however it arrives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

SAMPLE_RATE = 16_000
"""Hz; all chunks are counted in samples at this rate."""
HOP = 320
"""Samples of one encoder frame (20 ms)."""
CORE = 224_000
"""Samples whose frames a chunk gives (14 s, 700 frames)."""
CONTEXT = 8_000
"""Samples that the encoder hears on either side of the core (0.5 s, 25 frames)."""


class Chunk(NamedTuple):
    """One stretch that is encoded by itself; all bounds in samples of the recording at 16 kHz.

    Args:
        start: first sample heard.
        end: one past the last sample heard.
        core_start: first sample whose frames are kept.
        core_end: one past the last sample whose frames are kept.
        hop: samples of one frame.
    """

    start: int
    end: int
    core_start: int
    core_end: int
    hop: int = HOP

    @property
    def frames(self) -> slice:
        """The frames to keep, among those that the encoder gives for this chunk."""
        first = (self.core_start - self.start) // self.hop
        return slice(first, first + (self.core_end - self.core_start) // self.hop)

    @property
    def kept(self) -> slice:
        """As `frames`, but with all of the last chunk: some encoders round its frames up."""
        return slice(self.frames.start, None) if self.core_end == self.end else self.frames


class Chunking(NamedTuple):
    """How long recordings are cut, in samples at the encoder's rate.

    Args:
        core: samples whose frames a chunk gives, a multiple of `hop`.
        context: samples heard on either side of the core, a multiple of `hop`.
        hop: samples of one frame.
    """

    core: int = CORE
    context: int = CONTEXT
    hop: int = HOP


WHISPER = Chunking()
"""14 s and half a second on either side."""


def chunk(index: int, samples: int | None = None, chunking: Chunking = WHISPER) -> Chunk:
    """The chunk at a place, anchored at sample 0.

    Args:
        index: 0 for the first chunk.
        samples: length of the whole recording if this is its last chunk, else `None`.
        chunking: lengths of core and context.

    Example:
        >>> chunk(1)
        Chunk(start=216000, end=456000, core_start=224000, core_end=448000, hop=320)
    """
    core, context, hop = chunking
    core_start = index * core
    core_end = core_start + core if samples is None else samples
    end = core_end + context if samples is None else samples
    return Chunk(max(0, core_start - context), end, core_start, core_end, hop)


def chunks(samples: int, chunking: Chunking = WHISPER) -> list[Chunk]:
    """All chunks of a recording; a tail not longer than the context belongs to the last core.

    Args:
        samples: length of the recording at the encoder's rate.
        chunking: lengths of core and context.

    Returns:
        Chunks whose cores lie end to end from 0 to `samples`; none for an empty recording.

    Example:
        >>> [c.core_end for c in chunks(14 * 16_000 + 8_000)]
        [232000]
        >>> [c.core_end for c in chunks(30 * 16_000)]
        [224000, 448000, 480000]
    """
    if samples <= 0:
        return []
    count = max(1, -(-(samples - chunking.context) // chunking.core))
    last = chunk(count - 1, samples, chunking)
    return [chunk(k, None, chunking) for k in range(count - 1)] + [last]


class MeanOfChunks:
    """The vectors of a recording's chunks, averaged by what is heard of each, in constant memory.

    Example:
        >>> mean = MeanOfChunks()
        >>> for place, value in zip(chunks(3 * 10, Chunking(10, 0, 10)), (1.0, 2.0, 6.0)):
        ...     mean.push(place, np.full((1, 1, 2), value))
        >>> mean.vector().tolist()
        [3.0, 3.0]
    """

    def __init__(self) -> None:
        self._sum: np.ndarray | None = None
        self._heard = 0

    def push(self, place: Chunk, given: np.ndarray) -> None:
        """Take what a chunk gave, `(1, 1, dimension)`, or `(1, 0, dimension)` where it was too short."""
        if given.shape[1]:
            heard = place.end - place.start
            weighed = given[0, 0].astype(np.float64) * heard
            self._sum = weighed if self._sum is None else self._sum + weighed
            self._heard += heard

    def vector(self) -> np.ndarray | None:
        """Shape `(dimension,)` float32; `None` where no chunk gave anything."""
        return None if self._sum is None else (self._sum / self._heard).astype(np.float32)


def join(
    parts: Sequence[tuple[Chunk, np.ndarray]], empty: tuple[int, int, int], single: bool, vector: bool
) -> np.ndarray:
    """What the chunks of a recording give together.

    Args:
        parts: each chunk with what it gives, `(layers, frames, dimension)`, in order.
        empty: shape that no chunk at all gives, `(layers, 0, dimension)`.
        single: whether to leave out the axis of layers.
        vector: whether each chunk gives one vector; they are averaged by what is heard of each.

    Returns:
        Float32, `(layers, frames, dimension)`, `(frames, dimension)` or `(dimension,)`.

    Example:
        >>> parts = [(c, np.ones((1, (c.end - c.start) // HOP, 4))) for c in chunks(2 * CORE)]
        >>> join(parts, (1, 0, 4), True, False).shape
        (1400, 4)
    """
    if vector:
        mean = MeanOfChunks()
        for place, given in parts:
            mean.push(place, given)
        found = mean.vector()
        return np.zeros(empty[2], np.float32) if found is None else found
    kept = [np.zeros(empty, np.float32), *(frames[:, place.kept] for place, frames in parts)]
    whole = np.concatenate(kept, axis=1)
    return whole[0] if single else whole


def frame_count(samples: int) -> int:
    """Frames of a whole recording: one for every full 20 ms.

    Example:
        >>> frame_count(16_000), frame_count(319)
        (50, 0)
    """
    return max(0, samples) // HOP
