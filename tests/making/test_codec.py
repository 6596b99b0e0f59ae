"""Codec round trips by the real programs: every coding of the grid, its true rate, and what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from earwitness.audio.recording import Recording
from earwitness.audio.resample import resample
from earwitness.errors import BadInput
from earwitness.making.codec import CodecRoundTrip, missing_encoders, missing_line
from earwitness.making.codec_grid import GRID, Coding


def voice(rate: int = 22_050, seconds: float = 1.0) -> Recording:
    """A hum with formants and a beat."""
    t = np.arange(int(seconds * rate)) / rate
    hum = sum(np.sin(2 * np.pi * 130 * k * t) / k for k in range(1, 20))
    return Recording.of((0.08 * hum * (1 + np.sin(2 * np.pi * 3 * t))).astype(np.float32), rate)


# What a codec keeps depends on it; a parametric one keeps no waveform.
@pytest.mark.parametrize("name", sorted(GRID))
def test_every_coding_runs_at_the_rate_it_claims(name: str) -> None:
    coding, source = GRID[name], voice()
    made = CodecRoundTrip(coding).make(source)
    told = made.provenance.settings
    assert made.sample_rate == coding.sample_rate
    assert len(made.samples) == len(resample(source.samples, source.sample_rate, coding.sample_rate))
    assert 0.02 < float(np.sqrt(np.mean(made.samples**2))) < 0.5
    assert not np.array_equal(made.samples, resample(source.samples, source.sample_rate, coding.sample_rate))
    # Frames are padded at the end of a second, and to whole bytes.
    assert told["measured_bit_rate"] == pytest.approx(coding.bit_rate, rel=0.2 if coding.constant else 0.6)
    assert told["bit_rate"] == (coding.bit_rate if coding.constant else told["measured_bit_rate"])


def test_the_grid_tells_its_codings_apart() -> None:
    assert all(name == coding.name for name, coding in GRID.items())
    assert len({(c.codec, c.bit_rate, c.sample_rate) for c in GRID.values()}) == len(GRID)
    wanted = [
        "opus",
        "codec2",
        "speex",
        "gsm",
        "mp3",
        "aac",
        "g722",
        "g726",
        "g723.1",
        "g711-a",
        "g711-mu",
        "vorbis",
        "amr-nb",
    ]
    assert set(wanted) <= {coding.codec for coding in GRID.values()}
    assert missing_encoders() == {}


def test_a_round_trip_is_the_same_twice() -> None:
    for name in ("opus-12-16", "vorbis-32-16", "amr-nb-4.75-8"):
        first, second = (CodecRoundTrip(GRID[name]).make(voice()).samples for _ in range(2))
        assert np.array_equal(first, second)


def test_bad_input_is_one_line() -> None:
    trip = CodecRoundTrip(GRID["gsm-13-8"])
    for source in ("text", Recording.of(np.zeros(0, np.float32), 8000)):
        with pytest.raises(BadInput, match="needs a recording"):
            trip.make(source)
    odd = Coding(
        codec="x", family="celp", bit_rate=1, sample_rate=8000, encoder="libgsm", container="gsm",
        options=("-b:a", "nonsense"),
    )  # fmt: skip
    with pytest.raises(BadInput, match="ffmpeg failed") as refusal:
        CodecRoundTrip(odd).make(voice())
    assert "\n" not in str(refusal.value)


def test_a_missing_program_or_encoder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poor = tmp_path / "ffmpeg"
    poor.write_text("#!/bin/sh\necho ' A....D pcm_alaw  PCM A-law'\n")
    poor.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/nowhere")
    lacking = missing_encoders()
    assert lacking["sox"] == ["amr-nb", "lpc10"]
    assert "libopus" in lacking["ffmpeg"]
    assert "pcm_alaw" not in lacking["ffmpeg"]
    assert "sox is not installed, for amr-nb, lpc10" in missing_line(lacking)
    assert "ffmpeg lacks" in missing_line(lacking)
    with pytest.raises(BadInput, match="opus-8-8: cannot be had here: ffmpeg lacks libopus"):
        CodecRoundTrip(GRID["opus-8-8"]).make(voice())
