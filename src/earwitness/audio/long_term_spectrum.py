"""The long-term spectrum by level class, and where speech energy ends.

Speech and pauses are told apart only when the whole recording has been heard, so spectra are summed in
classes of frame level 2 dB wide: constant memory, and at the end any split into loud and quiet frames
can be made.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft

Spectrum = npt.NDArray[np.float64]

_LOWEST, _HIGHEST, _WIDTH = -120.0, 40.0, 2.0  # dB full scale
_CLASSES = int((_HIGHEST - _LOWEST) / _WIDTH)
_QUIET_SHARE = 0.1
# What counts as speech energy: this far above the quiet frames, and not this far below the strongest band.
_ABOVE_NOISE, _BELOW_PEAK = 4.0, 65.0
_SMOOTH_HZ = 150.0
_STEADY = 6.0  # dB between loud and quiet frames below which nothing stands out
_CLIFF_DB, _CLIFF_HZ = 18.0, 250.0
_TINY = 1e-20


class LongTermSpectrum:
    """Power spectra summed by the level of their frame.

    Args:
        sample_rate: in Hz.
        size: samples of one transform, a power of two.
    """

    def __init__(self, sample_rate: int, size: int) -> None:
        self.frequencies: Spectrum = np.arange(size // 2 + 1, dtype=np.float64) * (sample_rate / size)
        window = np.hanning(size + 2)[1:-1]
        self._window = (window / np.sqrt((window**2).sum())).astype(np.float32)
        self._sums = np.zeros((_CLASSES, size // 2 + 1))
        self._counts = np.zeros(_CLASSES, dtype=np.int64)

    def update(self, frames: npt.NDArray[np.float32], level: Spectrum) -> None:
        """Take in frames.

        Args:
            frames: `(frames, size)`.
            level: `(frames,)` of each, in dB full scale; those at -inf are left out.
        """
        heard = np.isfinite(level)
        if not heard.any():
            return
        spectra = np.abs(scipy.fft.rfft(frames[heard] * self._window, axis=1)) ** 2
        chosen = np.clip((level[heard] - _LOWEST) // _WIDTH, 0, _CLASSES - 1).astype(np.int64)
        order = np.argsort(chosen, kind="stable")
        classes, starts = np.unique(chosen[order], return_index=True)
        self._sums[classes] += np.add.reduceat(spectra[order].astype(np.float64), starts, axis=0)
        self._counts[classes] += np.diff(np.append(starts, len(order)))

    def quiet_and_loud(self) -> tuple[Spectrum, Spectrum] | None:
        """Mean spectrum of the quietest tenth of the frames, and of those that stand above it.

        Returns:
            Two spectra `(bins,)` in dB; the second is of all frames where none stands out.
            `None` without frames.
        """
        total = int(self._counts.sum())
        if not total:
            return None
        below = np.cumsum(self._counts)
        split = int(np.searchsorted(below, max(1.0, _QUIET_SHARE * total)))
        quiet = self._sums[: split + 1].sum(axis=0) / below[split]
        above = split + 1 + int(_STEADY / _WIDTH)
        number = total - int(below[min(above, _CLASSES) - 1])
        if number == 0:
            return _decibel(quiet), _decibel(self._sums.sum(axis=0) / total)
        return _decibel(quiet), _decibel(self._sums[above:].sum(axis=0) / number)


def smooth(spectrum: Spectrum, frequencies: Spectrum) -> Spectrum:
    """Running mean over 150 Hz.

    Args:
        spectrum: `(bins,)` in dB.
        frequencies: `(bins,)` in Hz.

    Returns:
        `(bins,)` in dB.
    """
    half = max(1, round(_SMOOTH_HZ / 2 / frequencies[1]))
    padded = np.pad(spectrum, half, mode="edge")
    return np.convolve(padded, np.full(2 * half + 1, 1 / (2 * half + 1)), mode="valid")


def bandwidth(quiet: Spectrum, loud: Spectrum, frequencies: Spectrum) -> float | None:
    """Highest frequency that still holds speech energy.

    Args:
        quiet: `(bins,)` mean spectrum of the quiet frames, in dB.
        loud: `(bins,)` mean spectrum of the loud frames, in dB.
        frequencies: `(bins,)` in Hz.

    Returns:
        In Hz; `None` where nothing stands above the noise.

    Example:
        >>> f = np.arange(0.0, 8001.0, 50.0)
        >>> loud = np.where(f < 4000, -30.0, -90.0)
        >>> 3800 < bandwidth(np.full(len(f), -90.0), loud, f) < 4100
        True
    """
    level, floor = smooth(loud, frequencies), smooth(quiet, frequencies)
    peak = level[frequencies >= 50].max(initial=-np.inf)
    held = (level > floor + _ABOVE_NOISE) & (level > peak - _BELOW_PEAK) & (frequencies >= 50)
    # A single line (a whistle, mains harmonics) is not speech: a band of 150 Hz must hold energy.
    run = max(2, round(_SMOOTH_HZ / frequencies[1]))
    sums = np.convolve(held, np.ones(run), mode="valid")
    full = np.flatnonzero(sums >= run)
    return float(frequencies[full[-1] + run - 1]) if len(full) else None


def cliff(loud: Spectrum, frequencies: Spectrum) -> float | None:
    """Where the spectrum falls off steeply for good, as behind a codec's or a resampler's filter.

    Args:
        loud: `(bins,)` mean spectrum of the loud frames, in dB.
        frequencies: `(bins,)` in Hz.

    Returns:
        In Hz, or `None` where it does not.

    Example:
        >>> f = np.arange(0.0, 8001.0, 50.0)
        >>> 3900 <= cliff(np.where(f < 4000, -30.0, -90.0), f) <= 4100
        True
    """
    span = max(2, round(_CLIFF_HZ / frequencies[1]))
    if len(loud) < 6 * span:
        return None
    means = np.convolve(loud, np.full(span, 1 / span), mode="valid")  # means[i]: bins i to i + span - 1
    # The filter's own slope lies between the two stretches that are compared.
    drop = means[: -2 * span] - means[2 * span :]
    middle = frequencies[span + span // 2 : span + span // 2 + len(drop)]
    drop = np.where((middle > 1500) & (middle < 0.98 * frequencies[-1]), drop, -np.inf)
    best = int(np.argmax(drop))
    if drop[best] < _CLIFF_DB:
        return None
    # A filter steeper than the gap gives the same drop for a while: the cliff is in the middle of it.
    same = np.flatnonzero(drop[best:] < drop[best] - 1)
    best += int(same[0] if len(same) else len(drop) - best) // 2
    # For good: nothing above it comes back up.
    above = loud[best + 3 * span :]
    if len(above) and np.max(smooth(above, frequencies)) > means[best] - _CLIFF_DB / 2:
        return None
    return float(middle[best])


def _decibel(power: Spectrum) -> Spectrum:
    return 10 * np.log10(power + _TINY)
