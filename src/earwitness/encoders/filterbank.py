"""Kaldi's log filter bank in numpy, which w2v-BERT and AST hear."""

from __future__ import annotations

import functools
from typing import Literal

import numpy as np
import scipy.fft

SAMPLE_RATE = 16_000
WINDOW = 400
"""Samples of one analysis window (25 ms)."""
HOP = 160
"""Samples between windows (10 ms)."""
TRANSFORM = 512
LOWEST = 20.0
"""Hz at which the first filter begins."""
FLOOR = 1.192092955078125e-07
"""Smallest power, that of a float32's precision."""

Window = Literal["povey", "hann", "hamming"]


def filterbank(samples: np.ndarray, *, bands: int, window: Window, scale: float = 1.0) -> np.ndarray:
    """Log mel filter bank as Kaldi computes it.

    Whole windows only (nothing is padded); each loses its mean, is pre-emphasised by 0.97 and
    windowed; power; mel bands from 20 Hz to 8 kHz; natural logarithm.

    Args:
        samples: shape `(samples,)`, float, 16 kHz, full scale 1.
        bands: number of mel bands.
        window: `povey` (Hann to the power 0.85), `hann` or `hamming`.
        scale: factor before the analysis; 32768 gives Kaldi's range of 16-bit integers.

    Returns:
        Shape `(frames, bands)`, float32, one frame for each whole window.

    References:
        Povey et al., "The Kaldi Speech Recognition Toolkit", 2011 (`compute-fbank-feats`).

    Example:
        >>> filterbank(np.zeros(16_000, np.float32), bands=80, window="povey").shape
        (98, 80)
    """
    samples = np.asarray(samples, np.float64) * scale
    if len(samples) < WINDOW:
        return np.zeros((0, bands), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    windows = windows - windows.mean(axis=1, keepdims=True)
    emphasised = np.empty_like(windows)
    emphasised[:, 1:] = windows[:, 1:] - 0.97 * windows[:, :-1]
    emphasised[:, 0] = windows[:, 0] * (1 - 0.97)
    spectrum = scipy.fft.rfft(emphasised * _window(window), TRANSFORM, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    return np.log(np.maximum(power @ _mel(bands).T, FLOOR)).astype(np.float32)


@functools.cache
def _window(name: Window) -> np.ndarray:
    if name == "hamming":
        return 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
    return hann**0.85 if name == "povey" else hann


@functools.cache
def _mel(bands: int) -> np.ndarray:
    """Triangles that are straight on the mel scale, not in Hz; their peaks are one."""

    def mel(hertz: np.ndarray | float) -> np.ndarray:
        return 1127 * np.log(1 + np.asarray(hertz) / 700)

    edges = np.linspace(mel(LOWEST), mel(SAMPLE_RATE / 2), bands + 2)
    places = mel(np.arange(TRANSFORM // 2 + 1) * SAMPLE_RATE / TRANSFORM)
    rising = (places - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - places) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling))
