"""Whisper's log-mel spectrogram in numpy, at the true length of the clip."""

from __future__ import annotations

import functools

import numpy as np
import scipy.fft

from earwitness.encoders.waveform_level import Level, level

SAMPLE_RATE = 16_000
WINDOW = 400
"""Samples of one analysis window (25 ms)."""
HOP = 160
"""Samples between windows (10 ms)."""
Normalise = Level
"""How a chunk is brought to a level first (`waveform_level.level`)."""


def log_mel(samples: np.ndarray, *, bands: int = 80, normalise: Normalise = "none") -> np.ndarray:
    """Log-mel spectrogram as Whisper computes it, without padding to 30 s.

    Hann windows of 25 ms every 10 ms, centred, the edges mirrored; power; Slaney mel bands up to
    8 kHz; log10, floored 8 below the clip's own maximum; `(x + 4) / 4`. The floor depends on the
    clip, so a long recording must be cut into fixed chunks first (`chunking`).

    Args:
        samples: shape `(samples,)`, float, 16 kHz, full scale 1.
        bands: number of mel bands, 80 (all but the large-v3 models) or 128.
        normalise: how the clip is brought to a level first (`waveform_level.level`).

    Returns:
        Shape `(bands, samples // 160)`, float32, about -1.5 to 1.5.

    Raises:
        ValueError: when an option is unknown or the samples are not one-dimensional.

    References:
        Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2023, 2.2.

    Example:
        >>> log_mel(np.zeros(16_000, np.float32)).shape
        (80, 100)
    """
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1:
        raise ValueError(f"samples must have the shape (samples,), got {samples.shape}")
    samples = level(samples, normalise)
    frames = len(samples) // HOP
    if frames == 0:
        return np.zeros((bands, 0), np.float32)
    padded = _mirrored(samples, WINDOW // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: frames * HOP : HOP]
    spectrum = scipy.fft.rfft(windows * _hann(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    logarithm = np.log10(np.maximum(_mel(bands) @ power.T, np.float32(1e-10)))
    floored = np.maximum(logarithm, logarithm.max() - np.float32(8))
    return (floored + np.float32(4)) * np.float32(0.25)


def _mirrored(samples: np.ndarray, margin: int) -> np.ndarray:
    """Mirrored at both edges; a clip shorter than the margin is mirrored again and again."""
    if len(samples) == 1:
        return np.repeat(samples, 2 * margin + 1)
    return np.pad(samples, margin, mode="reflect")


@functools.cache
def _hann() -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


def mel_bands(
    bands: int, *, window: int = WINDOW, sample_rate: int = SAMPLE_RATE, highest: float | None = None
) -> np.ndarray:
    """Slaney's mel filters (linear to 1 kHz, then logarithmic), each of area one.

    Args:
        bands: number of filters, from 0 Hz to the highest.
        window: length of the Fourier transform, in samples.
        sample_rate: in Hz.
        highest: in Hz; half the sample rate when `None`.

    Returns:
        Shape `(bands, window // 2 + 1)`, float64, to be multiplied with a power spectrum.

    References:
        Slaney, "Auditory Toolbox", 1998; the filters of librosa's default.

    Example:
        >>> mel_bands(40).shape
        (40, 201)
    """
    top = 15 + np.log((highest or sample_rate / 2) / 1000) / _LOG_STEP
    edges = _hertz(np.linspace(0, top, bands + 2))
    frequencies = np.fft.rfftfreq(window, 1 / sample_rate)
    rising = (frequencies - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - frequencies) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return triangles * (2 / (edges[2:] - edges[:-2]))[:, None]


_LOG_STEP = np.log(6.4) / 27


def _hertz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(_LOG_STEP * (np.maximum(mel, 15) - 15)))


@functools.cache
def _mel(bands: int) -> np.ndarray:
    return mel_bands(bands).astype(np.float32)
