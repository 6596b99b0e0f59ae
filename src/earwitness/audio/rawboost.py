"""RawBoost: noise and distortion of a telephone line, made from the recording itself.

Reference: Tak, Kamble, Patino, Todisco and Evans, RawBoost: a raw data boosting and augmentation
method applied to automatic speaker verification anti-spoofing, ICASSP 2022. Algorithms 9 to 11 are
additions of Liu et al. (Nes2Net, 2025).
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import signal

from earwitness.audio.recording import Samples
from earwitness.errors import BadInput

Real = NDArray[np.float64]
ALGORITHMS = {
    0: "none", 1: "convolutive", 2: "impulsive", 3: "stationary", 4: "1, 2 and 3 in series",
    5: "1 and 2 in series", 6: "1 and 3 in series", 7: "2 and 3 in series", 8: "1 and 2 in parallel",
    9: "1, 2 and 3 in parallel", 10: "1 and 2 in parallel, each by chance", 11: "4, each by chance",
}  # fmt: skip
"""Number -> what it does. Published: 5 for logical access, 3 for deepfakes; 4 in DPDA, QAMO and Nes2Net."""
_SERIES = {4: (1, 2, 3), 5: (1, 2), 6: (1, 3), 7: (2, 3)}
_PARALLEL = {8: (1, 2), 9: (1, 2, 3)}


class RawBoostSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Ranges from which RawBoost draws; the defaults are those of the authors' code.

    Args:
        bands: notches of a filter.
        centre: least and greatest centre of a notch, in Hz.
        width: least and greatest width of a notch, in Hz.
        taps: least and greatest length of a notch's filter; drawn even ones grow by one.
        gain: of the linear part, in dB.
        nonlinear_gain: subtracted from `gain` for the parts of higher order, in dB.
        orders: powers of the signal that are filtered and summed; 1 = linear alone.
        impulses: greatest share of samples that impulses fall on, in per cent.
        impulse_gain: of the impulses, relative to the sample that they fall on.
        snr: of the stationary noise, in dB.
        chance: of the convolutive, impulsive and stationary part in algorithms 10 and 11, 0 to 1.
    """

    bands: int = 5
    centre: tuple[float, float] = (20.0, 8_000.0)
    width: tuple[float, float] = (100.0, 1_000.0)
    taps: tuple[int, int] = (10, 100)
    gain: tuple[float, float] = (0.0, 0.0)
    nonlinear_gain: tuple[float, float] = (5.0, 20.0)
    orders: int = 5
    impulses: float = 10.0
    impulse_gain: float = 2.0
    snr: tuple[float, float] = (10.0, 40.0)
    chance: tuple[float, float, float] = (1.0, 1.0, 1.0)


def rawboost(
    waveform: Samples,
    sample_rate: int,
    algorithm: int,
    rng: np.random.Generator,
    settings: RawBoostSettings = RawBoostSettings(),  # noqa: B008 - frozen
) -> Samples:
    """A waveform with RawBoost's noise and distortion.

    All chance comes from `rng`: give each utterance and epoch a generator of its own, and the result
    is the same however many workers share the work (the authors' code draws from global state).

    Args:
        waveform: `(samples,)`, full scale 1.
        sample_rate: in Hz; notches above half of it are moved below.
        algorithm: 0 to 11, see `ALGORITHMS`.
        rng: source of the draws.
        settings: ranges of the draws.

    Returns:
        `(samples,)` float32, of the same length; its peak is brought down to 1 where the authors
        do so, which is not after stationary noise.

    Raises:
        BadInput: when the algorithm is not one of them or the waveform is not one of finite samples.

    Example:
        >>> tone = np.sin(np.arange(16000) * 0.1).astype(np.float32)
        >>> once, again = (rawboost(tone, 16000, 4, np.random.default_rng(7)) for _ in range(2))
        >>> bool((once == again).all()), once.shape
        (True, (16000,))
    """
    if algorithm not in ALGORITHMS:
        raise BadInput("there are algorithms 0 to 11", where=f"rawboost algorithm {algorithm}")
    if waveform.ndim != 1 or not len(waveform) or not np.isfinite(waveform).all():
        raise BadInput("needs a waveform of finite samples, of shape (samples,)", where="rawboost")
    heard = waveform.astype(np.float64)

    def part(number: int, values: Real) -> Real:
        if number == 1:
            return convolutive(values, sample_rate, rng, settings)
        return (
            impulsive(values, rng, settings)
            if number == 2
            else stationary(values, sample_rate, rng, settings)
        )

    if algorithm in (1, 2, 3):
        heard = part(algorithm, heard)
    for number in _SERIES.get(algorithm, ()):
        heard = part(number, heard)
    parallel = _PARALLEL.get(algorithm, ())
    if algorithm == 10:
        drawn = [rng.random() for _ in range(2)]
        parallel = tuple(n for n, u, p in zip((1, 2), drawn, settings.chance[:2], strict=True) if u <= p)
    if parallel:
        total = sum([part(number, heard) for number in parallel], start=np.zeros(len(heard)))
        heard = within_one(total) if len(parallel) > 1 else total
    if algorithm == 11:
        drawn = [rng.random() for _ in range(3)]
        for number, u, p in zip((1, 2, 3), drawn, settings.chance, strict=True):
            heard = part(number, heard) if u < p else heard
    return heard.astype(np.float32)


