"""Windows of the participant: nothing of the interviewer, nothing twice, nothing left out."""

from __future__ import annotations

import itertools

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.interview_windows import cuts, interview_windows, stretches
from earwitness.errors import BadInput


@settings(max_examples=80, deadline=None)
@given(st.floats(0, 100), st.floats(0.1, 80), st.floats(1, 12), st.floats(0.5, 12))
def test_windows_lie_inside_and_reach_both_ends(
    start: float, long: float, seconds: float, hop: float
) -> None:
    found = cuts(start, start + long, seconds, hop)
    assert found[0][0] == start
    assert found[-1][1] == pytest.approx(start + long)
    assert all(start - 1e-6 <= one < other <= start + long + 1e-6 for one, other in found)
    assert all(other - one == pytest.approx(min(seconds, long)) for one, other in found)
    if hop <= seconds:
        assert all(after[0] <= before[1] + 1e-6 for before, after in itertools.pairwise(found))
    assert found == sorted(set(found))


def test_the_interviewer_breaks_a_stretch_and_so_does_a_pause() -> None:
    turns = [
        (0.0, 2.0, "participant"), (2.2, 4.0, "participant"), (4.1, 4.3, "interviewer"),
        (4.4, 6.0, "participant"), (8.0, 9.0, "participant"),
    ]  # fmt: skip
    assert stretches(turns) == [(0.0, 4.0), (4.4, 6.0), (8.0, 9.0)]
    assert stretches(turns, 3.0) == [(0.0, 4.0), (4.4, 9.0)]


def sessions(*turns: tuple[float, float, str]) -> Corpus:
    segments = [{"start": start, "end": end, "label": who} for start, end, who in turns]
    row = {
        "id": "302", "path": "302.wav", "start": 0.0, "end": None, "split": "train", "speaker": "302",
        "group": "302", "session": "302", "phq_score": 7.0, "segments": segments,
    }  # fmt: skip
    return Corpus(pl.DataFrame([row], schema_overrides={"end": pl.Float64}))


def test_rows_are_windows_and_the_session_their_group() -> None:
    found = interview_windows(sessions((0.0, 0.5, "participant"), (3.0, 16.0, "participant"))).table
    assert found["id"].to_list() == ["302-0000", "302-0001"]
    assert found.select("start", "end").rows() == [(3.0, 13.0), (6.0, 16.0)]
    assert found["group"].to_list() == ["302", "302"]
    assert "segments" not in found.columns


def test_nobody_speaks() -> None:
    with pytest.raises(BadInput, match="no turn of a participant"):
        interview_windows(sessions((0, 9, "interviewer")))
    with pytest.raises(BadInput, match="above 0"):
        interview_windows(sessions((0, 9, "participant")), hop=0)
