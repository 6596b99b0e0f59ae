"""Every kind of bad file gets one line that names it and says why."""

from __future__ import annotations

import os
import re
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earwitness.audio.decode import decode, stream
from earwitness.audio.path_names import one_line, written
from earwitness.audio.recording import Samples
from earwitness.errors import BadInput

Sound = Callable[..., Samples]


def refused(path: Path | bytes | str) -> str:
    """The reason, once decoded whole and streamed gave the same one."""
    with pytest.raises(BadInput) as whole:
        decode(path)
    with pytest.raises(BadInput) as streamed:
        list(stream(path))
    assert str(whole.value) == str(streamed.value)
    assert "\n" not in str(whole.value)
    assert str(whole.value) == f"{one_line(path)}: {whole.value.reason}"
    return whole.value.reason


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    path.touch()
    assert refused(path) == "is empty (0 bytes)"


def test_missing(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.wav") == "cannot be opened: no such file or directory"
    assert refused("nul\0.wav") == "no file can have this name"


def test_text_renamed(tmp_path: Path) -> None:
    path = tmp_path / "text.wav"
    path.write_text("Dear Sir,\nthis is no recording. Grüße\n" * 200)
    assert refused(path) == "is text, not audio"


def test_random_bytes(tmp_path: Path) -> None:
    path = tmp_path / "random.wav"
    path.write_bytes(b"\x00\x91" + np.random.default_rng(0).bytes(5000))
    assert "is not audio of a kind that can be read" in refused(path)


def test_midi_sample_dump(tmp_path: Path) -> None:
    path = tmp_path / "sound.sds"
    path.write_bytes(b"\xf0\x7e\x00\x01" + bytes(500))  # the decoder would print to standard output
    assert refused(path) == "is a MIDI sample dump, not a recording"


@pytest.mark.parametrize("container", ["WAV", "FLAC", "OGG", "AIFF", "AU", "CAF", "W64", "RF64", "MP3"])
def test_truncated_header(
    container: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], noise: Sound
) -> None:
    path = tmp_path / "sound"
    soundfile.write(path, noise(1, 16000), 16000, format=container)
    for size in (4, 12, 20):
        os.truncate(path, size)
        refused(path)
        soundfile.write(path, noise(1, 16000), 16000, format=container)
    os.truncate(path, 20)
    assert "its header is damaged or cut off" in refused(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("container", "encoding"),
    [("WAV", "PCM_16"), ("WAV", "PCM_U8"), ("WAV", "GSM610"), ("WAV", "IMA_ADPCM"), ("AIFF", "PCM_16"),
     ("AU", "PCM_16"), ("W64", "PCM_16"), ("RF64", "PCM_16"), ("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III")],
)  # fmt: skip
def test_truncated_data_is_refused_where_a_length_is_declared(
    container: str, encoding: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], noise: Sound
) -> None:
    path = tmp_path / "sound"
    soundfile.write(path, noise(4, 16000), 16000, format=container, subtype=encoding)
    os.truncate(path, path.stat().st_size * 6 // 10)
    assert "cut off" in refused(path)
    assert capfd.readouterr().err == ""


def test_truncated_caf_is_refused(tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "sound"
    soundfile.write(path, noise(4, 16000), 16000, format="CAF")
    os.truncate(path, 60000)
    assert "cut off" in refused(path)


def test_truncated_vorbis_is_read_as_far_as_it_goes(tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "sound"
    soundfile.write(path, noise(4, 16000), 16000, format="OGG", subtype="VORBIS")
    os.truncate(path, path.stat().st_size // 2)
    assert 0.5 < decode(path).duration < 3


@pytest.mark.parametrize("length", [0x7FFFF000, 0xFFFFFFFF])
def test_length_left_open_by_a_writer_to_a_pipe(length: int, tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, noise(1, 16000), 16000)
    data = bytearray(path.read_bytes())
    at = data.find(b"data")
    data[at + 4 : at + 8] = struct.pack("<I", length)
    path.write_bytes(data)
    assert len(decode(path).samples) == 16000


def test_a_pad_byte_too_few_is_forgiven(tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, noise(1, 16000), 16000)
    os.truncate(path, path.stat().st_size - 1)
    assert len(decode(path).samples) in (15999, 16000)


@pytest.mark.parametrize("container", ["WAV", "AIFF", "FLAC", "CAF"])
def test_no_samples(container: str, tmp_path: Path) -> None:
    path = tmp_path / "sound"
    soundfile.write(path, np.zeros(0), 16000, format=container)
    assert refused(path)


def test_no_samples_in_words(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.zeros(0), 16000)
    assert refused(path) == "holds no samples"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("encoding", ["FLOAT", "DOUBLE"])
def test_not_a_number(value: float, channels: int, encoding: str, tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "sound.wav"
    sound = np.tile(noise(1, 16000)[:, None], (1, channels))
    sound[8000, 0] = value
    soundfile.write(path, sound, 16000, subtype=encoding)
    assert refused(path) == "holds samples that are not numbers (NaN or infinite), first at 0.500 s"


def test_far_beyond_audio(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.full(100, 1e20), 16000, subtype="FLOAT")
    assert "far beyond any audio" in refused(path)


def test_float_beyond_full_scale_is_read(tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, 32767 * noise(1, 16000), 16000, subtype="FLOAT")
    assert decode(path).samples.max() > 1000


@pytest.mark.parametrize("rate", [1, 99, 2_000_000])
def test_rates_of_no_audio(rate: int, tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, noise(1, 1000), rate)
    assert f"sample rate of {rate} Hz" in refused(path)


def test_what_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert "is a pipe (FIFO)" in refused(tmp_path / "fifo")  # and does not wait for a writer
    assert refused(tmp_path) == "is a folder, not a recording"
    assert refused("/dev/zero") == "is a device, not a file"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        assert refused(tmp_path / "s") == "is a socket, not a file"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "too many levels of symbolic links" in refused(tmp_path / "loop")


def test_no_permission(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert refused(wav) == "cannot be opened: no permission to read it"


def test_a_disk_that_fails(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", broken)
    assert refused(wav) == "cannot be read: input/output error"


def test_a_file_that_changes(wav: Path) -> None:
    blocks = iter(stream(wav, block=1000))
    next(blocks)
    os.utime(wav, (1, 1))
    with pytest.raises(BadInput, match="changed while it was read"):
        list(blocks)


def test_a_file_that_shrinks(tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.tile(noise(1, 16000), 600), 16000)
    blocks = iter(stream(path, block=1000))
    next(blocks)
    os.truncate(path, 500_000)
    with pytest.raises(BadInput, match=r"shorter while it was read|cut off"):
        list(blocks)


@pytest.mark.parametrize(
    "name", [b"two\nlines.wav", b"\xff\xfe not utf-8.wav", "umläut 声.wav".encode(), b"-o.wav"]
)
def test_any_name(name: bytes, wav: Path, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    wav.rename(os.fsdecode(path))
    recording = decode(path)
    assert recording.path == written(path)
    recording.path.encode("utf-8")
    os.truncate(path, 10)
    assert refused(path)
    assert re.fullmatch(r"[^\n\r]+", one_line(path))
    assert decode.__doc__


def test_mp3_that_is_damaged_inside(tmp_path: Path, capfd: pytest.CaptureFixture[str], noise: Sound) -> None:
    path = tmp_path / "sound.mp3"
    soundfile.write(path, noise(4, 16000), 16000, format="MP3")
    data = bytearray(path.read_bytes())
    data[8000:14000] = np.random.default_rng(0).bytes(6000)
    path.write_bytes(data)
    assert "damaged or cut off" in refused(path)
    assert capfd.readouterr().err == ""  # the decoder's own chatter stays inside


def test_a_bare_gsm_stream_is_known_by_its_frames(tmp_path: Path, noise: Sound) -> None:
    path = tmp_path / "call.gsm"
    soundfile.write(path, noise(2, 8000), 8000, format="RAW", subtype="GSM610")
    assert decode(path).duration == 2.0
    path.write_bytes(path.read_bytes()[1:])
    assert "is not audio" in refused(path)
