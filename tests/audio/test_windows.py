"""Windows spread over a recording of unknown length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.audio.windows import SpreadWindows, spread


@settings(deadline=None)
@given(
    samples=st.integers(0, 2000), window=st.integers(1, 60), most=st.integers(1, 9), cut=st.integers(1, 500)
)
def test_spread(samples: int, window: int, most: int, cut: int) -> None:
    sound = np.arange(samples, dtype=np.float32)
    found = spread(sound, window, most)
    stream = SpreadWindows(window, most)
    for start in range(0, samples, cut):
        stream.update(sound[start : start + cut])
    assert all(map(np.array_equal, stream.windows(), found))
    whole = samples // window
    if not whole:
        assert [len(part) for part in found] == ([samples] if samples else [])
        return
    assert min(whole, (most + 1) // 2) <= len(found) <= most
    starts = [int(part[0]) for part in found]
    assert all(np.array_equal(part, sound[part[0].astype(int) :][:window]) for part in found)
    assert len(set(np.diff(starts))) <= 1  # evenly
    assert samples - starts[-1] <= 2 * window * -(-whole // len(found))  # to the end


@pytest.mark.parametrize(("window", "most"), [(0, 1), (1, 0)])
def test_wrong_numbers(window: int, most: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        SpreadWindows(window, most)
