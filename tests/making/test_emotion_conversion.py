from __future__ import annotations

import numpy as np
import pytest

from earwitness.audio.recording import Recording
from earwitness.errors import BadInput
from earwitness.making.copying import RATE
from earwitness.making.emotion_conversion import KINDS, EmotionConversion, Kind, Prosody, prosody
from earwitness.making.excitation import pitch

CALM = Prosody(pitch=np.log(120.0), pitch_spread=0.1, level=-30.0, level_spread=6.0, duration=1.0)
ANGRY = Prosody(pitch=np.log(180.0), pitch_spread=0.15, level=-24.0, level_spread=6.0, duration=0.8)


def vowel(tone: float = 120.0, seconds: float = 1.2) -> np.ndarray:
    """Pulses through two resonances, swelling and fading."""
    time = np.arange(round(seconds * RATE)) / RATE
    wave = sum(
        np.exp(-0.5 * ((k * tone - 700) / 300) ** 2) * np.sin(2 * np.pi * k * tone * time)
        + 0.4 * np.exp(-0.5 * ((k * tone - 1800) / 300) ** 2) * np.sin(2 * np.pi * k * tone * time)
        for k in range(1, 30)
    )
    envelope = np.sin(np.pi * time / seconds) ** 0.5
    return (0.02 * wave * envelope).astype(np.float32)


def converter(kind: Kind, source: Prosody = CALM, target: Prosody = ANGRY) -> EmotionConversion:
    return EmotionConversion(kind=kind, source=source, target=target, name="angry")


@pytest.mark.parametrize("kind", KINDS)
def test_pitch_level_and_pace_go_where_the_emotion_is(kind: Kind) -> None:
    clip = Recording.of(vowel(), RATE)
    made = converter(kind).make(clip, np.random.default_rng(1))
    shift, pace = float(made.provenance.settings["shift"]), float(made.provenance.settings["pace"])
    assert 1.35 < shift < 1.65
    assert 0.75 < pace < 0.85
    assert len(made.samples) == pytest.approx(len(clip.samples) * pace, rel=0.02)
    found = pitch(made.samples, RATE, 160)
    assert np.median(found[found > 0]) == pytest.approx(120 * shift, rel=0.03)
    before, after = (10 * np.log10(np.mean(np.square(x))) for x in (clip.samples, made.samples))
    assert after - before == pytest.approx(6, abs=2.5)
    assert made.provenance.source == clip.sha256
    assert made.provenance.family == KINDS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_chance_gives_the_same_samples(kind: Kind) -> None:
    clip = Recording.of(vowel(), RATE)
    first, second = (converter(kind).make(clip, np.random.default_rng(3)).samples for _ in range(2))
    np.testing.assert_array_equal(first, second)
    other = converter(kind).make(clip, np.random.default_rng(4)).samples
    assert len(other) != len(first) or (other != first).any()


def test_formants_stay_with_the_residual_and_move_with_the_phase_vocoder() -> None:
    clip = Recording.of(vowel(), RATE)
    low = Prosody(pitch=np.log(170.0), pitch_spread=0.1, level=-30.0, level_spread=6.0, duration=1.0)

    def centre(kind: Kind) -> float:
        made = converter(kind, target=low).make(clip, np.random.default_rng(0)).samples
        power = np.abs(np.fft.rfft(made)) ** 2
        frequency = np.fft.rfftfreq(len(made), 1 / RATE)
        heard = frequency < 1200
        return float((power * frequency)[heard].sum() / power[heard].sum())

    assert centre("residual") < centre("phase-vocoder") - 80


def test_statistics_are_those_of_the_clips() -> None:
    found = prosody([vowel(120.0), vowel(240.0, 0.8)])
    assert 120 < np.exp(found.pitch) < 240
    assert found.pitch_spread > 0.2
    assert found.duration == pytest.approx(1.0)
    with pytest.raises(BadInput, match="no voiced frame"):
        prosody([np.zeros(8_000, np.float32)])


@pytest.mark.parametrize("source", ["a text", np.zeros(16_000), np.ones(100)])
def test_what_cannot_be_converted_is_refused(source: str | np.ndarray) -> None:
    given = source if isinstance(source, str) else Recording.of(source, RATE)
    with pytest.raises(BadInput, match="convert"):
        converter("world").make(given, np.random.default_rng(0))
