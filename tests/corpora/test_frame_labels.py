"""Stretches of equal labels: nothing is lost on the way from frames."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from earwitness.corpora.frame_labels import SEGMENTS, stretches

NAMES = ("bona fide", "spoof")


@given(
    st.lists(st.lists(st.integers(0, 1), max_size=9), min_size=1, max_size=5), st.sampled_from([0.01, 0.64])
)
def test_frames_come_back(frames: list[list[int]], step: float) -> None:
    table = stretches({f"u{n}": np.array(f, dtype=np.int64) for n, f in enumerate(frames)}, step, NAMES)
    assert table.schema["segments"] == SEGMENTS
    for expected, segments in zip(frames, table["segments"].to_list(), strict=True):
        back = [
            NAMES.index(s["label"])
            for s in segments
            for _ in range(round(s["start"] / step), round(s["end"] / step))
        ]
        assert back == expected
        assert all(a["label"] != b["label"] for a, b in pairwise(segments))
