"""Score windows of a recording while its frames arrive; each frame is encoded once and soon let go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np


class Scored(NamedTuple):
    """The score of one window.

    Args:
        start: first frame.
        end: one past the last frame, at most the recording's length.
        speech: frames of speech in the window.
        score: raw score, higher = more bona fide; `None` with too little speech.
    """

    start: int
    end: int
    speech: int
    score: float | None


Grid = Callable[[int], int]
"""From the number of a window to its first frame; increasing, 0 at 0."""


def grid(hop_seconds: float, frame_rate: float) -> Grid:
    """Windows at a fixed hop, each start rounded to a frame by itself so that no error adds up.

    Example:
        >>> [grid(0.5, 50)(k) for k in range(3)]
        [0, 25, 50]
    """
    return lambda number: round(number * hop_seconds * frame_rate)


def starts(place: Grid, window: int, frames: int) -> list[int]:
    """First frames of the windows that cover a recording.

    The first window always is one; another follows as long as the one before ends before the
    recording does. So only the last window can reach beyond the end.

    Args:
        place: the grid.
        window: frames in a window.
        frames: in the recording.

    Example:
        >>> starts(grid(2.0, 50), 200, 260)
        [0, 100]
    """
    found: list[int] = []
    while frames > 0 and (not found or found[-1] + window < frames):
        found.append(place(len(found)))
    return found


class WindowScorer:
    """Frames in, scores of all windows of several grids out, in memory for one window.

    A window is handed to the head at its full length; beyond the recording's end it holds zeros that
    are masked. A window that lies on several grids is scored once.

    Args:
        score: frames `(1, layers, frames, dimension)` and mask `(1, frames)` to `(1,)` scores.
        window: frames in a window.
        least_speech: frames of speech without which a window is not scored.
        grids: which windows.
        length: frames that the head is given, the window's own when `None`; beyond the window they
            are zeros that are masked.
    """

    def __init__(
        self,
        score: Callable[[np.ndarray, np.ndarray], np.ndarray],
        window: int,
        least_speech: int,
        grids: Iterable[Grid],
        length: int | None = None,
    ) -> None:
        self._score = score
        self._window = window
        self._length = length or window
        self._least = least_speech
        self._grids = list(grids)
        self._numbers = [0] * len(self._grids)
        self._frames: np.ndarray | None = None
        self._mask = np.zeros(0, bool)
        self._first = 0  # place of the first kept frame
        self.frames = 0
        self.scored: dict[int, Scored] = {}

    def push(self, frames: np.ndarray, mask: np.ndarray) -> None:
        """Take the next frames and score every window that they complete.

        Args:
            frames: shape `(layers, frames, dimension)`, float32.
            mask: shape `(frames,)`, true = speech.
        """
        if frames.shape[1] != len(mask):
            raise ValueError(f"{frames.shape[1]} frames but {len(mask)} values in the mask")
        self._frames = frames if self._frames is None else np.concatenate([self._frames, frames], axis=1)
        self._mask = np.concatenate([self._mask, mask.astype(bool)])
        self.frames += frames.shape[1]
        for which, place in enumerate(self._grids):
            while (start := place(self._numbers[which])) + self._window <= self.frames:
                self._take(start)
                self._numbers[which] += 1
        keep = min(place(number) for place, number in zip(self._grids, self._numbers, strict=True))
        drop = min(keep, self.frames) - self._first
        self._frames = self._frames[:, drop:]
        self._mask = self._mask[drop:]
        self._first += drop

    def finish(self) -> None:
        """The recording has ended: score the windows that reach beyond its end."""
        for place in self._grids:
            for start in starts(place, self._window, self.frames)[-1:]:
                self._take(start)

    def along(self, place: Grid) -> list[Scored]:
        """The windows of one grid, in order, after `finish`."""
        return [self.scored[start] for start in starts(place, self._window, self.frames)]

    def _take(self, start: int) -> None:
        if start in self.scored or self._frames is None:
            return
        here = slice(start - self._first, start - self._first + self._window)
        mask = self._mask[here]
        speech = int(mask.sum())
        score = None
        if speech >= self._least:
            frames = self._frames[:, here]
            missing = self._length - len(mask)
            if missing:
                frames = np.pad(frames, ((0, 0), (0, missing), (0, 0)))
            score = float(self._score(frames[None], np.pad(mask, (0, missing))[None])[0])
        self.scored[start] = Scored(start, min(start + self._window, self.frames), speech, score)


def pooled(windows: Iterable[Scored]) -> float | None:
    """Raw score of a stretch: mean over its scored windows, weighted by their speech.

    Args:
        windows: any number of windows.

    Returns:
        Raw score, higher = more bona fide; `None` when no window was scored.

    Example:
        >>> pooled([Scored(0, 200, 100, 1.0), Scored(100, 300, 50, 4.0), Scored(200, 400, 3, None)])
        2.0
    """
    total = weight = 0.0
    for window in windows:
        if window.score is not None:
            total += window.score * window.speech
            weight += window.speech
    return total / weight if weight else None
