from __future__ import annotations

import numpy as np
import pytest

from earwitness.audio.channel import RATE, active_level
from earwitness.corpora.open_voices.partner import ORIGINS, Origin, floor_spectrum, like_partner, trimmed


def bursts(floor: float, seconds: float = 2.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    sound = 0.2 * np.sign(np.sin(2 * np.pi * 140 * t)) * (np.sin(2 * np.pi * 1.5 * t) > 0)
    return (sound + floor * np.random.default_rng(0).standard_normal(len(t))).astype(np.float32)


def test_a_made_clip_gets_its_partners_floor() -> None:
    partner, clean = bursts(0.01), bursts(0.0)
    heard = like_partner(clean, partner, Origin(rate=RATE, codec="none"), np.random.default_rng(1))
    wanted, found = floor_spectrum(partner).sum(), floor_spectrum(heard).sum()
    assert 10 * np.log10(found / wanted) == pytest.approx(0, abs=2)
    assert floor_spectrum(clean).sum() < wanted / 100


def test_a_made_clip_gets_its_partners_band() -> None:
    heard = like_partner(bursts(0.0), bursts(0.0), ORIGINS["asterisk"], np.random.default_rng(1))
    power = np.abs(np.fft.rfft(heard)) ** 2
    assert power[len(power) * 9 // 16 :].sum() < 1e-4 * power.sum()


@pytest.mark.parametrize("source", sorted(ORIGINS))
def test_every_source_can_be_a_partner(source: str) -> None:
    heard = like_partner(bursts(0.0), bursts(0.003), ORIGINS[source], np.random.default_rng(1))
    assert np.isfinite(heard).all()
    assert len(heard) == pytest.approx(2 * RATE, abs=2)
    assert active_level(heard) > 0.01


def test_silence_at_the_ends_goes() -> None:
    silent = np.zeros(RATE, np.float32)
    cut = trimmed(np.concatenate([silent, bursts(0.0, 1.0), silent]))
    assert len(cut) < 1.2 * RATE
    assert len(trimmed(np.zeros(10, np.float32))) == 10
    assert len(trimmed(np.zeros(1000, np.float32))) == 1000
    assert floor_spectrum(np.zeros(100, np.float32)).sum() == 0
