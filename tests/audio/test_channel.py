from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.audio.channel import (
    RATE,
    ChannelSettings,
    active_level,
    apply,
    code,
    coloured_noise,
    draw,
    low_pass,
    to_level,
)


def speech(seconds: float = 1.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    sound = np.sin(2 * np.pi * 150 * t + 3 * np.sin(2 * np.pi * 1200 * t)) * (
        np.sin(2 * np.pi * 2 * t) > -0.5
    )
    return (0.2 * sound + 1e-3 * np.random.default_rng(0).standard_normal(len(t))).astype(np.float32)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_any_drawn_channel_keeps_length_and_range(seed: int) -> None:
    settings_ = draw(np.random.default_rng(seed))
    heard = apply(speech(), settings_)
    assert heard.shape == (RATE,)
    assert heard.dtype == np.float32
    assert np.abs(heard).max() <= 1
    assert np.array_equal(heard, apply(speech(), settings_))


@pytest.mark.parametrize("codec", ["g711-mu", "g711-a", "gsm", "mp3", "vorbis", "opus"])
def test_codecs_keep_the_sound(codec: str) -> None:
    before = speech(2.0).astype(np.float64)
    after = code(before, codec, 0.3)  # type: ignore[arg-type]
    assert len(after) == len(before)
    spectra = [np.abs(np.fft.rfft(values))[: 2 * 3000] for values in (before, after)]
    assert np.corrcoef(*(np.log(np.convolve(s, np.ones(50), "valid") + 1e-3) for s in spectra))[0, 1] > 0.6


def test_telephone_has_nothing_above_four_kilohertz() -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE)
    power = np.abs(np.fft.rfft(code(noise, "g711-mu", 0.5))) ** 2
    assert power[4200:].sum() < 1e-3 * power.sum()


def test_a_band_limit_takes_away_what_is_above_it() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE)
    power = np.abs(np.fft.rfft(low_pass(noise, 3000))) ** 2
    assert power[4000:].sum() < 1e-3 * power.sum()
    assert np.array_equal(low_pass(noise, 7990), noise)


def test_noise_stands_where_it_was_asked_to() -> None:
    samples = speech(2.0) * 1.0
    quiet = ChannelSettings(noise_snr=20, level=-20, seed=3)
    pause = apply(np.concatenate([samples, np.zeros(RATE, np.float32)]), quiet)[-RATE:]
    assert 20 * np.log10(np.sqrt(np.mean(pause**2))) == pytest.approx(-40, abs=1.5)


def test_colour_of_the_noise() -> None:
    power = np.abs(np.fft.rfft(coloured_noise(RATE, -6.0, np.random.default_rng(0)))) ** 2
    ratio = 10 * np.log10(power[500:1000].mean() / power[2000:4000].mean())
    assert ratio == pytest.approx(12, abs=1)


def test_level_and_its_peak() -> None:
    assert 20 * np.log10(active_level(to_level(speech().astype(float), -26))) == pytest.approx(-26, abs=0.01)
    assert np.abs(to_level(speech().astype(float), 0)).max() == pytest.approx(0.99)
    silent = np.zeros(100)
    assert to_level(silent, -20) is silent
    assert active_level(np.zeros(0)) == 0


def test_names() -> None:
    assert ChannelSettings(codec="gsm").name == "gsm"
    assert ChannelSettings(noise_snr=15).name == "noise"
    assert ChannelSettings(noise_snr=35).name == "clean"


def test_the_draw_does_not_depend_on_anything_but_the_state() -> None:
    drawn = [draw(np.random.default_rng(seed)) for seed in range(300)]
    share = np.mean([settings_.codec != "none" for settings_ in drawn])
    assert 0.4 < share < 0.6
    assert {settings_.codec for settings_ in drawn} == {
        "none",
        "g711-mu",
        "g711-a",
        "gsm",
        "mp3",
        "vorbis",
        "opus",
    }
