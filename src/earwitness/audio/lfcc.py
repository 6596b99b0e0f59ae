"""Linear-frequency cepstral coefficients (LFCC), the classic front end of anti-spoofing.

The defaults are those of the LFCC-GMM baseline of the ASVspoof 2021 logical-access and
deepfake tracks [2]: 30 ms Hamming windows every 15 ms, 70 triangular filters equally spaced
up to 4 kHz, 20 coefficients. Up to 4 kHz, because what lies above does not survive a
telephone.

References:
    [1] Sahidullah, Kinnunen, Hanilçi: A comparison of features for synthetic speech
        detection. Interspeech 2015.
    [2] Yamagishi et al.: ASVspoof 2021: accelerating progress in spoofed and deepfake speech
        detection. ASVspoof 2021 workshop.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import dct, rfft

from earwitness.errors import BadInput

# Keeps the logarithm of digital silence finite; far below the power of one 16-bit step.
_FLOOR = float(np.finfo(np.float64).eps)


def linear_filter_bank(filters: int, fft_size: int, sample_rate: int, low: float, high: float) -> np.ndarray:
    """Triangular filters whose corners are equally spaced in Hz.

    Args:
        filters: number of filters.
        fft_size: length of the Fourier transform in samples, even.
        sample_rate: in Hz.
        low: lower corner of the first filter in Hz, at least 0.
        high: upper corner of the last filter in Hz, at most half the sample rate.

    Returns:
        `(filters, fft_size // 2 + 1)`, 0 to 1; each filter is 1 at its centre.

    Raises:
        BadInput: when the corners do not rise within 0 Hz to the Nyquist frequency.

    Example:
        >>> linear_filter_bank(3, 8, 8000, 0, 4000)
        array([[0., 1., 0., 0., 0.],
               [0., 0., 1., 0., 0.],
               [0., 0., 0., 1., 0.]])
    """
    if not 0 <= low < high <= sample_rate / 2:
        raise BadInput(f"filters from {low} to {high} Hz do not fit a sample rate of {sample_rate} Hz")
    frequency = np.arange(fft_size // 2 + 1) * sample_rate / fft_size
    corners = np.linspace(low, high, filters + 2)
    step = corners[1] - corners[0]
    return np.clip(1.0 - np.abs(frequency - corners[1:-1, None]) / step, 0.0, None)


def frames(samples: np.ndarray, length: int, hop: int) -> np.ndarray:
    """Overlapping frames; what does not fill a frame at the end is left out.

    Args:
        samples: `(samples,)`; fewer than one frame are filled up with zeros.
        length: of a frame in samples.
        hop: between the starts of two frames, in samples.

    Returns:
        `(frames, length)`, at least one frame.

    Example:
        >>> frames(np.arange(6), 4, 2)
        array([[0, 1, 2, 3],
               [2, 3, 4, 5]])
    """
    if len(samples) < length:
        samples = np.pad(samples, (0, length - len(samples)))
    return np.lib.stride_tricks.sliding_window_view(samples, length)[::hop]


def lfcc(
    samples: np.ndarray,
    sample_rate: int,
    *,
    window: float = 0.030,
    hop: float = 0.015,
    fft_size: int = 1024,
    filters: int = 70,
    coefficients: int = 20,
    low: float = 0.0,
    high: float = 4000.0,
) -> np.ndarray:
    """Linear-frequency cepstral coefficients of a recording.

    Power spectrum, linear filter bank, logarithm to base 10, orthonormal cosine transform.

    Args:
        samples: `(samples,)` float, -1 to 1.
        sample_rate: in Hz.
        window: length of the Hamming window in seconds.
        hop: between windows, in seconds.
        fft_size: length of the Fourier transform in samples, at least one window.
        filters: number of triangular filters.
        coefficients: how many to keep, the zeroth included.
        low: lowest frequency in Hz.
        high: highest frequency in Hz.

    Returns:
        `(frames, coefficients)` float32.

    Raises:
        BadInput: when there are no samples, or the window or the filters do not fit.

    Example:
        >>> lfcc(np.zeros(16000), 16000).shape
        (65, 20)
    """
    if not len(samples):
        raise BadInput("holds no samples")
    length = round(window * sample_rate)
    if length > fft_size:
        raise BadInput(f"a window of {length} samples does not fit a transform of {fft_size}")
    cut = frames(np.asarray(samples, np.float64), length, round(hop * sample_rate))
    power = np.abs(rfft(cut * np.hamming(length), fft_size)) ** 2
    bands = power @ linear_filter_bank(filters, fft_size, sample_rate, low, high).T
    cepstrum = dct(np.log10(bands + _FLOOR), type=2, norm="ortho", axis=1)
    return cepstrum[:, :coefficients].astype(np.float32)


def deltas(features: np.ndarray, reach: int = 1) -> np.ndarray:
    """Slope over time, by least squares over the neighbouring frames.

    Args:
        features: `(frames, dimension)`.
        reach: frames to either side; the first and last frame are repeated outwards.

    Returns:
        `(frames, dimension)`, change for one frame.

    Example:
        >>> deltas(np.array([[0.0], [1.0], [2.0]])).ravel().tolist()
        [0.5, 1.0, 0.5]
    """
    padded = np.pad(features, ((reach, reach), (0, 0)), mode="edge")
    count = len(features)
    total = sum(
        step * (padded[reach + step : reach + step + count] - padded[reach - step : reach - step + count])
        for step in range(1, reach + 1)
    )
    return np.asarray(total / (2 * sum(step**2 for step in range(1, reach + 1))), features.dtype)


def with_deltas(features: np.ndarray) -> np.ndarray:
    """Features with their slope and the slope of the slope.

    Args:
        features: `(frames, dimension)`.

    Returns:
        `(frames, 3 * dimension)`.

    Example:
        >>> with_deltas(np.zeros((65, 20))).shape
        (65, 60)
    """
    slope = deltas(features)
    return np.concatenate([features, slope, deltas(slope)], axis=1)
