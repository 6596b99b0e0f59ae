"""The residual codec: errors that fall with every quantizer, exact rates, round trips of the right length."""

from __future__ import annotations

import functools
import itertools
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.audio.recording import Recording
from earwitness.errors import BadInput
from earwitness.making.codebooks import Codebooks, assign, kmeans
from earwitness.making.residual_codec import (
    RESIDUAL_GRID,
    ResidualCodec,
    ResidualCoding,
    fit_codebooks,
    most_quantizers,
)
from earwitness.making.residual_transform import KINDS, Kind, Mdct, Mel, Pca

RATE = 8_000


def voice(seed: int = 0, seconds: float = 2.0, rate: int = RATE) -> Recording:
    """A hum of changing pitch, with formants and breath."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    turn = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 1.3 * t + seed)) / rate
    hum = sum(np.sin(k * turn + seed * k) / k for k in range(1, 15)) * (1.2 + np.sin(2 * np.pi * 3 * t))
    return Recording.of((0.05 * hum + 0.003 * rng.standard_normal(len(t))).astype(np.float32), rate)


def coding_of(transform: Kind, quantizers: int = 8) -> ResidualCoding:
    return ResidualCoding(transform=transform, quantizers=quantizers, bits=5, stride=160, sample_rate=RATE)


@functools.cache
def books(transform: Kind) -> Codebooks:
    return fit_codebooks(coding_of(transform), [voice(seed) for seed in range(4)])


@given(samples=st.integers(1, 3000), stride=st.sampled_from([2, 16, 64, 160]), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_the_cosine_transform_loses_nothing_and_keeps_energy(samples: int, stride: int, seed: int) -> None:
    wave = np.random.default_rng(seed).standard_normal(samples)
    transform = Mdct(stride)
    frames = transform.analyse(wave)
    assert frames.shape == (1 + -(-samples // stride), stride)
    assert np.allclose(transform.synthesise(frames, samples), wave, atol=1e-9)
    assert np.isclose(np.square(frames).sum(), np.square(wave).sum())


def test_a_whole_basis_loses_nothing_and_half_of_one_little() -> None:
    waves = [voice(seed).samples for seed in range(3)]
    whole = Pca(Pca.basis_of(waves, 64, 128))
    wave = waves[0].astype(np.float64)
    assert np.allclose(whole.synthesise(whole.analyse(wave), len(wave)), wave, atol=1e-9)
    half = Pca(Pca.basis_of(waves, 64, 32))
    lost = half.synthesise(half.analyse(wave), len(wave)) - wave
    assert np.square(lost).sum() < 0.05 * np.square(wave).sum()


def test_mel_magnitudes_come_back() -> None:
    transform = Mel(160, RATE, bands=40)
    wave = voice().samples
    frames = transform.analyse(wave)
    again = transform.analyse(transform.synthesise(frames, len(wave)))
    assert np.abs(again - frames).mean() < 0.5 * np.abs(frames - frames.mean(axis=0)).mean()
    assert len(transform.synthesise(frames[:1], 10)) == 10


@given(transform=st.sampled_from(KINDS), seed=st.integers(0, 50), spread=st.floats(0.1, 3))
@settings(max_examples=20, deadline=None)
def test_no_further_codebook_makes_an_error_larger(transform: Kind, seed: int, spread: float) -> None:
    held = books(transform)
    rng = np.random.default_rng(seed)
    frames = held.mean + rng.standard_normal((20, len(held.mean))) / held.weight * spread
    codes = held.encode(frames, 8)
    errors = [
        np.square((held.decode(codes[:, :count]) - frames) * held.weight).sum(axis=1) for count in range(9)
    ]
    for before, after in itertools.pairwise(errors):
        assert (after <= before * (1 + 1e-5)).all()


@pytest.mark.parametrize("transform", ["mdct", "pca"])
def test_the_error_of_the_signal_falls_with_the_quantizers(transform: Kind) -> None:
    source = voice(9)
    errors = [
        float(np.square(_coded(transform, count, source) - source.samples).mean()) for count in (1, 2, 4, 8)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.6 * float(np.square(source.samples).mean())


def _coded(transform: Kind, quantizers: int, source: Recording) -> np.ndarray:
    return ResidualCodec(coding_of(transform, quantizers), books(transform)).make(source).samples


@given(
    quantizers=st.integers(1, 32), bits=st.integers(1, 12), half=st.integers(1, 500),
    rate=st.sampled_from([8_000, 16_000, 24_000, 44_100]),
)  # fmt: skip
def test_the_bit_rate_is_the_formula(quantizers: int, bits: int, half: int, rate: int) -> None:
    coding = ResidualCoding(quantizers=quantizers, bits=bits, stride=2 * half, sample_rate=rate)
    assert coding.bit_rate == pytest.approx(quantizers * bits * rate / (2 * half), abs=0.5)
    assert msgspec.structs.replace(coding, quantizers=2 * quantizers).bit_rate == pytest.approx(
        2 * coding.bit_rate, abs=1.5
    )


@given(
    transform=st.sampled_from(KINDS), samples=st.integers(200, 6000), rate=st.sampled_from([8_000, 16_000])
)
@settings(max_examples=15, deadline=None)
def test_a_round_trip_keeps_length_level_and_rate(transform: Kind, samples: int, rate: int) -> None:
    source = voice(3, 1.0, rate)
    cut = Recording.of(source.samples[:samples], rate)
    made = ResidualCodec(coding_of(transform, 4), books(transform)).make(cut)
    told = made.provenance.settings
    assert made.sample_rate == RATE
    assert len(made.samples) == -(-len(cut.samples) * RATE // rate)
    assert np.isfinite(made.samples).all()
    assert np.abs(made.samples).max() <= 1
    assert (told["quantizers"], told["bits"], told["stride"], told["bit_rate"]) == (4, 5, 160, 1000)
    frames = 1 + -(-len(made.samples) // 160)
    assert told["measured_bit_rate"] == round(frames * 20 * RATE / len(made.samples))


def test_louder_in_louder_out_and_the_same_twice() -> None:
    source = voice(5)
    quiet = Recording.of(source.samples / 16, RATE)
    trip = ResidualCodec(coding_of("mdct"), books("mdct"))
    assert np.allclose(trip.make(quiet).samples * 16, trip.make(source).samples, atol=1e-5)
    again = fit_codebooks(coding_of("mdct"), [voice(seed) for seed in range(4)])
    assert np.array_equal(again.entries, books("mdct").entries)
    assert np.array_equal(
        ResidualCodec(coding_of("mdct"), again).make(source).samples, trip.make(source).samples
    )
    assert (trip.engine, trip.family) == ("rvq-mdct", "codec-rvq-mdct")


def test_codebooks_are_kept(tmp_path: Path) -> None:
    held = books("pca")
    held.write(tmp_path / "more" / "books.npz")
    read = Codebooks.read(tmp_path / "more" / "books.npz")
    frames = np.random.default_rng(0).standard_normal((5, len(held.mean)))
    assert np.array_equal(read.encode(frames, 8), held.encode(frames, 8))
    assert np.array_equal(read.basis, held.basis)
    (tmp_path / "bad.npz").write_bytes(b"no")
    for name in ("bad.npz", "none.npz"):
        with pytest.raises(BadInput, match="no file of codebooks"):
            Codebooks.read(tmp_path / name)


def test_clusters_that_lose_all_begin_anew() -> None:
    vectors = np.repeat(np.eye(3), 5, axis=0)
    centres = kmeans(vectors, 6, np.random.default_rng(0))
    assert np.isfinite(centres).all()
    assert not centres[0].any()
    assert np.allclose(centres[assign(vectors, centres)], vectors, atol=1e-6)
    with pytest.raises(BadInput, match="too few"):
        kmeans(vectors, 16, np.random.default_rng(0))


def test_the_grid_tells_its_codings_apart() -> None:
    assert all(name == coding.name for name, coding in RESIDUAL_GRID.items())
    assert len(RESIDUAL_GRID) == 60
    targets = {(c.codec, c.quantizers, c.bit_rate, c.sample_rate) for c in RESIDUAL_GRID.values()}
    assert len(targets) == 60
    of_quantizers = {
        count: {c.bit_rate for c in RESIDUAL_GRID.values() if c.quantizers == count}
        for count in (1, 2, 4, 8, 16)
    }
    assert min(of_quantizers[4]) < max(of_quantizers[2])
    assert min(of_quantizers[16]) < max(of_quantizers[4])
    several = {most_quantizers(c, RESIDUAL_GRID.values()).name for c in RESIDUAL_GRID.values()}
    assert len(several) == len({c.books for c in RESIDUAL_GRID.values()}) == 24


def test_bad_input_is_one_line() -> None:
    trip = ResidualCodec(coding_of("mdct"), books("mdct"))
    for source in ("text", Recording.of(np.zeros(0, np.float32), RATE)):
        with pytest.raises(BadInput, match="needs a recording"):
            trip.make(source)
    with pytest.raises(BadInput, match="is silent"):
        trip.make(Recording.of(np.zeros(900, np.float32), RATE))
    with pytest.raises(BadInput, match="8 codebooks only"):
        ResidualCodec(coding_of("mdct", 9), books("mdct"))
    with pytest.raises(BadInput, match="nothing to learn"):
        fit_codebooks(coding_of("mdct"), [Recording.of(np.zeros(900, np.float32), RATE)])
    for wrong in ({"quantizers": 0}, {"bits": 13}, {"stride": 3}, {"sample_rate": 0}, {"transform": "fft"}):
        with pytest.raises(BadInput):
            msgspec.structs.replace(coding_of("mdct"), **wrong)
