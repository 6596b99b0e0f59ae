"""Where somebody speaks: silero's speech probability, 32 ms by 32 ms.

The shipped network is silero's own "sequence" form: the recurrent state is carried from call to
call, so each value is the sequential reference's, with no approximation at chunk borders. Calls
take a fixed number of frames counted from sample 0, so a stream and a whole recording agree bit for
bit, and an hour costs a few seconds on one thread.

Reference: Silero Team, "Silero VAD", version 6.2 (MIT licence).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from earwitness.assets import asset
from earwitness.audio.recording import Samples

if TYPE_CHECKING:
    import onnxruntime

SAMPLE_RATE = 16000
HOP = 512
HOP_SECONDS = HOP / SAMPLE_RATE
_CONTEXT = 64
_BLOCK = 256  # frames a call: 8.192 s

# silero's published defaults.
_ENTER, _LEAVE = 0.5, 0.35
_SHORTEST_SPEECH, _SHORTEST_GAP, _PAD = 0.25, 0.1, 0.03


@functools.cache
def _network() -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Single-threaded whatever the machine: the same sums in the same order, and faster for so small a net.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(asset("silero-vad")), options, providers=["CPUExecutionProvider"])


class SpeechActivity:
    """Speech probability of a stream.

    Example:
        >>> activity = SpeechActivity()
        >>> first = activity.update(np.zeros(8000, np.float32))
        >>> len(first) + len(activity.finish())
        16
    """

    def __init__(self) -> None:
        self._held = np.zeros(_CONTEXT, dtype=np.float32)  # what comes before sample 0 is silence
        self._hidden = np.zeros((1, 1, 128), dtype=np.float32)
        self._cell = np.zeros((1, 1, 128), dtype=np.float32)

    def update(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Take in samples; give the frames that are ready.

        Args:
            samples: `(samples,)` at 16 kHz, cut anyhow.

        Returns:
            `(frames,)` float32, 0 to 1; possibly none yet.
        """
        self._held = np.concatenate([self._held, samples])
        parts = []
        while len(self._held) >= _CONTEXT + _BLOCK * HOP:
            parts.append(self._run(self._held[: _CONTEXT + _BLOCK * HOP]))
            self._held = self._held[_BLOCK * HOP :]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)

    def finish(self) -> npt.NDArray[np.float32]:
        """The frames still held back; the last one is filled up with silence.

        Returns:
            `(frames,)` float32, 0 to 1.
        """
        rest = len(self._held) - _CONTEXT
        if not rest:
            return np.zeros(0, dtype=np.float32)
        return self._run(np.pad(self._held, (0, -rest % HOP)))

    def _run(self, samples: Samples) -> npt.NDArray[np.float32]:
        frames = np.lib.stride_tricks.sliding_window_view(samples, _CONTEXT + HOP)[::HOP]
        inputs = {"input": np.ascontiguousarray(frames), "h": self._hidden, "c": self._cell}
        probability, self._hidden, self._cell = _network().run(["speech_probs", "hn", "cn"], inputs)
        return probability.reshape(-1)


def speech_probability(samples: Samples) -> npt.NDArray[np.float32]:
    """Speech probability of a whole recording.

    Args:
        samples: `(samples,)` at 16 kHz.

    Returns:
        `(ceil(samples / 512),)` float32, 0 to 1: one value for each 32 ms.

    Example:
        >>> bool(speech_probability(np.zeros(16000, np.float32)).max() < 0.5)
        True
    """
    activity = SpeechActivity()
    return np.concatenate([activity.update(samples), activity.finish()])


def speech_segments(
    probability: npt.ArrayLike, *, enter: float = _ENTER, leave: float = _LEAVE, pad: float = _PAD
) -> list[tuple[float, float]]:
    """Stretches of speech.

    Speech begins where the probability reaches `enter` and ends where it stays below `leave` for
    0.1 s; stretches under 0.25 s are dropped, the others widened by `pad` each side.

    Args:
        probability: `(frames,)`, 0 to 1, one value for each 32 ms.
        enter: threshold at which speech begins, 0 to 1.
        leave: threshold below which it ends, 0 to 1.
        pad: in seconds.

    Returns:
        (start, end) in seconds, in order, not overlapping. The last end may lie in the frame that
        was filled up, up to 32 ms beyond the recording.

    Example:
        >>> speech_segments([0.0] * 10 + [0.9] * 20 + [0.0] * 10, pad=0.0)
        [(0.32, 0.96)]
    """
    values = np.asarray(probability, dtype=np.float64)
    end_of_all = len(values) * HOP_SECONDS
    gap = _SHORTEST_GAP / HOP_SECONDS
    found: list[tuple[int, int]] = []
    start: int | None = None
    quiet: int | None = None
    for frame, value in enumerate(values):
        if value >= enter:
            start = frame if start is None else start
            quiet = None
        elif start is not None and value < leave:
            quiet = frame if quiet is None else quiet
            if frame + 1 - quiet >= gap:
                found.append((start, quiet))
                start = quiet = None
    if start is not None:
        found.append((start, len(values) if quiet is None else quiet))
    segments: list[tuple[float, float]] = []
    for first, last in found:
        if (last - first) * HOP_SECONDS < _SHORTEST_SPEECH:
            continue
        begin = max(0.0, first * HOP_SECONDS - pad)
        end = min(end_of_all, last * HOP_SECONDS + pad)
        if segments and begin <= segments[-1][1]:
            begin = segments.pop()[0]
        segments.append((begin, end))
    return segments
