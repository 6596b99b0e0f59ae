"""A few windows spread over a recording whose length is not known before its end."""

from __future__ import annotations

import numpy as np

from earwitness.audio.recording import Samples


class SpreadWindows:
    """Keep a few windows, spread evenly, of a stream.

    Windows lie side by side from sample 0. When there are too many, every second one is dropped, and from
    then on only every second one is kept: half as many or more are always there, whatever
    the length, and the same ones however the samples arrive.

    Args:
        window: length of a window, in samples.
        most: how many are kept at most.

    Example:
        >>> kept = SpreadWindows(10, 3)
        >>> kept.update(np.arange(75, dtype=np.float32))
        >>> [int(window[0]) for window in kept.windows()]
        [0, 40]
    """

    def __init__(self, window: int, most: int) -> None:
        if window < 1 or most < 1:
            raise ValueError(f"window and most must be at least 1, not {window} and {most}")
        self._length, self._most = window, most
        self._every = 1
        self._index = 0  # of the window that is being filled
        self._kept: list[tuple[int, Samples]] = []
        self._filling = np.zeros(window, dtype=np.float32)
        self._filled = 0

    def update(self, samples: Samples) -> None:
        """Take in the next samples.

        Args:
            samples: `(samples,)`, cut anyhow.
        """
        while len(samples):
            taken = samples[: self._length - self._filled]
            if self._index % self._every == 0:
                self._filling[self._filled : self._filled + len(taken)] = taken
            self._filled += len(taken)
            samples = samples[len(taken) :]
            if self._filled == self._length:
                self._complete()

    def _complete(self) -> None:
        if self._index % self._every == 0:
            self._kept.append((self._index, self._filling.copy()))
        while len(self._kept) > self._most:
            self._every *= 2
            self._kept = [(index, window) for index, window in self._kept if index % self._every == 0]
        self._index += 1
        self._filled = 0

    def windows(self) -> list[Samples]:
        """The windows kept so far, in order; a recording shorter than one gives itself."""
        if not self._index and self._filled:
            return [self._filling[: self._filled].copy()]
        return [window for _, window in self._kept]


def spread(samples: Samples, window: int, most: int) -> list[Samples]:
    """A few windows spread evenly over a recording: the same that a stream of it keeps.

    Args:
        samples: `(samples,)`.
        window: length of a window, in samples.
        most: how many at most.

    Returns:
        Windows `(window,)`, in order; one shorter where the recording is shorter; none without samples.

    Example:
        >>> [int(part[0]) for part in spread(np.arange(60, dtype=np.float32), 10, 4)]
        [0, 20, 40]
    """
    kept = SpreadWindows(window, most)
    kept.update(np.asarray(samples, dtype=np.float32))
    return kept.windows()
