from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.assets import asset
from earwitness.encoders.chunking import CORE
from earwitness.encoders.frame_stream import FrameStream
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.errors import BadInput


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def test_says_what_it_is(tiny: OnnxEncoder) -> None:
    assert (tiny.name, tiny.dimension, tiny.frame_rate, tiny.sample_rate) == (
        "whisper-miniature",
        64,
        50.0,
        16_000,
    )
    assert tiny.layers == (0, 1, 2)
    assert tiny.policy == "cropped"


@pytest.mark.parametrize("samples", [0, 1, 319, 320, 16_000, CORE, 2 * CORE + 77])
def test_one_frame_for_every_20_ms(tiny: OnnxEncoder, samples: int) -> None:
    (frames,) = tiny.encode([noise(samples)], 16_000)
    assert frames.shape == (3, samples // 320, 64)
    assert frames.dtype == np.float32


@settings(max_examples=10, deadline=None)
@given(lengths=st.lists(st.integers(0, 40_000), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_the_same_alone_and_in_any_batch(tiny_onnx: Path, lengths: list[int], seed: int) -> None:
    one, two = OnnxEncoder(tiny_onnx, threads=1), OnnxEncoder(tiny_onnx, threads=2)
    clips = [noise(length, seed + k) for k, length in enumerate(lengths)]
    batch = two.encode(clips, 16_000)
    for samples, frames in zip(clips, batch, strict=True):
        np.testing.assert_array_equal(one.encode([samples], 16_000)[0], frames)


@settings(max_examples=6, deadline=None)
@given(samples=st.integers(1, 3 * CORE), cuts=st.lists(st.integers(1, 2 * CORE), max_size=8))
def test_the_same_whole_and_streamed(tiny_onnx: Path, samples: int, cuts: list[int]) -> None:
    encoder = OnnxEncoder(tiny_onnx, layers=[2], threads=2)
    recording = noise(samples)
    stream, given_frames, at = FrameStream(encoder), [], 0
    for cut in [*cuts, samples]:
        given_frames += stream.push(recording[at : at + cut])
        at += cut
    given_frames += stream.finish()
    (whole,) = encoder.encode([recording], 16_000)
    np.testing.assert_array_equal(np.concatenate([whole[:, :0], *given_frames], axis=1), whole)


def test_a_stream_of_nothing_gives_nothing(tiny: OnnxEncoder) -> None:
    stream = FrameStream(tiny)
    assert stream.push(np.zeros(0, np.float32)) == []
    assert stream.finish() == []


def test_chosen_layers(tiny: OnnxEncoder, tiny_onnx: Path) -> None:
    (all_layers,) = tiny.encode([noise(9000)], 16_000)
    (two,) = OnnxEncoder(tiny_onnx, layers=(2, 0), threads=1).encode([noise(9000)], 16_000)
    np.testing.assert_array_equal(two, all_layers[[2, 0]])
    with pytest.raises(BadInput, match=r"gives the layers \[0, 1, 2\], not \[5\]"):
        OnnxEncoder(tiny_onnx, layers=[5])


def test_other_sample_rates_are_resampled(tiny: OnnxEncoder) -> None:
    (frames,) = tiny.encode([noise(8000)], 8000)
    assert frames.shape == (3, 50, 64)


def test_level_is_part_of_the_revision(tiny: OnnxEncoder, tiny_onnx: Path) -> None:
    level = OnnxEncoder(tiny_onnx, threads=1, normalise="rms")
    assert level.revision == f"{tiny.revision}+rms"
    samples = noise(9000)
    (quiet,), (loud,) = level.encode([samples * np.float32(0.1)]), level.encode([samples])
    np.testing.assert_allclose(quiet, loud, atol=1e-3)
    assert np.abs(tiny.encode([samples])[0] - tiny.encode([samples * np.float32(0.1)])[0]).max() > 0.1


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"not onnx")
    with pytest.raises(BadInput, match="not an encoder"):
        OnnxEncoder(tmp_path / "x.onnx")
    with pytest.raises(BadInput, match="not an encoder"):
        OnnxEncoder(asset("silero-vad"))


def test_the_shipped_encoder_gives_frames() -> None:
    encoder = OnnxEncoder(asset("whisper-base-frames"), threads=1)
    (frames,) = encoder.encode([noise(32_000)], 16_000)
    assert frames.shape == (len(encoder.layers), 100, 512)
    assert np.isfinite(frames).all()
