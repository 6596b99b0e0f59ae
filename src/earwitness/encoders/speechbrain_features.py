"""The filter bank and the cepstrum that SpeechBrain's speaker networks hear, in numpy."""

from __future__ import annotations

import functools

import numpy as np
import scipy.fft

SAMPLE_RATE = 16_000
WINDOW, HOP = 400, 160
"""Samples of one analysis window and between two of them (25 and 10 ms)."""
RANGE = 80.0
"""Decibels below the recording's own maximum at which the filter bank is cut off."""
FLOOR = 1e-10


def filter_bank(samples: np.ndarray, bands: int) -> np.ndarray:
    """Log filter bank in decibels.

    Hamming windows of 25 ms every 10 ms, centred, zeros beyond the edges; power; triangles from 0
    to 8 kHz, evenly spaced in mel, each as wide to the right as to the left; 10 log10, floored
    80 dB below the maximum of the recording.

    Args:
        samples: shape `(samples,)`, float, 16 kHz, full scale 1.
        bands: number of filters.

    Returns:
        Shape `(samples // 160 + 1, bands)`, float32.

    References:
        Ravanelli et al.: SpeechBrain: a general-purpose speech toolkit. 2021 (`Fbank`).

    Example:
        >>> filter_bank(np.zeros(16_000, np.float32), 80).shape
        (101, 80)
    """
    padded = np.pad(np.asarray(samples, np.float32), WINDOW // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    spectrum = scipy.fft.rfft(windows * _hamming(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    decibels = 10 * np.log10(np.maximum(power @ _triangles(bands), np.float32(FLOOR)))
    return np.maximum(decibels, decibels.max() - np.float32(RANGE))


def cepstrum(samples: np.ndarray, bands: int, coefficients: int) -> np.ndarray:
    """Mel cepstrum: the cosine transform (orthonormal) of `filter_bank`.

    Args:
        samples: shape `(samples,)`, float, 16 kHz.
        bands: number of filters.
        coefficients: how many to keep, the zeroth included.

    Returns:
        Shape `(samples // 160 + 1, coefficients)`, float32.

    Example:
        >>> cepstrum(np.zeros(16_000, np.float32), 44, 24).shape
        (101, 24)
    """
    return scipy.fft.dct(filter_bank(samples, bands), type=2, norm="ortho", axis=1)[:, :coefficients]


def without_mean(features: np.ndarray) -> np.ndarray:
    """Features less their mean over time, which takes the channel away.

    Example:
        >>> without_mean(np.array([[1.0], [3.0]])).ravel().tolist()
        [-1.0, 1.0]
    """
    return features - features.mean(axis=0, dtype=np.float64).astype(features.dtype)


@functools.cache
def _hamming() -> np.ndarray:
    # periodic, as torch makes it
    return (0.54 - 0.46 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


@functools.cache
def _triangles(bands: int) -> np.ndarray:
    top = 2595 * np.log10(1 + SAMPLE_RATE / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1)
    width = np.diff(edges)[:-1]  # of the left side; the right side is made as wide
    slope = (np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)[:, None] - edges[1:-1]) / width
    return np.maximum(0, 1 - np.abs(slope)).astype(np.float32)
