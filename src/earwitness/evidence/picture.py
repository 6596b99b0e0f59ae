"""Waveform and spectrogram of a recording of any length, in one pass and bounded memory."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Hz, of what is drawn."""
BINS = 128
"""Rows of the spectrogram, from 0 Hz to 8 kHz, 62.5 Hz each."""
FLOOR_DB = -100.0
"""Level shown as 0; 0 dB full scale (a full-scale sine) is shown as 255."""

_HOP = 160  # 10 ms: the finest column
_MOST = 2048  # columns; beyond, two become one
_WINDOW = 2 * BINS
_PER_COLUMN = 4  # spectra taken in a column, however long it is


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """What a report draws of a recording.

    Args:
        envelope: `(columns, 2)` float32, lowest and highest sample of each column, -1 to 1.
        spectrogram: `(bins, columns)` uint8, mean power, row 0 at 0 Hz, 0 = -100 dB, 255 = 0 dB.
        seconds: length of the recording.
    """

    envelope: npt.NDArray[np.float32]
    spectrogram: npt.NDArray[np.uint8]
    seconds: float


class PictureMaker:
    """Samples in, a picture out.

    Columns begin at 10 ms; whenever there are too many, neighbours are joined. So the picture
    depends on the samples alone, not on how they are cut into blocks.

    Example:
        >>> maker = PictureMaker()
        >>> maker.update(np.zeros(16_000, np.float32))
        >>> maker.result().spectrogram.shape
        (128, 100)
    """

    def __init__(self) -> None:
        self._hop = _HOP
        self._held = np.zeros(0, np.float32)
        self._samples = 0
        self._low: list[npt.NDArray[np.float32]] = []
        self._high: list[npt.NDArray[np.float32]] = []
        self._power: list[npt.NDArray[np.float32]] = []
        self._columns = 0

    def update(self, samples: npt.NDArray[np.float32]) -> None:
        """Take the next samples.

        Args:
            samples: `(samples,)` float32, 16 kHz.
        """
        self._samples += len(samples)
        self._held = np.concatenate([self._held, samples])
        # Joining before a column too many is drawn keeps the result independent of the blocks.
        while (whole := min(len(self._held) // self._hop, _MOST - self._columns)) > 0:
            self._draw(self._held[: whole * self._hop].reshape(whole, self._hop))
            self._held = self._held[whole * self._hop :]
            if self._columns == _MOST:
                self._join()

    def result(self) -> Picture:
        """The picture of all samples so far."""
        low, high, power = list(self._low), list(self._high), list(self._power)
        if len(self._held):
            rest = self._held
            low.append(rest.min(keepdims=True))
            high.append(rest.max(keepdims=True))
            power.append(_power(rest[None, :_WINDOW]))
        if not low:
            return Picture(np.zeros((0, 2), np.float32), np.zeros((BINS, 0), np.uint8), 0.0)
        envelope = np.stack([np.concatenate(low), np.concatenate(high)], axis=1)
        level = 10 * np.log10(np.maximum(np.concatenate(power).T, 1e-12))
        shade = np.clip((level - FLOOR_DB) * (255 / -FLOOR_DB), 0, 255).round().astype(np.uint8)
        return Picture(envelope, shade, self._samples / SAMPLE_RATE)

    def _draw(self, columns: npt.NDArray[np.float32]) -> None:
        self._low.append(columns.min(axis=1))
        self._high.append(columns.max(axis=1))
        count = max(1, min(_PER_COLUMN, self._hop // _WINDOW))
        places = np.linspace(0, max(0, self._hop - _WINDOW), count).astype(int)
        spectra = [_power(columns[:, place : place + _WINDOW]) for place in places]
        self._power.append(np.stack(spectra).mean(axis=0, dtype=np.float32))
        self._columns += len(columns)

    def _join(self) -> None:
        low, high = np.concatenate(self._low), np.concatenate(self._high)
        power = np.concatenate(self._power)
        self._low = [np.minimum(low[::2], low[1::2])]
        self._high = [np.maximum(high[::2], high[1::2])]
        self._power = [np.asarray((power[::2] + power[1::2]) * np.float32(0.5), np.float32)]
        self._columns //= 2
        self._hop *= 2


def _power(windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Power spectra `(windows, bins)`; a full-scale sine has the power 1 at its frequency."""
    fade = np.hanning(windows.shape[1] + 2)[1:-1].astype(np.float32)
    windows = np.asarray(windows, np.float32)
    fade /= np.float32(max(float(fade.sum()) / 2, 1e-9))
    spectrum = np.fft.rfft(windows * fade, _WINDOW, axis=1)[:, :BINS]
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
