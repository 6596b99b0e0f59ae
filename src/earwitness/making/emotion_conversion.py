"""Emotional voice conversion by rule: a clip takes on the pitch, level and pace of another emotion.

Three converters of different kinds, all driven by the same statistics of real clips: what a published
converter learns with a network is here a mapping of log-normal pitch and level, and of duration. They
make genuine against converted emotion a task that can be built from open clips; they are easier to hear
than neural converters, and a detector of them says nothing about those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import numpy as np
from scipy.signal import lfilter

from earwitness.audio.recording import Recording
from earwitness.audio.resample import resample
from earwitness.errors import BadInput
from earwitness.making.copying import RATE
from earwitness.making.excitation import pitch
from earwitness.making.lpc import predictors
from earwitness.making.maker import Made, Provenance, Samples, Setting
from earwitness.making.phase_vocoder import stretch
from earwitness.making.spectrum import Real, frames_of, overlap_add
from earwitness.making.world import compiled_world

Kind = Literal["world", "phase-vocoder", "residual"]
KINDS: dict[Kind, str] = {"world": "source-filter", "phase-vocoder": "spectral", "residual": "source-filter"}
"""Converter -> family of engines."""
HOP = 80
"""Samples between pitch and level values: 5 ms."""
MOST_PACE, MOST_GAIN = 1.6, 12.0
"""Durations change at most by this factor, levels by this many dB: statistics of few clips run wild."""


class Prosody(msgspec.Struct, frozen=True, kw_only=True):
    """How an emotion sounds, over all clips of a speaker.

    Args:
        pitch: mean of the logarithm of the pitch in Hz, voiced frames.
        pitch_spread: its standard deviation.
        level: mean level of voiced frames, dB full scale.
        level_spread: its standard deviation, dB.
        duration: mean, in seconds.
    """

    pitch: float
    pitch_spread: float
    level: float
    level_spread: float
    duration: float


def prosody(clips: Sequence[Samples]) -> Prosody:
    """Measure some clips of one speaker and emotion.

    Args:
        clips: (samples,) each, at 16 kHz.

    Raises:
        BadInput: when no frame of them is voiced.

    Example:
        >>> tone = np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000).astype(np.float32)
        >>> round(float(np.exp(prosody([tone]).pitch)))
        200
    """
    pitches, levels = [], []
    for clip in clips:
        f0 = pitch(clip, RATE, HOP)
        loud = _levels(clip)[: len(f0)]
        voiced = f0[: len(loud)] > 0
        pitches.append(np.log(f0[: len(loud)][voiced]))
        levels.append(loud[voiced])
    tone, level = np.concatenate(pitches), np.concatenate(levels)
    if not len(tone):
        raise BadInput("have no voiced frame", where="clips")
    return Prosody(
        pitch=float(tone.mean()), pitch_spread=float(tone.std()), level=float(level.mean()),
        level_spread=float(level.std()), duration=float(np.mean([len(clip) for clip in clips])) / RATE,
    )  # fmt: skip


class EmotionConversion(msgspec.Struct, frozen=True, kw_only=True):
    """A converter from one emotion of a speaker to another.

    `world` moves each frame's pitch and resynthesises; `phase-vocoder` moves all frequencies, formants
    included; `residual` moves only what excites the linear predictor, so that formants stay.

    Args:
        kind: of the converter.
        source: how the speaker sounds in the clip's emotion.
        target: how in the wanted one.
        name: of the wanted emotion, for the record.
    """

    kind: Kind
    source: Prosody
    target: Prosody
    name: str

    @property
    def engine(self) -> str:
        """The converter."""
        return f"emotion-{self.kind}"

    @property
    def family(self) -> str:
        """Engines that share its nature."""
        return KINDS[self.kind]

    def make(self, source: str | Recording, rng: np.random.Generator) -> Made:
        """Convert one recording.

        Args:
            source: at least 0.1 s of any rate; brought to 16 kHz.
            rng: draws how far of the way it goes, 80 to 120 %: people do not hit a mean either.

        Returns:
            The converted clip at 16 kHz, its peak at most 0.999.

        Raises:
            BadInput: when the source is a text, too short, or silent.
        """
        if isinstance(source, str):
            raise BadInput("needs a recording to convert, not a text", where=self.engine)
        samples = resample(source.samples, source.sample_rate, RATE)
        if len(samples) < RATE // 10 or not np.abs(samples).max() > 1e-5:
            raise BadInput("is shorter than 0.1 s or silent; nothing to convert", where=source.path)
        far = float(rng.uniform(0.8, 1.2))
        shift = float(np.exp(far * (self.target.pitch - self.source.pitch)))
        pace = (self.target.duration / self.source.duration) ** far
        pace = float(np.clip(pace, 1 / MOST_PACE, MOST_PACE))
        converters: dict[Kind, Callable[..., Real]] = {
            "world": self._world, "phase-vocoder": _shifted, "residual": _refilled
        }  # fmt: skip
        moved = converters[self.kind](samples.astype(np.float64), shift, pace)
        moved *= np.sqrt(np.mean(np.square(samples))) / max(float(np.sqrt(np.mean(moved**2))), 1e-9)
        moved = self._levelled(moved)
        peak = float(np.abs(moved).max())
        settings: dict[str, Setting] = {
            "emotion": self.name, "far": round(far, 3), "shift": round(shift, 3), "pace": round(pace, 3)
        }  # fmt: skip
        return Made(
            samples=(moved / max(1.0, peak / 0.999)).astype(np.float32), sample_rate=RATE,
            provenance=Provenance(
                engine=self.engine, family=self.family, source=source.sha256, settings=settings
            ),
        )  # fmt: skip

    def _world(self, samples: Real, shift: float, pace: float) -> Real:
        """Pitch by its mean and spread, frames read faster or slower, through WORLD."""
        world = compiled_world()
        f0, times = world.harvest(samples, RATE)
        envelope, breath = (
            world.cheaptrick(samples, f0, times, RATE),
            world.d4c(samples, f0, times, RATE),
        )
        voiced = f0 > 0
        if voiced.any():
            tone = np.log(f0[voiced])
            wide = np.clip(self.target.pitch_spread / max(self.source.pitch_spread, 1e-3), 0.5, 2.0)
            f0[voiced] = np.clip(np.exp(tone.mean() + np.log(shift) + wide * (tone - tone.mean())), 50, 700)
        read = np.minimum((np.arange(round(len(f0) * pace)) / pace).round().astype(int), len(f0) - 1)
        parts = (np.ascontiguousarray(part[read]) for part in (f0, envelope, breath))
        made: Real = world.synthesize(*parts, RATE)
        return made

    def _levelled(self, samples: Real) -> Real:
        """Level by its mean and spread."""
        loud = _levels(samples)
        heard = loud > loud.max() - 40
        mean = float(loud[heard].mean())
        wide = np.clip(self.target.level_spread / max(self.source.level_spread, 1e-3), 0.5, 2.0)
        gain = (wide - 1) * (loud - mean) + self.target.level - self.source.level
        gain = np.where(heard, np.clip(gain, -MOST_GAIN, MOST_GAIN), 0.0)
        smooth = np.convolve(np.pad(gain, 10, mode="edge"), np.hanning(21) / np.hanning(21).sum(), "valid")
        curve = np.interp(np.arange(len(samples)), np.arange(len(smooth)) * HOP, smooth)
        return samples * 10 ** (curve / 20)


def _levels(samples: np.ndarray) -> Real:
    """Level of 25 ms around every 5 ms, dB full scale."""
    power = np.mean(frames_of(samples, 400, HOP) ** 2, axis=1)
    return 10 * np.log10(power + 1e-10)


def _shifted(samples: Real, shift: float, pace: float) -> Real:
    """All frequencies times `shift`, the duration times `pace`."""
    longer = stretch(samples, shift * pace, 512)
    if shift > 1:  # read faster: what would fold back is filtered out first
        lower = round(RATE / shift)
        longer = resample(resample(longer.astype(np.float32), RATE, lower), lower, RATE)
    places = np.linspace(0, len(longer) - 1, round(len(samples) * pace))
    return np.interp(places, np.arange(len(longer)), longer)


def _refilled(samples: Real, shift: float, pace: float, order: int = 18) -> Real:
    """The residual of linear prediction moved, and filtered by the clip's own predictors."""
    size, hop = 512, 128
    window = np.hanning(size + 1)[:size]
    filters, _ = predictors(frames_of(samples, size, hop) * window, order)
    pieces = frames_of(samples, size, hop)
    flat = np.stack([lfilter(taps, [1], piece) for taps, piece in zip(filters, pieces, strict=True)])
    residual = overlap_add(flat * window, hop, len(samples))
    moved = _shifted(residual, shift, pace)
    lead = size // 2
    driven = frames_of(np.concatenate([np.zeros(lead), moved]), size + lead, hop)
    read = np.minimum((np.arange(len(frames_of(moved, size, hop))) / pace).astype(int), len(filters) - 1)
    offset = lead // hop // 2
    out = np.stack(
        [
            lfilter([1], filters[taps], driven[min(at + offset, len(driven) - 1)])[lead:]
            for at, taps in enumerate(read)
        ]
    )
    return overlap_add(out * window, hop, len(moved))
