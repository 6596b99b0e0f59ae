"""Decoding: every format, and a stream that is the whole, bit for bit."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.audio.decode import FileInfo, decode, probe, stream
from earwitness.audio.recording import Recording, Samples
from earwitness.audio.resample import resample

Sound = Callable[..., Samples]

EXACT = [
    ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "PCM_32"), ("WAV", "FLOAT"), ("WAV", "DOUBLE"),
    ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("AIFF", "PCM_16"), ("AU", "PCM_16"), ("CAF", "PCM_16"),
    ("CAF", "ALAC_16"), ("W64", "PCM_16"), ("RF64", "PCM_16"), ("NIST", "PCM_16"), ("WAVEX", "PCM_16"),
]  # fmt: skip
LOSSY = [
    ("WAV", "PCM_U8", 44100), ("WAV", "ULAW", 8000), ("WAV", "ALAW", 8000), ("WAV", "GSM610", 8000),
    ("WAV", "IMA_ADPCM", 16000), ("WAV", "MS_ADPCM", 16000), ("WAV", "G721_32", 8000),
    ("OGG", "VORBIS", 44100), ("OGG", "OPUS", 48000), ("OGG", "OPUS", 16000),
    ("MP3", "MPEG_LAYER_III", 44100), ("MP3", "MPEG_LAYER_III", 16000), ("RAW", "GSM610", 8000),
]  # fmt: skip


@pytest.mark.parametrize(("container", "encoding"), EXACT)
def test_lossless(container: str, encoding: str, tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "sound"
    sound = np.round(noise(1, 16000) * 32768) / 32768 + 0.0  # no negative zeros
    soundfile.write(path, sound, 16000, format=container, subtype=encoding)
    recording = decode(path)
    assert recording.sample_rate == 16000
    assert np.array_equal(recording.samples, sound.astype(np.float32))
    assert probe(path) == FileInfo(container, encoding, 16000, 1, 1.0)
    # The content hash knows the samples, not the file they came in.
    assert recording.sha256 == Recording.of(sound, 16000).sha256


@pytest.mark.parametrize(("container", "encoding", "rate"), LOSSY)
def test_lossy(container: str, encoding: str, rate: int, tmp_path: Path, syllables: Sound) -> None:
    path = tmp_path / "sound"
    sound = syllables(2, rate, highest=3000)
    soundfile.write(path, sound, rate, format=container, subtype=encoding)
    recording = decode(path)
    assert recording.sample_rate == rate
    assert abs(recording.duration - 2) < 0.12
    spectra = [np.abs(np.fft.rfft(x, 1 << 17)) for x in (sound, recording.samples)]
    assert np.corrcoef(*spectra)[0, 1] > 0.9
    streamed = stream(path, block=1000)
    assert np.array_equal(np.concatenate(list(streamed)), resample(recording.samples, rate, 16000))
    assert streamed.sha256 == recording.sha256


@pytest.mark.parametrize("rate", [100, 4000, 8000, 11025, 16000, 22050, 44100, 48000, 96000, 384000])
def test_any_rate(rate: int, tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, noise(2, rate), rate)
    recording = decode(path)
    assert recording.sample_rate == rate
    assert len(recording.samples) == 2 * rate
    blocks = list(stream(path, block=4096))
    assert all(len(block) == 4096 for block in blocks[:-1])
    assert sum(map(len, blocks)) == 32000
    assert np.array_equal(np.concatenate(blocks), resample(recording.samples, rate, 16000))


@pytest.mark.parametrize("channels", [2, 3, 8])
def test_channels_become_their_mean(channels: int, tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "sound.wav"
    sound = np.stack([noise(1, 8000) * (k + 1) / channels for k in range(channels)], axis=1)
    soundfile.write(path, sound, 8000, subtype="FLOAT")
    assert np.allclose(decode(path).samples, sound.mean(axis=1), atol=1e-7)


def test_one_sample(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.array([0.5]), 16000)
    assert decode(path).samples.tolist() == [0.5]
    assert len(np.concatenate(list(stream(path)))) == 1


@settings(max_examples=25, deadline=None)
@given(
    samples=st.integers(1, 5000),
    rate=st.sampled_from([8000, 11025, 16000, 44100]),
    block=st.integers(1, 3000),
    wanted=st.sampled_from([None, 8000, 16000, 22050]),
)
def test_stream_is_the_whole(samples: int, rate: int, block: int, wanted: int | None, noise: Sound) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        soundfile.write(path, noise(1, 5000)[:samples], rate, subtype="FLOAT")
        native = []
        with stream(path, sample_rate=wanted, block=block, native=native.append) as streamed:
            joined = np.concatenate(list(streamed))
        whole = decode(path)
    assert np.array_equal(joined, resample(whole.samples, rate, wanted or rate))
    assert np.array_equal(np.concatenate(native), whole.samples)
    assert streamed.sha256 == whole.sha256
    assert streamed.native_samples == samples


def test_hashes(wav: Path) -> None:
    streamed = stream(wav)
    with pytest.raises(ValueError, match="to its end"):
        _ = streamed.sha256
    list(streamed)
    assert streamed.file_sha256 == hashlib.sha256(wav.read_bytes()).hexdigest()
    mono = decode(wav).samples
    assert streamed.sha256 == hashlib.sha256(b"44100\n" + mono.astype("<f4").tobytes()).hexdigest()


def test_samples_cannot_be_changed(wav: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        decode(wav).samples[0] = 1


def test_stream_in_constant_memory(tmp_path: Path, noise: Sound) -> None:
    peaks = []
    for minutes in (1, 6):
        path = tmp_path / f"{minutes}.wav"
        soundfile.write(path, np.tile(noise(10, 16000), 6 * minutes), 16000)
        tracemalloc.start()
        for _ in stream(path):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 8 << 20


def test_three_gigabytes_begin_at_once(tmp_path: Path) -> None:
    import struct

    path = tmp_path / "large.wav"
    size = 3 << 30
    with path.open("wb") as file:  # sparse: takes no room
        file.write(b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt ")
        file.write(struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16) + b"data" + struct.pack("<I", size))
        file.truncate(size + 44)
    with stream(path) as streamed:
        assert streamed.info.duration == size / 32000
        assert not next(iter(streamed)).any()


def test_abandoned_stream_gives_its_file_back(wav: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        next(iter(stream(wav)))
        stream(wav)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
