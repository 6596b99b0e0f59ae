"""Measured properties: what was put in is found, and nothing depends on how the samples arrive."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.audio.opened_file import FileInfo
from earwitness.audio.properties import MeasuredProperties, PropertyMeter, measure
from earwitness.audio.recording import Samples
from earwitness.audio.resample import resample

Sound = Callable[..., Samples]


def tone(level: float, seconds: float = 4, rate: int = 16000, frequency: float = 440) -> Samples:
    return (level * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def test_levels() -> None:
    found = measure(tone(0.5), 16000)
    assert found.level_dbfs == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.05)
    assert found.peak_dbfs == pytest.approx(20 * math.log10(0.5), abs=0.01)
    assert measure(tone(0.5) + np.float32(0.1), 16000).dc == pytest.approx(0.1, abs=1e-4)


def test_speech_level_is_of_the_speech() -> None:
    sound = np.concatenate([tone(0.5), tone(0.001), tone(0.5)])
    speech = np.concatenate([np.ones(125), np.zeros(125), np.ones(125)])
    assert measure(sound, 16000, speech).level_dbfs == pytest.approx(-9.03, abs=0.05)
    assert measure(sound, 16000).level_dbfs == pytest.approx(-9.03, abs=0.05)  # ITU-T P.56 finds it, too
    assert measure(sound, 16000, np.zeros(375)).level_dbfs == pytest.approx(-10.8, abs=0.1)  # none: of all


@pytest.mark.parametrize("snr", [10, 20, 40])
def test_noise_floor_and_snr(snr: int) -> None:
    speech = np.concatenate([tone(0.5, 2), 0 * tone(1, 2)])
    noise = np.random.default_rng(0).standard_normal(len(speech)) * 0.3535 * 10 ** (-snr / 20)
    found = measure((speech + noise).astype(np.float32), 16000, np.repeat([1, 0], 63)[:125])
    assert found.snr_db == pytest.approx(snr, abs=1.5)
    assert found.noise_floor_dbfs == pytest.approx(-9.03 - snr, abs=1)


@pytest.mark.parametrize("gain", [1.0, 0.1])
@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_clipping_at_any_level(gain: float, rate: int, syllables: Sound) -> None:
    clean = np.float32(0.1) * syllables(5, rate)
    assert measure(clean, rate).clipped == 0
    ceiling = np.quantile(np.abs(clean), 0.99)
    clipped = gain * np.clip(clean, -ceiling, ceiling) / ceiling
    assert 0.002 < measure(clipped.astype(np.float32), rate).clipped < 0.01 + 1e-6


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("frequency", [60, 100, 440])
def test_a_rounded_tone_is_not_clipped(bits: int, frequency: int) -> None:
    steps = 2 ** (bits - 1)
    sound = np.round(tone(0.7, frequency=frequency) * steps) / steps
    assert measure(sound.astype(np.float32), 16000).clipped == 0


def test_digital_silence() -> None:
    sound = np.concatenate([tone(0.5, 3), np.zeros(16000, np.float32)])
    assert measure(sound, 16000).digital_silence == pytest.approx(0.25, abs=1e-4)
    found = measure(np.zeros(16000, np.float32), 16000)
    assert found.digital_silence == 1
    assert found.level_dbfs is found.peak_dbfs is found.noise_floor_dbfs is found.snr_db is None
    assert found.bandwidth_hz is None


@pytest.mark.parametrize("edge", [2000, 3400, 5000, 7000])
@pytest.mark.parametrize("floor", [1e-4, 1e-3])
def test_bandwidth(edge: int, floor: float, syllables: Sound) -> None:
    found = measure(syllables(8, 16000, highest=edge, floor=floor), 16000)
    assert found.bandwidth_hz == pytest.approx(edge, abs=160)


def test_bandwidth_of_noise_is_unknown(noise: Sound) -> None:
    assert measure(noise(5, 16000), 16000).bandwidth_hz is None


@pytest.mark.parametrize(
    ("rate", "edge", "words"),
    [
        (16000, 3400, "kHz: telephone band"),
        (44100, 16000, "filtered or coded (MP3 at 128 kbit/s ends there)"),
        (44100, 7900, "or upsampled from 16000 Hz"),
    ],
)
def test_low_pass_is_said(rate: int, edge: int, words: str, syllables: Sound) -> None:
    hints = measure(syllables(8, rate, highest=edge), rate).codec_hints
    assert any(words in hint for hint in hints), hints
    assert float(hints[0].split()[2]) == pytest.approx(edge / 1000, abs=0.15)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050])
def test_upsampling_is_said(rate: int, syllables: Sound) -> None:
    hints = measure(resample(syllables(8, rate), rate, 48000), 48000).codec_hints
    assert any(str(rate) in hint or (rate == 8000 and "telephone band" in hint) for hint in hints), hints


def test_full_band_has_no_hint(syllables: Sound) -> None:
    assert measure(syllables(8, 16000), 16000).codec_hints == ()


def test_coarse_values_are_said(syllables: Sound) -> None:
    sound = np.round(syllables(3, 16000) * 64) / 128
    assert "sample values of 8-bit quantisation" in measure(sound.astype(np.float32), 16000).codec_hints


def test_own_encoding_needs_no_hint(syllables: Sound) -> None:
    meter = PropertyMeter(FileInfo("WAV", "PCM_U8", 16000, 1, 3.0))
    meter.update((np.round(syllables(3, 16000) * 64) / 128).astype(np.float32))
    assert meter.result().codec_hints == ()


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 132_300), max_size=8), rate=st.sampled_from([8000, 11025, 44100, 100]))
def test_blocks_do_not_matter(cuts: list[int], rate: int, syllables: Sound) -> None:
    sound = syllables(3, 44100)
    meter = PropertyMeter(FileInfo("memory", "FLOAT", rate, 1, len(sound) / rate))
    for part in np.split(sound, sorted(cuts)):
        meter.update(part)
    assert meter.result() == measure(sound, rate)


@pytest.mark.parametrize("samples", [1, 2, 15, 500, 513])
@pytest.mark.parametrize("rate", [100, 2000, 8000, 16000, 384000, 1_000_000])
def test_short_at_any_rate(samples: int, rate: int) -> None:
    found = measure(np.full(samples, 0.25, np.float32), rate)
    assert found.level_dbfs == pytest.approx(-12.04, abs=0.01)
    assert found.dc == pytest.approx(0.25)


@settings(deadline=None)
@given(st.lists(st.floats(-4e9, 4e9, width=32), min_size=1, max_size=2000), st.sampled_from([8000, 44100]))
def test_any_samples_give_finite_figures(samples: list[float], rate: int) -> None:
    found = measure(np.array(samples, np.float32), rate)
    msgspec.json.decode(msgspec.json.encode(found), type=MeasuredProperties)
    for value in msgspec.structs.astuple(found):
        assert not isinstance(value, float) or math.isfinite(value)
    assert 0 <= found.clipped <= 1
    assert 0 <= found.digital_silence <= 1


def test_constant_memory(noise: Sound) -> None:
    block = noise(10, 16000)
    peaks = []
    for blocks in (10, 60):
        tracemalloc.start()
        meter = PropertyMeter(FileInfo("WAV", "PCM_16", 16000, 1, 0.0))
        for _ in range(blocks):
            meter.update(block)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000  # four bytes for each 32 ms
