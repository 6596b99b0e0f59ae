"""The drawings: PNG, densities, axes, curves; each held to what it should show."""

from __future__ import annotations

import re
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from earwitness.evidence.finding import Window
from earwitness.evidence.report.axis import Axis, odds_ticks, time_ticks
from earwitness.evidence.report.density import density, hills, standing
from earwitness.evidence.report.page import readings, rows
from earwitness.evidence.report.png import ink
from earwitness.evidence.report.spectrum import coarser_image, contrasted
from earwitness.evidence.report.trace import outline, trace

images = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40))


def chunks(png: bytes) -> dict[bytes, bytes]:
    """The chunks of a PNG, every checksum verified."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, found = 8, {}
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        payload = png[at + 8 : at + 8 + size]
        assert struct.unpack(">I", png[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + payload)
        found[kind] = payload
        at += 12 + size
    assert kind == b"IEND"
    return found


@given(images, st.sampled_from([2, 16, 32, 256]))
def test_png_holds_the_image(image: np.ndarray, steps: int) -> None:
    found = chunks(ink(image, steps=steps))
    columns, rows_, depth, colour = struct.unpack(">IIBB", found[b"IHDR"][:10])
    assert (rows_, columns, depth, colour) == (*image.shape, 8, 3)
    lines = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(rows_, columns + 1)
    assert not lines[:, 0].any()
    opacity = np.frombuffer(found[b"tRNS"], np.uint8)[lines[:, 1:]].astype(int)
    assert np.abs(opacity - image).max() <= 255 / (steps - 1) + 1
    assert len(found[b"PLTE"]) == 3 * steps


def test_png_refuses_what_is_no_picture() -> None:
    with pytest.raises(ValueError, match="rows, columns"):
        ink(np.zeros((0, 3), np.uint8))


@given(images, st.integers(1, 50), st.integers(1, 50))
def test_a_smaller_image_keeps_the_mean(image: np.ndarray, columns: int, rows_: int) -> None:
    small = coarser_image(image, columns, rows_)
    assert small.shape == (min(rows_, image.shape[0]), min(columns, image.shape[1]))
    assert int(image.min()) <= int(small.min())
    assert int(small.max()) <= int(image.max())


@given(images)
def test_contrast_keeps_the_order(image: np.ndarray) -> None:
    flat, shown = image.ravel(), contrasted(image).ravel()
    order = np.argsort(flat, kind="stable")
    assert (np.diff(shown[order].astype(int)) >= 0).all()


def test_silence_is_blank() -> None:
    assert not contrasted(np.zeros((4, 5), np.uint8)).any()


def test_density_is_a_density_and_agrees_with_the_sum_of_kernels() -> None:
    values = np.random.default_rng(3).normal(1.0, 2.0, 400)
    grid = np.linspace(-9, 11, 2001)
    found = density(values, grid)
    assert np.trapezoid(found, grid) == pytest.approx(1, abs=2e-3)
    spread = min(values.std(), np.subtract(*np.percentile(values, [75, 25])) / 1.349)
    width = 0.9 * spread * 400**-0.2
    kernels = np.exp(-0.5 * ((grid[:, None] - values) / width) ** 2).mean(1) / (width * np.sqrt(2 * np.pi))
    assert np.abs(found - kernels).max() < 0.002


def test_density_of_equal_scores_is_a_narrow_hill() -> None:
    assert density([2.0, 2.0], [2.0, 3.0])[1] < 1e-6
    with pytest.raises(ValueError, match="at least one"):
        density([], [0.0])


@given(st.lists(st.floats(-9, 9)), st.lists(st.floats(-9, 9)), st.floats(-9, 9))
def test_standing_counts(real: list[float], fake: list[float], llr: float) -> None:
    place = standing(llr, real, fake)
    assert place.bona_fide_below == sum(score <= llr for score in real)
    assert place.spoof_above == sum(score >= llr for score in fake)


def test_hills_share_one_scale() -> None:
    up, down = hills([0.0] * 50 + [0.1] * 50, [0.0] * 50 + [0.1] * 50, Axis(-3, 3), height=100)
    heights = [[float(y) for y in re.findall(r",([\d.]+)", path)] for path in (up, down)]
    assert 100 - min(heights[0]) == pytest.approx(max(heights[1]) - 100)


@given(st.floats(0.01, 1e5))
def test_time_ticks_are_few_and_in_order(seconds: float) -> None:
    ticks = time_ticks(seconds)
    assert 1 <= len(ticks) <= 11
    places = [tick.at for tick in ticks]
    assert places == sorted(places)
    assert len(places) == 1 or len({tick.label for tick in ticks}) == len(ticks) or seconds < 0.2


@given(st.floats(-40, -0.1), st.floats(0.1, 40))
def test_odds_ticks_mirror_around_even(low: float, high: float) -> None:
    ticks = odds_ticks(Axis(low, high))
    even = [tick for tick in ticks if tick.label == "1:1"]
    assert len(even) == 1
    assert even[0].at == pytest.approx(100 * -low / (high - low), abs=0.01)
    assert len(ticks) <= 19


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.e+]+),([\d.]+)", path)]


def windows(scores: list[float | None], hop: float = 0.5) -> list[Window]:
    return [Window(start=i * hop, end=i * hop + 4, llr=score) for i, score in enumerate(scores)]


scored = st.lists(st.one_of(st.none(), st.floats(-12, 12)), min_size=1, max_size=60)


@given(scored)
def test_a_trace_shows_every_run_and_its_extremes(scores: list[float | None]) -> None:
    seconds = (len(scores) - 1) * 0.5 + 4
    drawn = trace(windows(scores), seconds, height=200)
    known = [score for score in scores if score is not None]
    assert drawn.line.count("M") == drawn.area.count("M") == drawn.area.count("Z")
    if known:
        heights = [y for _, y in points(drawn.line)]
        assert min(heights) == pytest.approx(200 * (1 - float(drawn.axis.share(max(known)))), abs=0.06)
        assert max(heights) == pytest.approx(200 * (1 - float(drawn.axis.share(min(known)))), abs=0.06)
        assert all(0 <= y <= 200 for y in heights)
    places = [x for x, _ in points(drawn.line)]
    assert places == sorted(places), "runs do not overlap"


def test_a_stretch_without_speech_is_a_gap() -> None:
    drawn = trace(windows([1.0, 1.0, None, None, None, None, 1.0]), 7.0, height=200)
    assert drawn.line.count("M") == 2
    assert trace(windows([None, None]), 4.5, height=200).silent == ((0.0, 4.5),)


def test_a_long_trace_is_thinned_but_keeps_the_worst_moment() -> None:
    scores: list[float | None] = [2.0] * 72_000
    scores[31_234] = -7.5
    drawn = trace(windows(scores), 36_004.0, height=200, columns=500)
    assert len(drawn.line) < 60_000
    assert max(y for _, y in points(drawn.line)) == pytest.approx(
        200 * (1 - float(drawn.axis.share(-7.5))), abs=0.06
    )


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 300), st.just(2)), elements=st.floats(-1, 1, width=32))
)
@settings(max_examples=50)
def test_the_waveform_stays_inside_its_lane(envelope: np.ndarray) -> None:
    envelope = np.sort(envelope, axis=1)
    found = points(outline(envelope, height=200, columns=100))
    assert len(found) == 2 * min(len(envelope), 100)
    assert all(0 <= x <= 1000 and -0.01 <= y <= 200.01 for x, y in found)


@given(scored, st.integers(1, 12))
def test_the_table_of_the_timeline_covers_it(scores: list[float | None], most: int) -> None:
    table = rows(windows(scores), most=most)
    assert len(table) <= most
    assert (table[0].start, table[-1].end) == (0.0, (len(scores) - 1) * 0.5 + 4)
    lowest = [row.lowest for row in table if row.lowest is not None]
    assert min(lowest, default=None) == min((s for s in scores if s is not None), default=None)
    for row in table:
        if row.lowest is not None and row.mean is not None and row.highest is not None:
            assert row.lowest - 1e-9 <= row.mean <= row.highest + 1e-9


def test_readings_are_thinned() -> None:
    assert len(readings(windows([1.0] * 9000))) <= 1200
    assert readings(windows([None, 0.5])) == [[2.5, 0.5]]
