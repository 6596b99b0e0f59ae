"""Every vocoder: same seed, same samples; length and level kept; recognisably what was copied."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.audio.recording import Recording
from earwitness.errors import BadInput
from earwitness.making.cepstral import Cepstral
from earwitness.making.channel_vocoder import ChannelVocoder
from earwitness.making.copying import RATE, CopySynthesis
from earwitness.making.grains import Grains, likest
from earwitness.making.griffin_lim import GriffinLim
from earwitness.making.lpc import Lpc
from earwitness.making.noise_bands import NoiseBands
from earwitness.making.phase_vocoder import PhaseVocoder
from earwitness.making.sinusoidal import Sinusoidal
from earwitness.making.spectrum import stft
from earwitness.making.world import World

ENGINES = [
    Cepstral(), ChannelVocoder(), Grains(), GriffinLim(), Lpc(), NoiseBands(), PhaseVocoder(), Sinusoidal(),
    World(),
]  # fmt: skip


def vowels(rate: int = RATE, seconds: float = 1.2) -> Recording:
    """A voice-like sound: a harmonic series through moving formants, with a pause in the middle."""
    t = np.arange(int(seconds * rate)) / rate
    turn = 2 * np.pi * np.cumsum(120 + 20 * np.sin(2 * np.pi * 1.5 * t)) / rate
    sound = np.zeros_like(t)
    for harmonic in range(1, 25):
        hertz = 120 * harmonic
        near = np.exp(-(((hertz - 600 - 200 * np.sin(3 * t)) / 250) ** 2))
        near += 0.5 * np.exp(-(((hertz - 1800) / 400) ** 2))
        sound += near * np.sin(harmonic * turn)
    sound *= 0.1 * (np.abs(t - seconds / 2) > 0.1)
    sound += 1e-4 * np.random.default_rng(0).standard_normal(len(t))
    return Recording.of(sound.astype(np.float32), rate)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.engine)
def test_a_copy_is_like_its_source(engine: CopySynthesis) -> None:
    source = vowels()
    made = engine.make(source, np.random.default_rng(5))
    assert made.sample_rate == RATE
    assert made.samples.dtype == np.float32
    assert len(made.samples) == len(source.samples)
    assert np.abs(made.samples).max() <= 1
    level = np.sqrt(np.mean(made.samples.astype(float) ** 2) / np.mean(source.samples.astype(float) ** 2))
    assert level == pytest.approx(1, abs=0.02)
    before, after = (np.log(np.abs(stft(x, 512, 128)) + 1e-2) for x in (source.samples, made.samples))
    # The same sound at the same time: better than half a frame displaced would be.
    likeness = [
        np.corrcoef(before[:-12].ravel(), after[shift : len(after) - 12 + shift].ravel())[0, 1]
        for shift in (0, 6, 12)
    ]
    assert likeness[0] > 0.7
    assert likeness[0] == max(likeness)
    assert not np.allclose(made.samples, source.samples, atol=1e-3)
    assert made.provenance.source == source.sha256
    assert made.provenance.settings
    assert made.recording.sha256 == Recording.of(made.samples, RATE).sha256


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.engine)
def test_the_seed_decides_everything(engine: CopySynthesis) -> None:
    source = vowels(seconds=0.6)
    one, again, other = (engine.make(source, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.samples, again.samples)
    assert one.provenance == again.provenance
    assert not np.array_equal(one.samples, other.samples)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.engine)
def test_odd_lengths_and_rates(engine: CopySynthesis) -> None:
    for rate, seconds in ((8000, 0.1001), (44_100, 0.333)):
        made = engine.make(vowels(rate, seconds), np.random.default_rng(0))
        assert len(made.samples) == pytest.approx(seconds * RATE, abs=2)
        assert np.isfinite(made.samples).all()


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.engine)
def test_what_cannot_be_copied_is_refused(engine: CopySynthesis) -> None:
    rng = np.random.default_rng(0)
    for silent in (np.zeros(8000, np.float32), np.zeros(0, np.float32), np.ones(100, np.float32)):
        with pytest.raises(BadInput, match="nothing to copy"):
            engine.make(Recording.of(silent, RATE), rng)
    with pytest.raises(BadInput, match="not a text"):
        engine.make("hello", rng)


def test_engines_have_names_of_their_own() -> None:
    assert len({engine.engine for engine in ENGINES}) == len(ENGINES)
    assert all(engine.family for engine in ENGINES)


def test_no_grain_stays_in_its_place() -> None:
    rng = np.random.default_rng(0)
    for count in (3, 4, 40):
        chosen = likest(rng.standard_normal((count, 256)), 2, apart=2, rng=rng)
        assert ((chosen >= 0) & (chosen < count)).all()
        if count > 4:
            assert (np.abs(chosen - np.arange(count)) >= 2).all()
    low, high = np.sin(np.arange(256) * 0.1), np.sin(np.arange(256) * 1.5)
    grains = np.stack([low, high] * 6)
    assert (likest(grains, 1, apart=2, rng=rng) % 2 == np.arange(12) % 2).all()
