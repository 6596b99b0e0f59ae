"""Sounds to be decoded and measured, made here, the same every time."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earwitness.audio.recording import Samples


def _noise(seconds: float, rate: int, level: float = 0.1) -> Samples:
    """White noise from a fixed seed."""
    samples = np.random.default_rng(1).standard_normal(round(seconds * rate))
    return np.clip(level * samples, -0.99, 0.99).astype(np.float32)


def _syllables(seconds: float, rate: int, *, highest: float | None = None, floor: float = 1e-4) -> Samples:
    """Noise bursts, four a second, every second one softer and brighter, over a steady noise floor."""
    n = round(seconds * rate)
    time = np.arange(n) / rate
    generator = np.random.default_rng(2)
    spectrum = np.fft.rfft(generator.standard_normal(n))
    frequency = np.fft.rfftfreq(n, 1 / rate)
    spectrum[frequency > (highest or rate)] = 0
    dark = np.fft.irfft(spectrum / (1 + (frequency / 500) ** 2), n)
    bright = np.fft.irfft(spectrum, n)
    envelope = np.maximum(0, np.sin(2 * np.pi * 2 * time)) ** 2
    other = np.maximum(0, -np.sin(2 * np.pi * 2 * time)) ** 2
    sound = 0.2 * envelope * dark / dark.std() + 0.05 * other * bright / bright.std()
    return (sound + floor * generator.standard_normal(n)).astype(np.float32)


@pytest.fixture(scope="session")
def noise() -> Callable[..., Samples]:
    """noise(seconds, rate, level=0.1)."""
    return _noise


@pytest.fixture(scope="session")
def syllables() -> Callable[..., Samples]:
    """syllables(seconds, rate, highest=None, floor=1e-4)."""
    return _syllables


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Seven seconds at 16 kHz: silence, a sentence, silence, a sentence."""
    from earwitness.audio.resample import resample

    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    text = "The quick brown fox jumps over the lazy dog"
    subprocess.run(["espeak-ng", "-v", "en", "-w", str(path), text], check=True)
    samples, rate = soundfile.read(path, dtype="float32")
    sentence = resample(samples, rate, 16000)
    silence = np.zeros(16000, np.float32)
    return np.concatenate([silence, sentence, silence, sentence, silence])


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """Two seconds of 16-bit stereo at 44.1 kHz."""
    path = tmp_path / "sound.wav"
    samples = _noise(2, 44100)
    soundfile.write(path, np.stack([samples, 0.5 * samples], axis=1), 44100, subtype="PCM_16")
    return path
