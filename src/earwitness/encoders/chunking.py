"""Cut a recording into fixed chunks, so that its frames are the same however it arrives."""

from __future__ import annotations

from typing import NamedTuple

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
    """

    start: int
    end: int
    core_start: int
    core_end: int

    @property
    def frames(self) -> slice:
        """The frames to keep, among those that the encoder gives for this chunk."""
        first = (self.core_start - self.start) // HOP
        return slice(first, first + (self.core_end - self.core_start) // HOP)


def chunk(index: int, samples: int | None = None) -> Chunk:
    """The chunk at a place, anchored at sample 0.

    Args:
        index: 0 for the first chunk.
        samples: length of the whole recording if this is its last chunk, else `None`.

    Example:
        >>> chunk(1)
        Chunk(start=216000, end=456000, core_start=224000, core_end=448000)
    """
    core_start = index * CORE
    core_end = core_start + CORE if samples is None else samples
    end = core_end + CONTEXT if samples is None else samples
    return Chunk(max(0, core_start - CONTEXT), end, core_start, core_end)


def chunks(samples: int) -> list[Chunk]:
    """All chunks of a recording; a tail not longer than the context belongs to the last core.

    Args:
        samples: length of the recording at 16 kHz.

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
    count = max(1, -(-(samples - CONTEXT) // CORE))
    return [chunk(k) for k in range(count - 1)] + [chunk(count - 1, samples)]


def frame_count(samples: int) -> int:
    """Frames of a whole recording: one for every full 20 ms.

    Example:
        >>> frame_count(16_000), frame_count(319)
        (50, 0)
    """
    return max(0, samples) // HOP
