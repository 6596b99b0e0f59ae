"""Sound that the speech activity takes for speech, made by formula: for tests of the machinery."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.signal

SAMPLE_RATE = 16_000

_VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
_WIDTHS = (80.0, 100.0, 140.0)
_SYLLABLE = 0.22  # seconds


def speech_like(seconds: float, *, seed: int = 0) -> npt.NDArray[np.float32]:
    """Syllables of five vowels with a moving pitch: voiced pulses through formant filters.

    It says nothing, and no verdict about it means anything; it only exercises every part of an
    analysis, the speech activity included.

    Args:
        seconds: length.
        seed: of the vowels, the pitch and the noise.

    Returns:
        `(samples,)` float32, 16 kHz, peak 0.3.

    References:
        Peterson and Barney, "Control Methods Used in a Study of the Vowels", 1952 (formants).

    Example:
        >>> speech_like(0.5).shape
        (8000,)
    """
    rng = np.random.default_rng(seed)
    count = round(seconds * SAMPLE_RATE)
    samples = np.zeros(count)
    step = round(_SYLLABLE * SAMPLE_RATE)
    base = 110 + 60 * rng.random()
    phase = 0.0
    for start in range(0, count, step):
        length = min(step, count - start)
        if rng.random() < 0.12:  # a breath now and then
            continue
        time = np.arange(length) / SAMPLE_RATE
        pitch = base * (1 + 0.15 * np.sin(2 * np.pi * (0.6 * (start / SAMPLE_RATE) + time)))
        turns = phase + np.cumsum(pitch) / SAMPLE_RATE
        phase = float(turns[-1]) % 1
        pulses = np.diff(np.floor(turns), prepend=np.floor(turns[0])) + 0.02 * rng.standard_normal(length)
        sound = pulses
        for formant, width in zip(_VOWELS[rng.integers(len(_VOWELS))], _WIDTHS, strict=True):
            radius = np.exp(-np.pi * width / SAMPLE_RATE)
            poles = [1, -2 * radius * np.cos(2 * np.pi * formant / SAMPLE_RATE), radius**2]
            sound = scipy.signal.lfilter([1 - radius], poles, sound)
        if rng.random() < 0.5:  # a fricative before the vowel
            edge = min(length, 900)
            sound[:edge] = 0.15 * np.std(sound) * rng.standard_normal(edge)
        samples[start : start + length] = sound * np.hanning(length) ** 0.5
    samples += 1e-4 * max(1e-9, float(np.abs(samples).max())) * rng.standard_normal(count)
    return (0.3 * samples / max(1e-9, float(np.abs(samples).max()))).astype(np.float32)