def convolutive(
    waveform: Real, sample_rate: int, rng: np.random.Generator, settings: RawBoostSettings
) -> Real:
    """Linear and non-linear convolutive noise: filtered powers of the signal, summed (algorithm 1).

    The gain of all powers beyond the first is lowered once, as in the authors' code; the equation of
    the paper could be read as lowering it with each power.

    Args:
        waveform: `(samples,)`.
        sample_rate: in Hz.
        rng: source of the draws.
        settings: ranges of the draws.

    Returns:
        `(samples,)`, of mean 0 and peak at most 1.
    """
    total = np.zeros(len(waveform))
    power = np.ones(len(waveform))
    gain = settings.gain
    for order in range(settings.orders):
        if order == 1:
            low, high = settings.nonlinear_gain
            gain = (gain[0] - low, gain[1] - high)
        power = power * waveform
        total += filtered(power, notches(sample_rate, gain, rng, settings))
    return within_one(total - total.mean())


def impulsive(waveform: Real, rng: np.random.Generator, settings: RawBoostSettings) -> Real:
    """Impulsive noise that follows the signal (algorithm 2).

    Args:
        waveform: `(samples,)`.
        rng: source of the draws.
        settings: ranges of the draws.

    Returns:
        `(samples,)`, of peak at most 1.
    """
    count = int(len(waveform) * _uniform(rng, (0.0, settings.impulses)) / 100)
    places = rng.permutation(len(waveform))[:count]
    factor = (2 * rng.random(count) - 1) * (2 * rng.random(count) - 1)
    struck = waveform.copy()
    struck[places] += settings.impulse_gain * waveform[places] * factor
    return within_one(struck)


def stationary(
    waveform: Real, sample_rate: int, rng: np.random.Generator, settings: RawBoostSettings
) -> Real:
    """Stationary noise, independent of the signal, through one notch filter (algorithm 3).

    Args:
        waveform: `(samples,)`; a silent one stays silent.
        sample_rate: in Hz.
        rng: source of the draws.
        settings: ranges of the draws.

    Returns:
        `(samples,)`; its peak may be above 1.
    """
    noise = rng.standard_normal(len(waveform))
    noise = filtered(noise, notches(sample_rate, settings.gain, rng, settings))
    noise /= max(float(np.linalg.norm(noise)), 1e-12)
    return waveform + noise * np.linalg.norm(waveform) * 10 ** (-_uniform(rng, settings.snr) / 20)


def notches(
    sample_rate: int, gain: tuple[float, float], rng: np.random.Generator, settings: RawBoostSettings
) -> Real:
    """One filter of several notches, at a drawn gain.

    Args:
        sample_rate: in Hz.
        gain: range of the gain, in dB; its ends may stand in either order.
        rng: source of the draws.
        settings: ranges of the draws.

    Returns:
        `(taps,)`, whose greatest response is the drawn gain.
    """
    top = sample_rate / 2 - 0.001
    whole = np.ones(1)
    for _ in range(settings.bands):
        centre, width = _uniform(rng, settings.centre), _uniform(rng, settings.width)
        taps = int(_uniform(rng, settings.taps))
        low, high = max(centre - width / 2, 0.001), min(centre + width / 2, top)
        low = (
            min(low, high - 0.001) if low < top else top - width
        )  # below the half rate of narrow-band speech
        # an even filter cannot pass half the rate, and a notch must
        notch = signal.firwin(taps + 1 - taps % 2, [low, high], window="hamming", fs=sample_rate)
        whole = np.convolve(notch, whole)
    response = np.abs(signal.freqz(whole)[1]).max()
    return whole * (10 ** (_uniform(rng, gain) / 20) / response)


def filtered(waveform: Real, taps: Real) -> Real:
    """A waveform through a filter, with half of the filter's delay taken out: length preserved.

    Args:
        waveform: `(samples,)`.
        taps: `(taps,)`.
    """
    delay = (len(taps) + 1) // 2
    whole = signal.oaconvolve(waveform, taps)
    return np.pad(whole, (0, 2))[delay : delay + len(waveform)]


def within_one(waveform: Real) -> Real:
    """The waveform, its peak brought down to 1 where it is higher."""
    peak = np.abs(waveform).max()
    return waveform / peak if peak > 1 else waveform


def _uniform(rng: np.random.Generator, ends: tuple[float, float]) -> float:
    # not Generator.uniform, which refuses a range whose ends are the other way round
    return ends[0] + (ends[1] - ends[0]) * rng.random()
