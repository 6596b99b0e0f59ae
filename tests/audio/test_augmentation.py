"""Augmentations: the same for the same draws, recorded in a recipe, never beyond their settings."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from earwitness.audio.augmentation import (
    Augment,
    Chain,
    Coded,
    Gain,
    Noise,
    OneOf,
    PacketLoss,
    RawBoost,
    Reverberation,
    Sometimes,
    Speed,
)
from earwitness.errors import BadInput

RNG = np.random.default_rng(0)
WAVE = (0.1 * RNG.standard_normal(16_000)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    inside = tmp_path / "free-sound"
    inside.mkdir()
    soundfile.write(inside / "hum.wav", np.sin(np.arange(4_000) * 0.05), 8_000)
    response = np.zeros(800)
    response[[40, 300]] = 1.0, 0.5
    soundfile.write(inside / "room.wav", response, 16_000)
    return str(tmp_path)


def every(folder: str) -> list[Augment]:
    return [
        RawBoost(algorithm=5), Noise(), Noise(folder=folder), Reverberation(), Reverberation(folder=folder),
        Coded(), PacketLoss(), Speed(), Gain(), Chain(steps=(Gain(), Coded(codecs=("gsm",)))),
        OneOf(choices=(Gain(), Speed())), Sometimes(augment=Gain(), chance=1.0),
    ]  # fmt: skip


def test_each_changes_the_clip_the_same_way_for_the_same_draws(folder: str) -> None:
    for augment in every(folder):
        kept = WAVE.copy()
        first, second = (augment(WAVE, {"label": 1}, np.random.default_rng(5)) for _ in range(2))
        np.testing.assert_array_equal(first[0], second[0])
        np.testing.assert_array_equal(WAVE, kept)
        assert first[0].dtype == np.float32
        assert np.isfinite(first[0]).all()
        assert first[1] == {"label": 1}
        assert first[0].shape != WAVE.shape or np.abs(first[0] - WAVE).max() > 1e-4
        other = augment(WAVE, {}, np.random.default_rng(6))[0]
        assert other.shape != first[0].shape or (other != first[0]).any()


def test_each_goes_into_a_recipe_and_comes_back(folder: str) -> None:
    for augment in every(folder):
        text = msgspec.json.encode(augment)
        assert msgspec.json.decode(text, type=Augment) == augment


def test_noise_has_the_drawn_level(folder: str) -> None:
    for noise in (Noise(snr=(20, 20)), Noise(folder=folder + "/free-sound", snr=(20, 20))):
        added = noise(WAVE, {}, np.random.default_rng(1))[0].astype(np.float64) - WAVE
        ratio = 10 * np.log10(np.mean(WAVE.astype(np.float64) ** 2) / np.mean(added**2))
        assert ratio == pytest.approx(20, abs=1.0)  # of the louder half of the speech


def test_an_echo_keeps_level_and_place() -> None:
    clicks = np.zeros(8_000, np.float32)
    clicks[1_000] = 0.5
    wet = Reverberation(wetness=(-12, -12))(clicks, {}, np.random.default_rng(1))[0]
    assert int(np.abs(wet).argmax()) == 1_000
    assert np.mean(wet**2) == pytest.approx(np.mean(clicks**2), rel=1e-4)


def test_lost_packets_are_about_as_many_as_drawn() -> None:
    long = np.ones(16_000 * 60, np.float32)
    heard = PacketLoss(lost=(0.2, 0.2), burst=3.0, fade=0.0)(long, {}, np.random.default_rng(0))[0]
    packets = heard[: len(heard) // 320 * 320].reshape(-1, 320)[:, 0]
    assert (packets == 0).mean() == pytest.approx(0.2, abs=0.03)
    runs = np.diff(np.flatnonzero(np.diff(np.r_[1.0, packets, 1.0])))[::2]
    assert runs.mean() == pytest.approx(3.0, abs=0.5)


def test_speed_changes_length_and_gain_clips() -> None:
    faster = Speed(factor=(1.25, 1.25))(WAVE, {}, np.random.default_rng(0))[0]
    assert len(faster) == pytest.approx(16_000 / 1.25, abs=2)
    louder = Gain(decibels=(60, 60))(WAVE, {}, np.random.default_rng(0))[0]
    assert np.abs(louder).max() == 1.0


def test_a_target_is_lowered_only_where_the_clip_was_changed() -> None:
    rule = Sometimes(augment=Gain(decibels=(-6, -6)), chance=0.4, lowers="quality")
    lowered = 0
    rng = np.random.default_rng(0)
    for _ in range(1_000):
        wave, targets = rule(WAVE[:100], {"quality": 1}, rng)
        assert (targets["quality"] == 0) == bool((wave != WAVE[:100]).any())
        lowered += targets["quality"] == 0
    assert lowered / 1_000 == pytest.approx(0.4, abs=0.05)
    assert rule(WAVE, {"quality": -1}, np.random.default_rng(3))[1]["quality"] == -1
    always = Sometimes(augment=Gain(), chance=1.0, lowers="quality")
    assert always(WAVE, {"quality": 0}, np.random.default_rng(3))[1]["quality"] == 0


def test_what_cannot_be_done_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no recordings"):
        Noise(folder=str(tmp_path))(WAVE, {}, np.random.default_rng(0))
    with pytest.raises(BadInput, match="no such target"):
        Sometimes(augment=Gain(), chance=1.0, lowers="quality")(WAVE, {"label": 1}, np.random.default_rng(0))
