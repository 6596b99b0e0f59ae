"""The cheapest labels are found, and a change costs what it is said to cost."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.evidence.two_states import differing, runs, spoofed_frames


def cost(llrs: list[float], labels: tuple[bool, ...], change: float) -> float:
    changes = sum(a != b for a, b in itertools.pairwise(labels))
    return sum(value for value, spoof in zip(llrs, labels, strict=True) if spoof) + change * changes


@given(llrs=st.lists(st.floats(-5, 5), min_size=1, max_size=9), change=st.floats(0, 6))
def test_no_other_labels_cost_less(llrs: list[float], change: float) -> None:
    found = tuple(spoofed_frames(llrs, change).tolist())
    least = min(cost(llrs, one, change) for one in itertools.product((False, True), repeat=len(llrs)))
    assert cost(llrs, found, change) == pytest.approx(least, abs=1e-9)


@given(quarters=st.lists(st.integers(-20, 20), max_size=60))
def test_without_a_cost_every_frame_speaks_for_itself(quarters: list[int]) -> None:
    llrs = [one / 4 for one in quarters]  # whose sums are exact
    assert spoofed_frames(llrs, 0.0).tolist() == [value < 0 for value in llrs]


@given(flags=st.lists(st.booleans(), max_size=40))
def test_what_differs_is_the_class_with_less_of_the_time(flags: list[bool]) -> None:
    found, spoof = differing(np.array(flags, bool))
    frames = sum(last - first for first, last in found)
    assert 2 * frames <= len(flags)
    assert frames == (sum(flags) if spoof else len(flags) - sum(flags))


@given(flags=st.lists(st.booleans(), max_size=40))
def test_runs_are_the_stretches_of_true(flags: list[bool]) -> None:
    found = runs(np.array(flags, bool))
    assert [at for first, last in found for at in range(first, last)] == list(np.flatnonzero(flags))
    assert all(a[1] < b[0] for a, b in itertools.pairwise(found))
