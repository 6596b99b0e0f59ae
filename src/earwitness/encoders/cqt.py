"""Constant-Q transform: a spectrogram whose resolution follows pitch, as the ear's does.

A bin has the frequency `lowest * 2^(k / bins_per_octave)` and a window of `Q` periods, so a semitone
is as sharp at 50 Hz as at 4 kHz, where a plain spectrogram is too coarse below and too fine above.

References:
    [1] Brown: Calculation of a constant Q spectral transform. JASA 89(1), 1991.
    [2] Brown, Puckette: An efficient algorithm for the calculation of a constant Q transform.
        JASA 92(5), 1992.
    [3] Todisco, Delgado, Evans: Constant Q cepstral coefficients. Computer Speech & Language 45, 2017.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence

import numpy as np
import scipy.fft

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.one_by_one import OneByOne
from earwitness.errors import BadInput

SAMPLE_RATE = 16_000
HOP = 320
"""Samples between frames (20 ms), as those of the speech encoders."""
LOWEST = 32.70319566257483
"""Hz of the first bin (C1)."""
BINS, BINS_PER_OCTAVE = 84, 12
"""Seven octaves of semitones, up to 3951 Hz: what lies above does not survive a telephone."""
FLOOR = 1e-5
"""Smallest magnitude, -100 dB below a full-scale sine."""
_SIZE = 16_384
_AT_ONCE = 64
_NEGLIGIBLE = 1e-6


def cqt(samples: np.ndarray) -> np.ndarray:
    """Magnitude of the constant-Q transform.

    Hann windows, centred on the middle of each hop; silence before the beginning and after the end.

    Args:
        samples: shape `(samples,)`, float, 16 kHz, full scale 1.

    Returns:
        Shape `(samples // 320, 84)`, float32; a sine of amplitude a at a bin's frequency gives a.

    Example:
        >>> time = np.arange(16_000) / 16_000
        >>> int(np.argmax(cqt(np.sin(2 * np.pi * 440 * time))[25]))  # A4 is 45 semitones above C1
        45
    """
    frames = len(samples) // HOP
    padded = np.pad(np.asarray(samples, np.float32), _SIZE // 2)
    start = HOP // 2
    windows = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[start::HOP][:frames]
    parts = []
    for first in range(0, frames, _AT_ONCE):  # in constant memory
        spectrum = scipy.fft.rfft(windows[first : first + _AT_ONCE], axis=1)
        bins = [np.abs(spectrum[:, place] @ kernel) for place, kernel in _kernels()]
        parts.append(np.stack(bins, axis=1).astype(np.float32))
    return np.concatenate([np.zeros((0, BINS), np.float32), *parts])


@functools.cache
def _kernels() -> list[tuple[slice, np.ndarray]]:
    """For each bin the part of the spectrum that it reads, and its weights there (Parseval)."""
    quality = 1 / (2 ** (1 / BINS_PER_OCTAVE) - 1)
    kernels = []
    for k in range(BINS):
        frequency = LOWEST * 2 ** (k / BINS_PER_OCTAVE)
        # a centred window of odd length: its peak lies in the middle of the hop
        half = int(quality * SAMPLE_RATE / frequency / 2)
        window = np.hanning(2 * half + 3)[1:-1]
        time = np.arange(-half, half + 1)
        atom = np.zeros(_SIZE, complex)
        atom[_SIZE // 2 - half : _SIZE // 2 + half + 1] = (
            2 * window / window.sum() * np.exp(2j * np.pi * frequency / SAMPLE_RATE * time)
        )
        weights = np.conj(np.fft.fft(atom))[: _SIZE // 2 + 1] / _SIZE
        kept = np.flatnonzero(np.abs(weights) > _NEGLIGIBLE * np.abs(weights).max())
        place = slice(int(kept[0]), int(kept[-1]) + 1)
        kernels.append((place, weights[place].astype(np.complex64)))
    return kernels


def load_cqt(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - one thread suffices
) -> OneByOne:
    """The logarithm (base 10) of the constant-Q transform as an encoder.

    Raises:
        BadInput: when weights or layers are asked for.
    """
    if weights is not None or layers is not None:
        raise BadInput("has neither weights nor layers", where=entry.name)
    return OneByOne(entry, "1", lambda samples: np.log10(np.maximum(cqt(samples), FLOOR)))
