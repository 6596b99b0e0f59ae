"""Mean and deviation of the shared encoder's frames over all speech of a recording, in constant memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class SpeechStatistics:
    """Sums over the speech frames of a recording, however many there are.

    Args:
        layers: hidden states of a frame.
        dimension: channels of each.

    Example:
        >>> sums = SpeechStatistics(1, 2)
        >>> sums.push(np.array([[[1.0, 5.0], [3.0, 5.0], [9.0, 9.0]]]), np.array([True, True, False]))
        >>> sums.frames, sums.result().tolist()
        (2, [2.0, 5.0, 1.0, 0.0])
    """

    def __init__(self, layers: int, dimension: int) -> None:
        self.frames = 0
        self._first = np.zeros((layers, dimension))  # not around 0, where squares would lose the deviation
        self._sum = np.zeros((layers, dimension))
        self._squares = np.zeros((layers, dimension))

    def push(self, frames: npt.NDArray[np.floating], mask: npt.NDArray[np.bool_]) -> None:
        """Take the next frames.

        Args:
            frames: (layers, frames, dimension).
            mask: (frames,), true = speech.
        """
        heard = frames[:, mask.astype(bool)].astype(np.float64)
        if not heard.shape[1]:
            return
        if not self.frames:
            self._first = heard.mean(axis=1)
        heard -= self._first[:, None]
        self.frames += heard.shape[1]
        self._sum += heard.sum(axis=1)
        self._squares += np.square(heard).sum(axis=1)

    def result(self) -> npt.NDArray[np.float32]:
        """Means, then deviations, (2 * layers * dimension,); zeros without speech."""
        count = max(1, self.frames)
        mean = self._sum / count
        deviation = np.sqrt(np.maximum(self._squares / count - mean**2, 0))
        return np.concatenate([(mean + self._first).ravel(), deviation.ravel()]).astype(np.float32)
