"""Every clip, made or real, ends in the channel of a real one: its band, its codec, its noise floor.

Real sources have channels of their own (8 kHz PCM, 11 kHz MP3, 44 kHz Vorbis), text-to-speech
has none. A detector trained on them as they are learns the channel. So a made clip gets a
partner, a real clip: for a copy the one it was copied from, for text-to-speech a drawn one.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import soundfile
from scipy import signal

from earwitness.audio.channel import RATE, Codec, active_level, code
from earwitness.audio.recording import Samples
from earwitness.audio.resample import resample
from earwitness.errors import BadInput

_FRAME = 512


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The channel that a real source comes with.

    Args:
        rate: of its files, in Hz.
        codec: of its files.
    """

    rate: int
    codec: Codec


ORIGINS = {
    "asterisk": Origin(rate=8_000, codec="none"),
    "fillets": Origin(rate=22_050, codec="vorbis"),
    "gcin": Origin(rate=44_100, codec="vorbis"),
    "polish": Origin(rate=16_000, codec="none"),
    "queen": Origin(rate=11_025, codec="mp3"),
    "tuxpaint": Origin(rate=44_100, codec="vorbis"),
}


def origin_of(path: Path) -> Origin:
    """The channel of a single file, where a source mixes rates and codecs.

    Args:
        path: of a WAV or Ogg Vorbis file.

    Raises:
        BadInput: when it cannot be read.
    """
    try:
        found = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise BadInput(f"cannot be decoded: {error}", where=str(path)) from None
    return Origin(rate=found.samplerate, codec="vorbis" if found.subtype == "VORBIS" else "none")


def trimmed(samples: Samples) -> Samples:
    """The samples from 50 ms before the first to 50 ms after the last frame within 35 dB of the loudest.

    Silence is left as it is.
    """
    usable = len(samples) // 160 * 160
    if not samples[:usable].any():
        return samples
    power = np.square(samples[:usable].astype(np.float64)).reshape(-1, 160).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10**-3.5)
    start = max(0, int(loud[0]) * 160 - 800)
    return samples[start : int(loud[-1] + 1) * 160 + 800]


def floor_spectrum(samples: Samples) -> np.ndarray:
    """Power of the quietest tenth of the frames by frequency, relative to the speech level.

    Args:
        samples: `(samples,)` at 16 kHz.

    Returns:
        (257,) power of a bin; the sum over bins is the power of the noise where speech has 1.
    """
    values = np.asarray(samples, np.float64) / max(active_level(samples), 1e-9)
    if len(values) < 4 * _FRAME:
        return np.zeros(_FRAME // 2 + 1)
    _, _, power = signal.spectrogram(
        values, RATE, nperseg=_FRAME, noverlap=_FRAME // 2, detrend=False, scaling="spectrum", mode="psd"
    )
    quiet = np.argsort(power.sum(axis=0))[: max(3, power.shape[1] // 10)]
    return power[:, quiet].mean(axis=1)


def like_partner(samples: Samples, partner: Samples, origin: Origin, rng: np.random.Generator) -> Samples:
    """Bring a made clip into the channel of its partner.

    Args:
        samples: `(samples,)` made, at 16 kHz.
        partner: `(samples,)` real, at 16 kHz.
        origin: the partner's source.
        rng: draws the noise.

    Returns:
        `(samples,)` at 16 kHz: no band, less floor or coding than the partner's.
    """
    values = np.asarray(samples, np.float64)
    values = values / max(active_level(values), 1e-9)
    missing = np.maximum(floor_spectrum(partner) - floor_spectrum(samples), 0)
    if missing.any():
        noise = signal.fftconvolve(rng.standard_normal(len(values) + _FRAME), _impulse(missing), mode="same")
        values = values + noise[_FRAME // 2 : _FRAME // 2 + len(values)] * np.sqrt(missing.sum()) / max(
            float(np.sqrt(np.mean(noise**2))), 1e-12
        )
    values = values * (0.06 / max(active_level(values), 1e-9))
    values = values / max(1.0, float(np.abs(values).max()) / 0.99)
    if origin.rate < RATE:
        narrow = resample(values.astype(np.float32), RATE, origin.rate)
        values = resample(narrow, origin.rate, RATE).astype(np.float64)[: len(values)]
    return code(values, origin.codec, 0.3).astype(np.float32)


def _impulse(power: np.ndarray) -> np.ndarray:
    """(512,) linear-phase filter whose power response is the given one."""
    return np.fft.fftshift(np.fft.irfft(np.sqrt(power))) * np.hanning(_FRAME)
