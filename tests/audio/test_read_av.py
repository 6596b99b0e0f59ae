"""What libsndfile does not read: through PyAV, or one line that names the extra."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from earwitness.audio.decode import decode, probe, stream
from earwitness.audio.recording import Samples
from earwitness.audio.resample import resample
from earwitness.errors import BadInput, MissingExtra

KINDS = [
    ("m4a", "mp4", "aac", "MP4", "AAC"), ("mov", "mov", "pcm_s16le", "MP4", "PCM_S16LE"),
    ("webm", "webm", "libopus", "MATROSKA", "OPUS"),
    ("mkv", "matroska", "pcm_s16le", "MATROSKA", "PCM_S16LE"),
    ("aac", "adts", "aac", "AAC", "AAC"), ("ts", "mpegts", "aac", "MPEG-TS", "AAC"),
    ("avi", "avi", "pcm_s16le", "AVI", "PCM_S16LE"), ("wma", "asf", "pcm_s16le", "ASF", "PCM_S16LE"),
    ("flv", "flv", "aac", "FLV", "AAC"),
]  # fmt: skip


def write(path: Path, sound: Samples, rate: int, form: str, codec: str, channels: int = 1) -> None:
    with av.open(str(path), "w", format=form) as container:
        track = container.add_stream(codec, rate=rate, layout="mono" if channels == 1 else "stereo")
        values = np.tile((sound * 32767).astype(np.int16), (channels, 1))
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(values.T.reshape(1, -1)), "s16", "mono" if channels == 1 else "stereo"
        )
        frame.sample_rate = rate
        resampler = av.AudioResampler(
            format=track.codec_context.format, layout=track.layout, rate=track.rate, frame_size=1024
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(track.encode(part))
        container.mux(track.encode(None))


@pytest.mark.parametrize(("ending", "form", "codec", "container", "encoding"), KINDS)
def test_kinds(
    ending: str, form: str, codec: str, container: str, encoding: str, tmp_path: Path,
    syllables: Callable[..., Samples],
) -> None:  # fmt: skip
    path = tmp_path / f"sound.{ending}"
    sound = syllables(2, 48000, highest=5000)
    write(path, sound, 48000, form, codec)
    recording = decode(path)
    info = probe(path)
    assert (info.container, info.encoding, info.sample_rate) == (container, encoding, 48000)
    assert abs(recording.duration - 2) < 0.1
    spectra = [np.abs(np.fft.rfft(x, 1 << 18)) for x in (sound, recording.samples)]
    assert np.corrcoef(*spectra)[0, 1] > 0.9
    streamed = stream(path, block=5000)
    assert np.array_equal(np.concatenate(list(streamed)), resample(recording.samples, 48000, 16000))
    assert streamed.sha256 == recording.sha256


def test_lossless_is_exact_and_channels_are_averaged(tmp_path: Path, noise: Callable[..., Samples]) -> None:
    path = tmp_path / "sound.mkv"
    sound = noise(1, 16000)
    write(path, sound, 16000, "matroska", "pcm_s16le", channels=2)
    assert np.array_equal(decode(path).samples, (sound * 32767).astype(np.int16) / np.float32(32768))


def test_without_the_extra(
    tmp_path: Path, noise: Callable[..., Samples], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "call.m4a"
    write(path, noise(1, 16000), 16000, "mp4", "aac")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra) as missing:
        decode(path)
    assert str(missing.value) == (
        f"{path}: is MP4 or M4A and needs av; install it with: pip install 'earwitness[av]'"
    )


@pytest.mark.parametrize(
    ("ending", "form", "codec"), [("m4a", "mp4", "aac"), ("mkv", "matroska", "pcm_s16le")]
)
def test_cut_off(ending: str, form: str, codec: str, tmp_path: Path, noise: Callable[..., Samples]) -> None:
    path = tmp_path / f"sound.{ending}"
    write(path, noise(4, 16000), 16000, form, codec)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(BadInput, match=r"cut off|cannot be read"):
        decode(path)


def test_a_head_alone(tmp_path: Path) -> None:
    for head in (b"\0\0\0\x18ftypM4A ", b"\x1aE\xdf\xa3", b"#!AMR\n", b"FLV\x01", b"0&\xb2u\x8ef\xcf\x11"):
        path = tmp_path / "sound"
        path.write_bytes(head + bytes(100))
        with pytest.raises(BadInput) as bad:
            decode(path)
        assert "\n" not in str(bad.value)


def test_video_without_sound(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        track = container.add_stream("mpeg4", rate=5)
        track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(track.encode(picture))
        container.mux(track.encode())
    with pytest.raises(BadInput, match="holds no audio track"):
        decode(path)
