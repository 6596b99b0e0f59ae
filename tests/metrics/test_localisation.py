"""Localisation: frames, ranges, segments, and their formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.metrics import eer
from earwitness.metrics.localisation import (
    Segment,
    frames_of,
    point_eer,
    range_eer,
    read_audacity,
    read_json,
    read_rttm,
    resolution_eers,
    segment_figures,
    segments_from,
    write_audacity,
    write_json,
    write_rttm,
)
from earwitness.metrics.localisation.frame_eer import weighted_eer

few = settings(max_examples=60, deadline=None)
bits = st.lists(st.integers(0, 1), min_size=1, max_size=40)


@given(bits, st.sampled_from([0.02, 0.1, 0.25, 1.0]))
@few
def test_frames_and_segments_are_two_views_of_one_thing(frames: list[int], hop: float) -> None:
    segments = segments_from(frames, hop)
    assert frames_of(segments, len(frames) * hop, hop).tolist() == frames
    assert sum(s.end - s.start for s in segments) == pytest.approx(sum(frames) * hop)


def test_a_frame_is_spoof_if_any_part_of_it_is() -> None:
    assert frames_of([(0.05, 0.11)], 0.2, 0.04).tolist() == [0, 1, 1, 0, 0]
    assert (
        frames_of([(0.06, 0.12, "spoof"), (0.0, 0.2, "bona fide")], 0.2, 0.02).tolist()
        == [0] * 3 + [1] * 3 + [0] * 4
    )


def test_point_eer_pools_frames() -> None:
    rng = np.random.default_rng(0)
    labels = [rng.integers(0, 2, n) for n in (30, 50)]
    scores = [rng.normal(0, 1, len(part)) - part for part in labels]
    pooled, truth = np.concatenate(scores), np.concatenate(labels)
    assert point_eer(scores, labels) == eer(pooled[truth == 0], pooled[truth == 1])


def test_resolutions_by_hand() -> None:
    scores, labels = [[4, 3, -1, 2, 5]], [[0, 0, 1, 0, 0]]
    found = resolution_eers(scores, labels, resolutions=(0.02, 0.04, 0.08, 0.64))
    # At 0.04 s: scores (3, -1, 5), labels (0, 1, 0). At 0.64 s only one (spoof) frame is left.
    assert found == {0.02: 0.0, 0.04: 0.0, 0.08: 0.0}
    with pytest.raises(BadInput, match="multiple of the hop"):
        resolution_eers(scores, labels, resolutions=(0.03,))


@given(bits.filter(lambda b: 0 < sum(b) < len(b)), st.integers(0, 5))
@few
def test_range_eer_on_frame_borders_is_point_eer(frames: list[int], seed: int) -> None:
    scores = np.random.default_rng(seed).normal(0, 1, len(frames)).round(1)
    ranges = range_eer([scores], [segments_from(frames, 0.5)], [len(frames) * 0.5], hop=0.5)
    assert ranges == pytest.approx(point_eer([scores], [frames]), abs=1e-9)


def test_range_eer_counts_time() -> None:
    # Spoof from 0.5 s to 1.25 s; frames of 0.5 s; the frame 1.0-1.5 is half spoof and scores low.
    found = range_eer([[1.0, -1.0, -1.0, 1.0]], [[(0.5, 1.25)]], [2.0], hop=0.5)
    # All spoof time shares the lowest score with 0.25 of the 1.25 s of bona fide time: from (false alarms 1,
    # misses 0) the first step leads to (0, 0.2), and crosses the diagonal on its way.
    assert found == pytest.approx(0.2 / 1.2)
    with pytest.raises(BadInput, match="both bona fide and spoof time"):
        range_eer([[1.0]], [[]], [1.0])


def test_weights_are_repetitions() -> None:
    rng = np.random.default_rng(1)
    scores, weights = rng.integers(0, 6, 40).astype(float), rng.integers(0, 4, (2, 40))
    repeated = [np.repeat(scores, part) for part in weights]
    assert weighted_eer(scores, weights.astype(float)) == pytest.approx(eer(*repeated), abs=1e-12)


def test_segment_figures_by_hand() -> None:
    true = [[(0.0, 1.0), (2.0, 3.0)], []]
    found = [[(0.0, 0.8), (2.4, 3.0), (4.0, 5.0)], []]
    half, strict = segment_figures(found, true, iou=(0.5, 0.75))
    assert (half.matched, half.precision, half.recall) == (2, 2 / 3, 1.0)
    assert half.f1 == pytest.approx(0.8)
    assert (strict.matched, strict.recall) == (1, 0.5)
    assert segment_figures([[]], [[]])[0].f1 == 1
    assert segment_figures([[(0, 1)]], [[]])[0].f1 == 0


def test_a_true_segment_is_found_once() -> None:
    # Both halves overlap the one true segment by a half; only one may count. Labels must agree.
    figures = segment_figures([[(0, 1), (1, 2)]], [[(0, 2)]], iou=(0.5,))[0]
    assert (figures.matched, figures.precision, figures.recall) == (1, 0.5, 1.0)
    assert segment_figures([[(0, 1, "music")]], [[(0, 1, "spoof")]], iou=(0.5,))[0].matched == 0
    # One found segment could take either of two; the other pair must still be made.
    chain = segment_figures([[(0, 2), (2, 3)]], [[(0, 1.2), (1.2, 3)]], iou=(0.4,))[0]
    assert chain.matched == 2


SEGMENTS = {
    "call": [Segment(0.25, 1.5), Segment(2.0, 3.125, "music")],
    "täpe_2": [Segment(0.0, 0.000_5)],
}


def test_formats_keep_segments(tmp_path: Path) -> None:
    write_rttm(SEGMENTS, tmp_path / "s.rttm")
    write_json(SEGMENTS, tmp_path / "s.json")
    write_audacity(SEGMENTS["call"], tmp_path / "s.txt")
    assert read_rttm(tmp_path / "s.rttm") == SEGMENTS
    assert read_json(tmp_path / "s.json") == SEGMENTS
    assert read_audacity(tmp_path / "s.txt") == SEGMENTS["call"]
    assert (tmp_path / "s.rttm").read_text().splitlines()[0] == (
        "SPEAKER call 1 0.250000 1.250000 <NA> <NA> spoof <NA> <NA>"
    )
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        (read_rttm, "SPEAKER a 1 0.5\n", "line 1, column 5"),
        (read_rttm, ";; x\nSPEAKER a 1 x 1 <NA> <NA> spoof <NA>\n", "line 2, column 4: 'x' is no time"),
        (read_audacity, "0.5\n", "line 1, column 2: has no end"),
        (read_audacity, "1.0\t0.5\tspoof\n", "empty or no stretch"),
        (read_json, '{"a": [{"start": 0}]}', "end"),
        (read_json, "{", "is no JSON"),
        (read_json, '{"a": [{"start": 0, "end": 2}, {"start": 1, "end": 3}]}', "overlap at 1 s"),
    ],
)
def test_bad_files(tmp_path: Path, reader, text: str, message: str) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(BadInput, match=message):
        reader(path)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="ends at 9 s"):
        frames_of([(0, 9)], 1.0, 0.1)
    with pytest.raises(BadInput, match="recording 0"):
        point_eer([[1, 2]], [[1]])
    with pytest.raises(BadInput, match="has blanks"):
        write_rttm({"a b": []}, tmp_path / "x")
    with pytest.raises(BadInput, match="cannot be read"):
        read_rttm(tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="is no text"):
        read_rttm(tmp_path / "binary")
    with pytest.raises(BadInput, match="iou"):
        segment_figures([[]], [[]], iou=(0,))
