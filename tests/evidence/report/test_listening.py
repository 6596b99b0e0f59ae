"""The sound in the page: the very samples, or honestly a copy, or nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earwitness.evidence.finding import RecordingFinding
from earwitness.evidence.report import listening
from earwitness.evidence.report.listening import located, sound

Make = Callable[..., RecordingFinding]


@pytest.fixture
def recorded(tmp_path: Path, make_finding: Make, make_voice: Callable[..., np.ndarray]) -> RecordingFinding:
    path = tmp_path / "a.wav"
    soundfile.write(path, make_voice(3.0), 16_000, subtype="PCM_16")
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    return make_finding(str(path), seconds=3.0, file_sha256=sha)


def carried(source: str) -> tuple[np.ndarray, int]:
    return soundfile.read(io.BytesIO(base64.b64decode(source.partition(",")[2])), dtype="int16")


def test_a_short_recording_is_carried_bit_for_bit(recorded: RecordingFinding, tmp_path: Path) -> None:
    found = sound(recorded, folder=tmp_path)
    assert found.source.startswith("data:audio/flac;base64,")
    assert found.carried == len(found.source)
    samples, rate = carried(found.source)
    original, _ = soundfile.read(recorded.path, dtype="int16")
    assert rate == 16_000
    assert np.array_equal(samples, original)


def test_a_larger_one_is_carried_as_mp3_in_step(
    recorded: RecordingFinding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "_LOSSLESS_BYTES", 100)
    found = sound(recorded, folder=tmp_path)
    assert found.source.startswith("data:audio/mpeg;base64,")
    assert "lossy" in found.note
    samples, _ = carried(found.source)
    original, _ = soundfile.read(recorded.path, dtype="int16")
    lags = np.correlate(samples[8000:16000].astype(float), original[8100:15900].astype(float))
    assert abs(int(np.argmax(lags)) - 100) <= 16, "at most a millisecond from the playhead"


@pytest.mark.parametrize("rate", [1000, 6000, 44_100, 96_000])
def test_any_rate_is_carried(make_finding: Make, tmp_path: Path, rate: int) -> None:
    path = tmp_path / "r.wav"
    soundfile.write(path, 1.7 * np.sin(np.arange(rate) / 9).astype(np.float32), rate, subtype="FLOAT")
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    found = sound(make_finding(str(path), seconds=1.0, file_sha256=sha), folder=tmp_path)
    samples, played = carried(found.source)
    assert len(samples) / played == pytest.approx(1.0, abs=0.08)


def test_a_file_that_changed_is_not_played(recorded: RecordingFinding, tmp_path: Path) -> None:
    with Path(recorded.path).open("ab") as file:
        file.write(b"x")
    found = sound(recorded, folder=tmp_path)
    assert found.source == ""
    assert "changed" in found.note
    Path(recorded.path).unlink()
    assert "no longer" in sound(recorded, folder=tmp_path).note


def test_a_long_one_is_linked_from_where_the_page_lies(make_finding: Make, tmp_path: Path) -> None:
    folder = tmp_path / "50% & more"
    folder.mkdir()
    path = folder / "a:b #1?.wav"
    path.write_bytes(b"anything")
    found = sound(make_finding(str(path), seconds=3600.0), folder=tmp_path / "out")
    assert found.source == "../50%25%20%26%20more/a%3Ab%20%231%3F.wav"
    assert found.carried == 0


def test_a_page_that_carries_enough_links_the_rest(recorded: RecordingFinding, tmp_path: Path) -> None:
    assert sound(recorded, folder=tmp_path, spent=10**9).source == "a.wav"


def test_names_that_are_not_utf8_are_found(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.wav")).write_bytes(b"x")
    assert located(f"{tmp_path}/caf\\xe9.wav") is not None
    plain = tmp_path / "odd\\xe9.wav"
    plain.write_bytes(b"y")
    assert located(str(plain)) == plain, "a name that really holds a backslash comes first"
    assert located("no\x00name") is None
    assert located(str(tmp_path)) is None
