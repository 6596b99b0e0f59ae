from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from earwitness.corpora.open_voices.clip import Clip, duration, join, read
from earwitness.errors import BadInput


def clip(name: str, *, speaker: str = "s", emotion: str = "") -> Clip:
    return Clip(
        id=f"x/{name}", source="x", parts=(f"{name}.wav",), seconds=0.5, transcript=name, language="en",
        speaker=speaker, licence="CC0-1.0", emotion=emotion,
    )  # fmt: skip


def test_parts_are_joined_by_cross_fades(tmp_path: Path) -> None:
    for name in "ab":
        soundfile.write(tmp_path / f"{name}.wav", np.full(4000, 0.25), 8000)
    both = join([clip("a"), clip("b")])
    assert (both.id, both.transcript, both.seconds) == ("x/a&b", "a b", 0.98)
    heard = read(both, tmp_path)
    assert len(heard.samples) == 7840
    assert np.allclose(heard.samples, 0.25, atol=1e-4)
    assert duration(tmp_path / "a.wav") == 0.5


def test_what_does_not_belong_together_is_not_joined() -> None:
    with pytest.raises(BadInput, match="one speaker"):
        join([clip("a"), clip("b", speaker="t")])
    assert join([clip("a", emotion="fear"), clip("b", emotion="fear")]).emotion == "fear"
    assert join([clip("a", emotion="fear"), clip("b", emotion="anger")]).emotion == ""


def test_unreadable_parts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be decoded"):
        read(clip("a"), tmp_path)
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(BadInput, match="cannot be decoded"):
        read(clip("a"), tmp_path)
    assert duration(tmp_path / "a.wav") == 0
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 8000)
    with pytest.raises(BadInput, match="no samples"):
        read(clip("a"), tmp_path)


def test_parts_of_different_rates_are_joined_at_the_first_one(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(800), 8000)
    soundfile.write(tmp_path / "b.wav", 0.1 * np.sin(np.arange(1600) * 0.1), 16_000)
    joined = read(join([clip("a"), clip("b")]), tmp_path)
    assert joined.sample_rate == 8000
    assert len(joined.samples) == 800 + 800 - 160
    assert np.abs(joined.samples[900:]).max() > 0.05
