"""Random channels: what a recording goes through between a mouth and a file.

A channel is drawn without a look at the class of the recording, so that bona fide and
spoofed clips of a corpus go through the same ones.
"""

from __future__ import annotations

import io
from typing import Literal

import msgspec
import numpy as np
import soundfile
from scipy import signal

from earwitness.audio.recording import Samples
from earwitness.audio.resample import resample

RATE = 16_000
"""Channels work at this rate, in Hz."""

Codec = Literal["none", "g711-mu", "g711-a", "gsm", "mp3", "vorbis", "opus"]
_CODING: dict[Codec, tuple[int, str, str]] = {
    # rate in Hz, container, encoding of libsndfile
    "g711-mu": (8_000, "WAV", "ULAW"),
    "g711-a": (8_000, "WAV", "ALAW"),
    "gsm": (8_000, "WAV", "GSM610"),
    "mp3": (RATE, "MP3", "MPEG_LAYER_III"),
    "vorbis": (RATE, "OGG", "VORBIS"),
    "opus": (RATE, "OGG", "OPUS"),
}


class ChannelSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One drawn channel, in the order in which its parts apply.

    Args:
        reverberation: time in which the echo falls by 60 dB, in seconds; 0 = none.
        wetness: level of the echo below the direct sound, in dB (negative).
        noise_snr: speech level over added noise, in dB; `None` = no noise.
        noise_slope: colour of the noise in dB per octave, 0 = white, -3 = pink.
        band_limit: low-pass, in Hz; `None` = none.
        codec: what it is coded with and decoded again.
        codec_quality: 0 (best) to 1 (smallest), as libsndfile's compression level.
        level: RMS level at the end, in dB full scale.
        seed: of the noise and the echo.
    """

    reverberation: float = 0.0
    wetness: float = -12.0
    noise_snr: float | None = None
    noise_slope: float = 0.0
    band_limit: float | None = None
    codec: Codec = "none"
    codec_quality: float = 0.5
    level: float = -24.0
    seed: int = 0

    @property
    def name(self) -> str:
        """A short name by which figures are broken down: the codec, or `clean` or `noise`."""
        if self.codec != "none":
            return self.codec
        return "clean" if self.noise_snr is None or self.noise_snr > 30 else "noise"


def draw(rng: np.random.Generator) -> ChannelSettings:
    """Draw a channel: one in five echoes, two in three add noise, half are coded.

    Args:
        rng: all chance comes from here.

    Example:
        >>> draw(np.random.default_rng(0)) == draw(np.random.default_rng(0))
        True
    """
    names: list[Codec] = ["none", "g711-mu", "g711-a", "gsm", "mp3", "vorbis", "opus"]
    codec = names[int(rng.choice(len(names), p=[0.5, 0.08, 0.04, 0.08, 0.1, 0.1, 0.1]))]
    noisy = rng.random() < 0.67
    limited = rng.random() < 0.3
    return ChannelSettings(
        reverberation=round(float(rng.uniform(0.15, 0.6)), 3) if rng.random() < 0.2 else 0.0,
        wetness=round(float(rng.uniform(-18, -6)), 2),
        noise_snr=round(float(rng.uniform(12, 40)), 2) if noisy else None,
        noise_slope=round(float(rng.uniform(-6, 0)), 2),
        band_limit=round(float(rng.uniform(3_400, 7_500)), 1) if limited else None,
        codec=codec,
        codec_quality=round(float(rng.uniform(0.1, 0.9)), 2),
        level=round(float(rng.uniform(-34, -16)), 2),
        seed=int(rng.integers(2**31)),
    )


def apply(samples: Samples, settings: ChannelSettings) -> Samples:
    """Send samples through a channel.

    Args:
        samples: `(samples,)` mono at 16 kHz.
        settings: the channel.

    Returns:
        `(samples,)`, of the same length, within -1 to 1.

    Example:
        >>> tone = np.sin(np.arange(16000) * 0.1).astype(np.float32)
        >>> heard = apply(tone, ChannelSettings(codec="gsm", level=-20))
        >>> round(float(20 * np.log10(np.sqrt(np.mean(heard**2)))))
        -20
    """
    rng = np.random.default_rng(settings.seed)
    values = np.asarray(samples, np.float64)
    values = values - values.mean()
    if settings.reverberation > 0:
        values = reverberate(values, settings.reverberation, settings.wetness, rng)
    if settings.noise_snr is not None:
        noise = coloured_noise(len(values), settings.noise_slope, rng)
        values = values + noise * active_level(values) * 10 ** (-settings.noise_snr / 20)
    if settings.band_limit is not None:
        values = low_pass(values, settings.band_limit)
    values = to_level(values, -24.0)
    values = to_level(code(values, settings.codec, settings.codec_quality), settings.level)
    return values.astype(np.float32)


def reverberate(values: np.ndarray, seconds: float, wetness: float, rng: np.random.Generator) -> np.ndarray:
    """Add the echo of a room: noise that falls by 60 dB in the given time.

    Args:
        values: `(samples,)` at 16 kHz.
        seconds: reverberation time.
        wetness: level of the echo relative to the direct sound, in dB.
        rng: draws the echo.
    """
    count = max(2, int(seconds * RATE))
    decay = 10 ** (-3 * np.arange(count) / count)
    echo = rng.standard_normal(count) * decay
    echo[: int(0.003 * RATE)] = 0  # nothing returns in less than a metre's way
    wet = signal.fftconvolve(values, echo)[: len(values)]
    return values + wet * (active_level(values) / max(active_level(wet), 1e-12)) * 10 ** (wetness / 20)


def coloured_noise(count: int, slope: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise of RMS 1 whose spectrum falls by `-slope` dB an octave, `(count,)`."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    octave = np.log2(np.maximum(np.fft.rfftfreq(count, 1 / RATE), 50) / 1000)
    noise = np.fft.irfft(spectrum * 10 ** (slope * octave / 20), count)
    return noise / max(float(np.sqrt(np.mean(noise**2))), 1e-12)


def low_pass(values: np.ndarray, hertz: float) -> np.ndarray:
    """Take away what lies above a frequency (Butterworth, order 12, zero phase)."""
    if hertz >= 0.99 * RATE / 2:
        return values
    return signal.sosfiltfilt(signal.butter(6, hertz, fs=RATE, output="sos"), values)


def code(values: np.ndarray, codec: Codec, quality: float) -> np.ndarray:
    """Code and decode, at the codec's own rate, with libsndfile's encoders.

    Args:
        values: `(samples,)` at 16 kHz, within -1 to 1.
        codec: one of `Codec`.
        quality: 0 (best) to 1 (smallest); without effect on telephone codecs.

    Returns:
        `(samples,)` at 16 kHz, as long as what came in; a codec's delay is not undone.
    """
    if codec == "none":
        return values
    rate, container, encoding = _CODING[codec]
    held = io.BytesIO()
    narrow = resample(values.astype(np.float32), RATE, rate)
    scalable = codec in ("mp3", "vorbis", "opus")
    soundfile.write(
        held, narrow, rate, format=container, subtype=encoding,
        compression_level=quality if scalable else None,
    )  # fmt: skip
    held.seek(0)
    decoded, found = soundfile.read(held, dtype="float32")
    heard = resample(decoded, found, RATE)[: len(values)]
    return np.pad(heard.astype(np.float64), (0, len(values) - len(heard)))


def active_level(values: np.ndarray) -> float:
    """RMS of the louder half of the 20 ms frames: the level of the speech, not of its pauses."""
    usable = len(values) // 320 * 320
    if usable == 0:
        return float(np.sqrt(np.mean(np.square(values)))) if len(values) else 0.0
    power = np.sort(np.square(values[:usable]).reshape(-1, 320).mean(axis=1))
    return float(np.sqrt(power[len(power) // 2 :].mean()))


def to_level(values: np.ndarray, level: float) -> np.ndarray:
    """Bring the speech to a level in dB full scale, lower where the peak would be beyond 0.99."""
    now = active_level(values)
    if now < 1e-9:
        return values
    gain = 10 ** (level / 20) / now
    peak = float(np.abs(values).max()) * gain
    return values * gain / max(1.0, peak / 0.99)
