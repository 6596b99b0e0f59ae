from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from earwitness.encoders.chunking import CONTEXT, CORE, HOP, chunk, chunks, frame_count

LENGTHS = st.integers(1, 5 * CORE)


@given(LENGTHS)
def test_cores_lie_end_to_end(samples: int) -> None:
    places = chunks(samples)
    assert places[0].core_start == 0
    assert places[-1].core_end == samples
    assert all(a.core_end == b.core_start for a, b in itertools.pairwise(places))
    assert all(place.core_end - place.core_start <= CORE + CONTEXT for place in places)


@given(LENGTHS)
def test_context_is_fixed_but_at_the_ends(samples: int) -> None:
    for place in chunks(samples):
        assert place.start == max(0, place.core_start - CONTEXT)
        assert place.end == min(samples, place.core_end + CONTEXT)


@given(LENGTHS)
def test_kept_frames_are_all_frames(samples: int) -> None:
    kept = 0
    for place in chunks(samples):
        given_frames = (place.end - place.start) // HOP
        assert place.frames.stop <= given_frames
        kept += len(range(given_frames)[place.frames])
    assert kept == frame_count(samples)


@given(LENGTHS, LENGTHS)
def test_chunks_but_the_last_do_not_depend_on_what_follows(one: int, other: int) -> None:
    short, long = sorted((one, other))
    before = chunks(short)[:-1]
    assert chunks(long)[: len(before)] == before
    assert before == [chunk(k) for k in range(len(before))]


def test_a_short_clip_is_one_chunk() -> None:
    assert len(chunks(CORE + CONTEXT)) == 1
    assert len(chunks(CORE + CONTEXT + 1)) == 2
    assert chunks(0) == []
