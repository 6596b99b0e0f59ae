"""Short-time spectra and mel bands for the resyntheses: pure functions on arrays."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]


def frames_of(samples: NDArray[np.floating], size: int, hop: int) -> Real:
    """Overlapping frames, the first centred on sample 0.

    Args:
        samples: shape (samples,).
        size: of a frame, in samples.
        hop: in samples.

    Returns:
        Shape (1 + ceil(samples / hop), size).

    Example:
        >>> frames_of(np.ones(10), 4, 2).shape
        (6, 4)
    """
    count = 1 + -(-len(samples) // hop)
    padded = np.zeros((count - 1) * hop + size)
    padded[size // 2 : size // 2 + len(samples)] = samples
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::hop].copy()


def overlap_add(frames: Real, hop: int, length: int) -> Real:
    """Sum of overlapping frames; undoes `frames_of` up to the windows' sum.

    Args:
        frames: shape (frames, size).
        hop: in samples; divides size.
        length: of the result, in samples.
    """
    count, size = frames.shape
    parts = size // hop
    total = np.zeros((count + parts - 1, hop))
    for part in range(parts):
        total[part : part + count] += frames[:, part * hop : (part + 1) * hop]
    return total.ravel()[size // 2 : size // 2 + length]


def stft(samples: NDArray[np.floating], size: int, hop: int) -> Complex:
    """Short-time Fourier transform with a Hann window, shape (frames, size // 2 + 1)."""
    return np.fft.rfft(frames_of(samples, size, hop) * _hann(size))


def istft(spectra: Complex, size: int, hop: int, length: int) -> Real:
    """Least-squares inverse of `stft` (Griffin and Lim, 1984, eq. 6).

    Example:
        >>> x = np.sin(np.arange(4000) / 7)
        >>> bool(np.allclose(istft(stft(x, 512, 128), 512, 128, 4000), x))
        True
    """
    window = _hann(size)
    total = overlap_add(np.fft.irfft(spectra, size) * window, hop, length)
    weight = overlap_add(np.broadcast_to(window**2, (len(spectra), size)), hop, length)
    return total / np.maximum(weight, 1e-8)


@functools.cache
def mel_bands(count: int, size: int, rate: int, lowest: float = 40.0) -> Real:
    """Triangular bands equally spaced in mel (HTK scale), each of unit peak.

    Args:
        count: of bands.
        size: of the Fourier transform, in samples.
        rate: in Hz.
        lowest: lower edge of the first band, in Hz; the last ends at rate / 2.

    Returns:
        Shape (count, size // 2 + 1).
    """
    edges = np.linspace(_mel(lowest), _mel(rate / 2), count + 2)
    hertz = 700 * (10 ** (edges / 2595) - 1)
    bins = np.arange(size // 2 + 1) * rate / size
    rise = (bins - hertz[:-2, None]) / (hertz[1:-1] - hertz[:-2])[:, None]
    fall = (hertz[2:, None] - bins) / (hertz[2:] - hertz[1:-1])[:, None]
    bands = np.maximum(0, np.minimum(rise, fall))
    # Bands narrower than a bin would be empty: give them their nearest bin.
    for band in np.flatnonzero(bands.max(axis=1) <= 0):
        bands[band, round(hertz[band + 1] * size / rate)] = 1.0
    return bands


def minimum_phase(envelope: Real) -> Complex:
    """Spectrum of minimum phase with the given magnitude, by the folded real cepstrum.

    Args:
        envelope: magnitudes, shape (frames, size // 2 + 1).

    Returns:
        Same shape; magnitudes unchanged (Oppenheim and Schafer, 1989, section 12.3).
    """
    size = 2 * (envelope.shape[1] - 1)
    cepstrum = np.fft.irfft(np.log(np.maximum(envelope, 1e-9)), size)
    fold = np.zeros(size)
    fold[[0, size // 2]] = 1.0
    fold[1 : size // 2] = 2.0
    return np.exp(np.fft.rfft(cepstrum * fold))


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


@functools.cache
def _hann(size: int) -> Real:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
