from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from earwitness.audio.decode import decode
from earwitness.audio.resample import resample
from earwitness.encoders import stretches
from earwitness.encoders.stretches import LongStretch, Recordings
from earwitness.errors import BadInput

RATE = 22_050


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("stretches") / "long.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(12 * RATE + 7), RATE)
    return str(path)


def heard(given: np.ndarray | LongStretch) -> np.ndarray:
    if not isinstance(given, LongStretch):
        return given
    joined = np.concatenate(list(given.blocks()))
    assert len(joined) == len(given)
    return joined


_edges = st.lists(st.tuples(st.floats(0, 11.9), st.floats(0.01, 12)), min_size=1, max_size=4)


@given(edges=_edges, longest=st.sampled_from([0.5, 4.0, 600.0]), rate=st.sampled_from([RATE, 16_000]))
def test_stretches_are_those_of_the_whole(
    recording: str, edges: list[tuple[float, float]], longest: float, rate: int
) -> None:
    whole = decode(recording)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretches, "LONG", longest)
        recordings = Recordings()
    opened = recordings.open(recording)
    assert opened is not None
    assert opened[0] == recordings.content == whole.sha256
    assert recordings.open(recording) is None
    for start, length in edges:
        end = min(12.0, start + length)
        expected = resample(whole.samples[round(start * RATE) : round(end * RATE)], RATE, rate)
        found = recordings.cut(start, end, rate)
        assert isinstance(found, LongStretch) == (
            longest < 12 and round(end * RATE) - round(start * RATE) > longest * RATE
        )
        np.testing.assert_array_equal(heard(found), expected)
    np.testing.assert_array_equal(
        heard(recordings.cut(None, None, rate)), resample(whole.samples, RATE, rate)
    )


def test_held_all_the_same(recording: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "LONG", 0.5)
    recordings = Recordings(hold=True)
    recordings.open(recording)
    assert isinstance(recordings.cut(None, None, 16_000), np.ndarray)


@pytest.mark.parametrize("edges", [(3.0, 3.0), (-1.0, 2.0), (1.0, 13.0)])
def test_what_is_not_there(recording: str, edges: tuple[float, float]) -> None:
    recordings = Recordings()
    recordings.open(recording)
    with pytest.raises(BadInput, match=f"has no stretch from {edges[0]} to {edges[1]} s"):
        recordings.cut(*edges, 16_000)


@pytest.mark.parametrize("change", ["other", "gone"])
def test_a_file_that_changes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    monkeypatch.setattr(stretches, "LONG", 0.5)
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(4 * RATE), RATE)
    recordings = Recordings()
    recordings.open(str(path))
    long = recordings.cut(None, None, 16_000)
    assert isinstance(long, LongStretch)
    if change == "other":
        soundfile.write(path, np.ones(5 * RATE), RATE)
    else:
        (tmp_path / "a.wav").rename(tmp_path / "b.wav")
    with pytest.raises(BadInput, match=r"was changed while it was read|no such file"):
        list(long.blocks())
    with pytest.raises(BadInput, match=r"was changed while it was read|no such file"):
        recordings.cut(0.1, 0.2, 16_000)
