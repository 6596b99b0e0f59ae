"""Pitch of a recording and the pulses and noise that excite a vocoder: pure functions on arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from earwitness.making.spectrum import Real, frames_of


def pitch(samples: NDArray[np.floating], rate: int, hop: int, voiced: float = 0.45) -> Real:
    """Fundamental frequency by normalised autocorrelation, median-smoothed over five frames.

    Args:
        samples: shape (samples,).
        rate: in Hz.
        hop: in samples; frames are centred on multiples of it.
        voiced: lowest normalised autocorrelation of a voiced frame, 0 to 1.

    Returns:
        Shape (1 + ceil(samples / hop),), in Hz, 65 to 420; 0 where unvoiced.

    Example:
        >>> t = np.arange(8000) / 16000
        >>> float(np.median(pitch(np.sign(np.sin(2 * np.pi * 200 * t)), 16000, 160)).round())
        200.0
    """
    size = int(0.04 * rate)
    frames = frames_of(samples, size, hop)
    frames -= frames.mean(axis=1, keepdims=True)
    frames *= np.hanning(size)
    power = np.abs(np.fft.rfft(frames, 2 * size)) ** 2
    correlation = np.fft.irfft(power)[:, :size]
    # A window's own correlation falls with the lag: divide it out (Boersma, 1993, eq. 9).
    own = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(size), 2 * size)) ** 2)[:size]
    shortest, longest = rate // 420, min(rate // 65, size - 2)
    energy = np.maximum(correlation[:, :1], 1e-10)
    normal = correlation[:, : longest + 1] / energy / (own[: longest + 1] / own[0])
    # The small tilt prefers the shorter of two equally good periods, against octave errors.
    search = normal[:, shortest:] - 0.05 * np.arange(longest + 1 - shortest) / (longest - shortest)
    lag = shortest + search.argmax(axis=1)
    strength = np.take_along_axis(normal, lag[:, None], axis=1)[:, 0]
    loud = correlation[:, 0] > 1e-4 * np.percentile(correlation[:, 0], 95)
    found = np.where((strength > voiced) & loud, rate / lag, 0.0)
    return median_filter(found, 5, mode="nearest")


def excite(hertz: Real, rate: int, hop: int, length: int, rng: np.random.Generator, breath: float) -> Real:
    """Pulses where voiced, noise where not, of unit power per sample.

    Args:
        hertz: fundamental frequency by frame, 0 where unvoiced.
        rate: in Hz.
        hop: of the frames, in samples.
        length: of the result, in samples.
        rng: for the noise.
        breath: share of noise amplitude in voiced parts, 0 to 1.

    Returns:
        Shape (length,).
    """
    at = np.arange(length)
    frame = np.minimum(np.round(at / hop).astype(int), len(hertz) - 1)
    voiced = hertz[frame] > 0
    filled = np.where(hertz > 0, hertz, np.nan)
    known = np.flatnonzero(hertz > 0)
    noise = rng.standard_normal(length)
    if not len(known):
        return noise
    filled = np.interp(np.arange(len(hertz)), known, hertz[known])
    track = np.interp(at / hop, np.arange(len(filled)), filled)
    phase = np.cumsum(track / rate)
    beats = np.flatnonzero(np.diff(np.floor(phase), prepend=0.0) > 0)
    pulses = np.zeros(length)
    pulses[beats] = np.sqrt(rate / track[beats])
    return np.where(voiced, (1 - breath) * pulses + breath * noise, noise)
