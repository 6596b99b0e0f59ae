"""Speech activity: the reference's values, however the samples arrive, and stretches that make sense."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.audio import activity
from earwitness.audio.activity import HOP_SECONDS, SpeechActivity, speech_probability, speech_segments
from earwitness.audio.recording import Samples

# The published step-by-step network (silero_vad_16k_op15.onnx of silero-vad 6.2.3), run frame by frame on
# `vowels()`: every fifteenth value.
REFERENCE = [
    0.07449, 0.01522, 0.02039, 0.02715, 0.00202, 0.00382, 0.00231, 0.28628, 0.00224, 0.00141, 0.00131,
    0.00121, 0.00102, 0.00077, 0.00055, 0.00043, 0.00037, 0.03996, 0.01836, 0.00266, 0.00102, 0.00777,
    0.00055, 0.0011, 0.00186,
]  # fmt: skip


def vowels() -> Samples:
    """Twelve seconds of a buzz with three formants, on and off."""
    time = np.arange(12 * 16000) / 16000
    phase = 2 * np.pi * np.cumsum(120 + 20 * np.sin(2 * np.pi * 0.7 * time)) / 16000
    sound = np.zeros_like(time)
    for harmonic in range(1, 33):
        formants = ((600, 80, 1.0), (1200, 100, 0.6), (2600, 150, 0.3))
        gain = sum(a / (1 + ((120 * harmonic - c) / w) ** 2) for c, w, a in formants)
        sound += gain * np.sin(harmonic * phase)
    sound *= np.clip(np.sin(2 * np.pi * 1.5 * time), 0, 1) ** 0.5 * (np.sin(2 * np.pi * time / 8) > 0)
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


def test_published_values() -> None:
    assert speech_probability(vowels())[::15] == pytest.approx(REFERENCE, abs=2e-5)


def test_blocks_are_the_sequence(speech: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = speech_probability(speech)
    monkeypatch.setattr(activity, "_BLOCK", 1)
    assert np.abs(speech_probability(speech) - fast).max() < 1e-5


@settings(max_examples=10, deadline=None)
@given(cuts=st.lists(st.integers(0, 112_000), max_size=6))
def test_stream_is_the_whole(cuts: list[int], speech: Samples) -> None:
    stream = SpeechActivity()
    parts = [stream.update(part) for part in np.split(speech[:112_000], sorted(cuts))]
    assert np.array_equal(np.concatenate([*parts, stream.finish()]), speech_probability(speech[:112_000]))


def test_finds_the_sentences(speech: Samples) -> None:
    segments = speech_segments(speech_probability(speech))
    sentence = (len(speech) - 3 * 16000) / 2 / 16000
    covered = sum(end - start for start, end in segments)
    assert 0.75 * 2 * sentence < covered < 1.1 * 2 * sentence
    assert segments[0][0] == pytest.approx(1, abs=0.25)
    assert segments[-1][1] == pytest.approx(2 + 2 * sentence, abs=0.35)


@pytest.mark.parametrize("kind", ["silence", "noise", "tone", "hum", "clicks"])
def test_no_speech_in_what_is_none(kind: str) -> None:
    time = np.arange(10 * 16000) / 16000
    sound = {
        "silence": 0 * time,
        "noise": 0.1 * np.random.default_rng(0).standard_normal(len(time)),
        "tone": 0.5 * np.sin(2 * np.pi * 1000 * time),
        "hum": sum(0.1 * np.sin(2 * np.pi * 50 * k * time) for k in range(1, 6)),
        "clicks": (np.arange(len(time)) % 8000 == 0) * 0.9,
    }[kind]
    assert speech_segments(speech_probability(sound.astype(np.float32))) == []


@pytest.mark.parametrize("samples", [0, 1, 511, 512, 513])
def test_short(samples: int) -> None:
    assert len(speech_probability(np.zeros(samples, np.float32))) == -(-samples // 512)


def test_short_gaps_are_bridged_and_short_speech_dropped() -> None:
    speech, pause = [0.9] * 20, [0.0]
    assert len(speech_segments(speech + 3 * pause + speech)) == 1
    assert len(speech_segments(speech + 10 * pause + speech)) == 2
    assert speech_segments(20 * pause + [0.9] * 5 + 20 * pause) == []
    assert speech_segments([]) == []
    assert speech_segments(speech) == [(0.0, 20 * HOP_SECONDS)]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=200))
def test_segments_are_in_order_and_inside(probability: list[float]) -> None:
    segments = speech_segments(probability)
    edges = [edge for segment in segments for edge in segment]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(probability) * HOP_SECONDS for start, end in segments)
