"""Bring a waveform to a level before an encoder hears it."""

from __future__ import annotations

from typing import Literal

import numpy as np

RMS = 0.05
"""Root mean square to which `rms` brings a chunk (-26 dB full scale)."""
FAINTEST = 1e-4
"""A chunk whose root mean square (or peak) is below -80 dB full scale is left as it is."""

Level = Literal["none", "rms", "unit", "peak"]


def level(samples: np.ndarray, how: Level) -> np.ndarray:
    """Bring a chunk to a level.

    Args:
        samples: shape `(samples,)`, float, full scale 1.
        how: `none` leaves the raw waveform, as the fairseq front ends of the detection systems
            do; `unit` gives mean 0 and variance 1, as the hub's processors do where they say
            `do_normalize`; `peak` divides by the largest magnitude, as the fusion systems do;
            `rms` brings it to -26 dB full scale.

    Returns:
        Shape `(samples,)`, float32.

    Raises:
        ValueError: when the way is unknown.

    Example:
        >>> level(np.array([0.5, -0.25]), "peak").tolist()
        [1.0, -0.5]
        >>> level(np.array([1.0, 3.0]), "unit").round(3).tolist()
        [-1.0, 1.0]
    """
    samples = np.asarray(samples, np.float32)
    if how == "none" or not len(samples):
        return samples
    if how == "unit":
        mean = np.mean(samples, dtype=np.float64)
        # 1e-7 as in the hub's processors, so that parity holds for faint clips, too
        scale = 1 / np.sqrt(np.var(samples, dtype=np.float64) + 1e-7)
        return ((samples - mean) * scale).astype(np.float32)
    if how == "peak":
        peak = float(np.abs(samples).max())
        return samples / np.float32(peak) if peak > FAINTEST else samples
    if how == "rms":
        rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
        return samples * np.float32(RMS / rms) if rms > FAINTEST else samples
    raise ValueError(f"a level is none, rms, unit or peak, not {how!r}")
