"""Stretches of time that carry a label, and frames cut from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.errors import BadInput


class Segment(NamedTuple):
    """A stretch of a recording.

    Args:
        start: in seconds.
        end: in seconds, after the start.
        label: what it is.
    """

    start: float
    end: float
    label: str = "spoof"


def checked_segments(segments: Sequence[tuple], where: str = "segments") -> list[Segment]:
    """Segments in order of time, each of positive length and not over another of its label.

    Args:
        segments: `(start, end)` or `(start, end, label)` in seconds.
        where: what they are called in a refusal.

    Raises:
        BadInput: when a segment is empty, negative or not finite, or overlaps another of its label.

    Example:
        >>> checked_segments([(2, 3), (0, 1)])[0]
        Segment(start=0.0, end=1.0, label='spoof')
    """
    made = sorted(Segment(float(s[0]), float(s[1]), *map(str, s[2:3])) for s in segments)
    ends: dict[str, float] = {}
    for start, end, label in made:
        if not (np.isfinite(start) and np.isfinite(end)) or start < 0 or end <= start:
            raise BadInput(f"segment {start:g} to {end:g} s is empty or no stretch of time", where=where)
        if start < ends.get(label, 0.0) - 1e-9:
            raise BadInput(f"segments labelled {label!r} overlap at {start:g} s", where=where)
        ends[label] = end
    return made


def frames_of(
    segments: Sequence[tuple], duration: float, hop: float, *, label: str = "spoof"
) -> NDArray[np.int64]:
    """Frame labels of segments: a frame is spoof if any part of it is.

    Args:
        segments: `(start, end)` or `(start, end, label)` in seconds.
        duration: of the recording, in seconds.
        hop: length of a frame, in seconds; the last frame may be shorter.
        label: which label counts.

    Returns:
        `(frames,)` 1 = spoof, 0 = bona fide.

    Raises:
        BadInput: when a segment ends after the recording, or as `checked_segments`.

    Example:
        >>> frames_of([(0.25, 0.5)], 1.0, 0.25)
        array([0, 1, 0, 0])
    """
    if hop <= 0 or duration <= 0:
        raise BadInput("must be positive", where="duration and hop")
    count = max(1, int(np.ceil(duration / hop - 1e-6)))
    frames = np.zeros(count, dtype=np.int64)
    for start, end, name in checked_segments(segments):
        if end > duration + hop:
            raise BadInput(f"a segment ends at {end:g} s, the recording at {duration:g} s", where="segments")
        if name == label:  # the small shift keeps a border at 0.02 * 3 from spilling into the next frame
            frames[int(start / hop + 1e-6) : int(np.ceil(end / hop - 1e-6))] = 1
    return frames


def segments_from(frames: ArrayLike, hop: float, *, label: str = "spoof") -> list[Segment]:
    """Segments of frame labels: runs of ones.

    Args:
        frames: `(frames,)` 1 or true = inside.
        hop: length of a frame, in seconds.
        label: what to call them.

    Example:
        >>> segments_from([0, 1, 1, 0], 0.5)
        [Segment(start=0.5, end=1.5, label='spoof')]
    """
    inside = np.asarray(frames).astype(bool).astype(np.int64)
    borders = np.diff(inside, prepend=0, append=0)
    starts, ends = np.flatnonzero(borders == 1), np.flatnonzero(borders == -1)
    return [Segment(float(s * hop), float(e * hop), label) for s, e in zip(starts, ends, strict=True)]
