"""The long-term spectrum by level class, and where speech energy ends.

Speech and pauses are told apart only when the whole recording has been heard, so spectra are summed in
classes of frame level 2 dB wide: constant memory, and at the end loud and quiet frames can be told apart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft

Spectrum = npt.NDArray[np.float64]

_LOWEST, _HIGHEST, _WIDTH = -120.0, 40.0, 2.0  # dB full scale
_CLASSES = int((_HIGHEST - _LOWEST) / _WIDTH)
# What counts as speech energy, in dB; and where it begins, in Hz.
_ABOVE_FLOOR, _BELOW_PEAK, _LOWEST_HZ = 8.0, 65.0, 50.0
_SMOOTH_HZ = 150.0
_CLIFF_DB, _CLIFF_HZ, _SAME_DROP = 18.0, 250.0, 3.0
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

    def groups(self) -> Spectrum:
        """Mean spectra of groups of frames of like level, from quiet to loud.

        Returns:
            `(groups, bins)` power; a group holds a twentieth of the frames or more, at least four.
            `(0, bins)` without frames.
        """
        enough = max(4, int(self._counts.sum()) // 20)
        means = []
        total, number = np.zeros_like(self.frequencies), 0
        for level in np.flatnonzero(self._counts):
            total, number = total + self._sums[level], number + int(self._counts[level])
            if number >= enough:
                means.append(total / number)
                total, number = np.zeros_like(self.frequencies), 0
        if number and not means:
            means.append(total / number)
        return np.array(means).reshape(len(means), len(self.frequencies))


def smooth(spectra: Spectrum, frequencies: Spectrum) -> Spectrum:
    """Running mean over 150 Hz.

    Args:
        spectra: `(groups, bins)`.
        frequencies: `(bins,)` in Hz.

    Returns:
        `(groups, bins)`.
    """
    half = max(1, round(_SMOOTH_HZ / 2 / frequencies[1]))
    total = np.cumsum(np.pad(spectra, ((0, 0), (half + 1, half)), mode="edge"), axis=1)
    return (total[:, 2 * half + 1 :] - total[:, : -2 * half - 1]) / (2 * half + 1)


def bandwidth(groups: Spectrum, frequencies: Spectrum) -> float | None:
    """Highest frequency that still holds speech energy.

    Speech comes and goes, noise stays: a band holds speech where its power in the group of frames
    that has most of it stands 8 dB above its power in the group that has least, and is not 65 dB
    below the strongest band. (Groups, not pauses: a recording need not have any.)

    Args:
        groups: `(groups, bins)` power of frames of like level.
        frequencies: `(bins,)` in Hz.

    Returns:
        In Hz; `None` where nothing stands above the noise.

    Example:
        >>> f = np.arange(0.0, 8001.0, 50.0)
        >>> loud = np.where(f < 4000, 1e-3, 1e-9)
        >>> 3800 < bandwidth(np.stack([np.full(len(f), 1e-9), loud]), f) < 4100
        True
    """
    if not len(groups):
        return None
    even = smooth(groups, frequencies)
    speech, floor = _decibel(even.max(axis=0)), _decibel(even.min(axis=0))
    voiced = frequencies >= _LOWEST_HZ
    peak = speech[voiced].max(initial=-np.inf)
    held = voiced & (speech > floor + _ABOVE_FLOOR) & (speech > peak - _BELOW_PEAK)
    # A single line (a whistle, mains harmonics) is not speech: a band of 150 Hz must hold energy.
    run = max(2, round(_SMOOTH_HZ / frequencies[1]))
    full = np.flatnonzero(np.convolve(held, np.ones(run), mode="valid") >= run)
    return float(frequencies[full[-1] + run - 1]) if len(full) else None


def cliff(groups: Spectrum, frequencies: Spectrum) -> float | None:
    """Where the spectrum falls off steeply for good, as behind a codec's or a resampler's filter.

    Args:
        groups: `(groups, bins)` power of frames of like level.
        frequencies: `(bins,)` in Hz.

    Returns:
        In Hz, or `None` where it does not.

    Example:
        >>> f = np.arange(0.0, 8001.0, 50.0)
        >>> 3900 <= cliff(np.where(f < 4000, 1e-3, 1e-9)[None], f) <= 4100
        True
    """
    span = max(2, round(_CLIFF_HZ / frequencies[1]))
    if not len(groups) or len(frequencies) < 6 * span:
        return None
    loud = _decibel(groups.max(axis=0))
    means = np.convolve(loud, np.full(span, 1 / span), mode="valid")  # means[i]: bins i to i + span - 1
    # The filter's own slope lies between the two stretches that are compared.
    drop = means[: -2 * span] - means[2 * span :]
    middle = frequencies[span + span // 2 : span + span // 2 + len(drop)]
    drop = np.where((middle > 1500) & (middle < 0.98 * frequencies[-1]), drop, -np.inf)
    best = int(np.argmax(drop))
    if drop[best] < _CLIFF_DB:
        return None
    # A filter steeper than the gap gives the same drop for a while: the cliff is in the middle of it.
    lower = drop < drop[best] - _SAME_DROP
    before, after = np.flatnonzero(lower[:best]), np.flatnonzero(lower[best:])
    first = int(before[-1]) + 1 if len(before) else 0
    last = best + int(after[0]) - 1 if len(after) else len(drop) - 1
    best = (first + last) // 2
    # For good: nothing above it comes back up.
    if means[best + 2 * span :].max() > means[best] - _CLIFF_DB / 2:
        return None
    return float(middle[best])


def _decibel(power: Spectrum) -> Spectrum:
    return 10 * np.log10(power + _TINY)
