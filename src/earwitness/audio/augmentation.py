"""Augmentations of training waveforms: each a frozen value that a recipe records, and a function.

All are called with (waveform (samples,) at 16 kHz, targets, rng) and give waveform and targets back;
all chance comes from rng. They compose: `Chain` applies several, `OneOf` draws one, `Sometimes`
applies one by chance and may lower a target with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import signal

from earwitness.audio.channel import RATE, Codec, active_level, code, coloured_noise, reverberate
from earwitness.audio.decode import decode
from earwitness.audio.rawboost import RawBoostSettings, rawboost
from earwitness.audio.resample import resample
from earwitness.errors import BadInput

Wave = NDArray[np.float32]
Targets = Mapping[str, float]
Changed = tuple[Wave, Targets]


class _Augment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """What they share: unknown fields are refused, `kind` names them in a recipe."""


class RawBoost(_Augment, frozen=True, tag="rawboost"):
    """RawBoost (see `earwitness.audio.rawboost`).

    Args:
        algorithm: 0 to 11.
        settings: ranges of its draws.

    Example:
        >>> wave, _ = RawBoost(algorithm=4)(np.ones(400, np.float32), {}, np.random.default_rng(0))
        >>> wave.shape
        (400,)
    """

    algorithm: int = 4
    settings: RawBoostSettings = RawBoostSettings()

    def __call__(self, wave: Wave, targets: Targets, rng: np.random.Generator) -> Changed:
        """Apply it."""
        return rawboost(wave, RATE, self.algorithm, rng, self.settings), targets


class Noise(_Augment, frozen=True, tag="noise"):
    """Added noise: a stretch of a random recording of a folder (MUSAN and the like), or coloured noise.

    Args:
        folder: of recordings, searched with its sub-folders; coloured Gaussian noise when `None`.
        snr: least and greatest level of the speech over the noise, in dB.
        slope: least and greatest slope of coloured noise, in dB an octave.
    """

    folder: str | None = None
    snr: tuple[float, float] = (0.0, 15.0)
    slope: tuple[float, float] = (-6.0, 0.0)

    def __call__(self, wave: Wave, targets: Targets, rng: np.random.Generator) -> Changed:
        """Apply it."""
        if self.folder is None:
            noise = coloured_noise(len(wave), float(rng.uniform(*self.slope)), rng)
        else:
            heard = _recording(str(rng.choice(_files(self.folder))))
            first = int(rng.integers(max(len(heard) - len(wave), 0) + 1))
            noise = np.resize(heard[first:], len(wave)).astype(np.float64)
        level = float(np.sqrt(np.mean(noise**2)))
        gain = active_level(wave.astype(np.float64)) / max(level, 1e-9) * 10 ** (-rng.uniform(*self.snr) / 20)
        return (wave + gain * noise).astype(np.float32), targets


class Reverberation(_Augment, frozen=True, tag="reverberation"):
    """The echo of a room: a random impulse response of a folder, or noise that dies away.

    Args:
        folder: of impulse responses; a synthetic echo when `None`.
        seconds: least and greatest reverberation time of a synthetic echo.
        wetness: least and greatest level of a synthetic echo below the direct sound, in dB.
    """

    folder: str | None = None
    seconds: tuple[float, float] = (0.15, 0.8)
    wetness: tuple[float, float] = (-18.0, -3.0)

    def __call__(self, wave: Wave, targets: Targets, rng: np.random.Generator) -> Changed:
        """Apply it; length and level stay, and the direct sound stays where it was."""
        dry = wave.astype(np.float64)
        if self.folder is None:
            wet = reverberate(dry, float(rng.uniform(*self.seconds)), float(rng.uniform(*self.wetness)), rng)
        else:
            response = _recording(str(rng.choice(_files(self.folder)))).astype(np.float64)
            direct = int(np.abs(response).argmax())
            wet = signal.fftconvolve(dry, response)[direct : direct + len(dry)]
        wet *= np.sqrt(np.mean(dry**2) / max(float(np.mean(wet**2)), 1e-12))
        return wet.astype(np.float32), targets


class Coded(_Augment, frozen=True, tag="coded"):
    """Through a codec and back; telephone codecs also limit the band to 4 kHz.

    Args:
        codecs: of which one is drawn.
        quality: least and greatest compression, 0 (best) to 1, of those that have it.
    """

    codecs: tuple[Codec, ...] = ("g711-mu", "g711-a", "gsm", "mp3", "vorbis", "opus")
    quality: tuple[float, float] = (0.1, 0.9)

    def __call__(self, wave: Wave, targets: Targets, rng: np.random.Generator) -> Changed:
        """Apply it."""
        codec = self.codecs[int(rng.integers(len(self.codecs)))]
        limited = np.clip(wave.astype(np.float64), -1, 1)
        return code(limited, codec, float(rng.uniform(*self.quality))).astype(np.float32), targets


class PacketLoss(_Augment, frozen=True, tag="packet-loss"):
    """Packets of 20 ms that never arrive, one by one or in bursts; the last one is played again, fading.

    Args:
        lost: least and greatest share of packets lost, 0 to 1.
        burst: mean length of a burst, in packets; 1 or above.
        fade: factor of each further repetition, 0 = silence.
    """

    lost: tuple[float, float] = (0.01, 0.2)
    burst: float = 2.0
    fade: float = 0.5

    def __call__(self, wave: Wave, targets: Targets, rng: np.random.Generator) -> Changed:
        """Apply it (a Gilbert channel)."""
        size = RATE // 50
        share = float(rng.uniform(*self.lost))
        ends = 1 / self.burst
        begins = min(1.0, ends * share / max(1 - share, 1e-6))
        heard, gone, gain = wave.copy(), False, 1.0
        for first in range(size, len(wave), size):
            gone = rng.random() < (1 - ends if gone else begins)
            gain = gain * self.fade if gone else 1.0
            if gone:
                part = slice(first, min(first + size, len(wave)))
                heard[part] = self.fade * heard[first - size : first - size + len(heard[part])]
        return heard, targets


class Speed(_Augment, frozen=True, tag="speed"):
    """Played faster or slower: pitch and duration change together.

    Args:
        factor: least and greatest, 1 = unchanged.
    """

    factor: tuple[float, float] = (0.9, 1.1)

    def __call__(self, wave: Wave, targets: Targets, rng: np.random.Generator) -> Changed:
        """Apply it; the length changes."""
        return resample(wave, round(RATE * float(rng.uniform(*self.factor))), RATE), targets


class Gain(_Augment, frozen=True, tag="gain"):
    """Louder or softer; what goes beyond full scale is clipped, as a converter does.

    Args:
        decibels: least and greatest.
    """

    decibels: tuple[float, float] = (-12.0, 6.0)

    def __call__(self, wave: Wave, targets: Targets, rng: np.random.Generator) -> Changed:
        """Apply it."""
        return np.clip(wave * np.float32(10 ** (rng.uniform(*self.decibels) / 20)), -1, 1), targets


class Chain(_Augment, frozen=True, tag="chain"):
    """Several augmentations, one after the other.

    Args:
        steps: in order.
    """

    steps: tuple[Augment, ...]

    def __call__(self, wave: Wave, targets: Targets, rng: np.random.Generator) -> Changed:
        """Apply them."""
        for step in self.steps:
            wave, targets = step(wave, targets, rng)
        return wave, targets


class OneOf(_Augment, frozen=True, tag="one-of"):
    """One of several augmentations, each as likely.

    Args:
        choices: to draw from.
    """

    choices: tuple[Augment, ...]

    def __call__(self, wave: Wave, targets: Targets, rng: np.random.Generator) -> Changed:
        """Draw one and apply it."""
        return self.choices[int(rng.integers(len(self.choices)))](wave, targets, rng)


class Sometimes(_Augment, frozen=True, tag="sometimes"):
    """An augmentation by chance; where it is applied a target may be lowered with it.

    Args:
        augment: that is applied.
        chance: that it is, 0 to 1.
        lowers: name of a target that becomes one lower, not below 0; a missing one (below 0) stays so.

    Reference: QAMO's rule: 0.4, RawBoost 4, the quality class.

    Example:
        >>> rule = Sometimes(augment=Gain(), chance=1.0, lowers="quality")
        >>> rule(np.ones(9, np.float32), {"quality": 1, "label": 1}, np.random.default_rng(0))[1]
        {'quality': 0, 'label': 1}
    """

    augment: Augment
    chance: float = 0.5
    lowers: str | None = None

    def __call__(self, wave: Wave, targets: Targets, rng: np.random.Generator) -> Changed:
        """Apply it, or not."""
        if rng.random() >= self.chance:
            return wave, targets
        wave, targets = self.augment(wave, targets, rng)
        if self.lowers is not None:
            if self.lowers not in targets:
                raise BadInput(
                    "is lowered by an augmentation, but the task has no such target", where=self.lowers
                )
            now = targets[self.lowers]
            targets = {**targets, self.lowers: now if now < 0 else max(now - 1, 0)}
        return wave, targets


Augment = RawBoost | Noise | Reverberation | Coded | PacketLoss | Speed | Gain | Chain | OneOf | Sometimes
"""What a recipe may name."""


@cache
def _files(folder: str) -> tuple[str, ...]:
    endings = (".wav", ".flac", ".ogg", ".mp3", ".opus")
    found = sorted(str(path) for path in Path(folder).rglob("*") if path.suffix.lower() in endings)
    if not found:
        raise BadInput("holds no recordings to augment with", where=folder)
    return tuple(found)


def _recording(path: str) -> Wave:
    recording = decode(Path(path))
    samples = resample(recording.samples, recording.sample_rate, RATE)
    if not len(samples):
        raise BadInput("holds no samples", where=path)
    return samples
