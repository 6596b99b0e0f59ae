"""The speech embedding in company, on two networks of the published interface that really convolve."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from earwitness import encoders
from earwitness.encoders import catalogue, speech_embedding
from earwitness.encoders.catalogue import Weights, entry
from earwitness.encoders.encoder import Encoder


def _model(nodes: list, heard: tuple, given: tuple, constants: dict[str, np.ndarray]) -> bytes:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(heard[0], TensorProto.FLOAT, heard[1])],
        [helper.make_tensor_value_info(given[0], TensorProto.FLOAT, given[1])],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opset = helper.make_opsetid("", 18)
    return helper.make_model(graph, opset_imports=[opset], ir_version=9).SerializeToString()


def networks() -> tuple[bytes, bytes]:
    """`input (1, samples) -> output (1, 1, frames, 32)` and `input_1 (n, 76, 32, 1) -> (n, 1, 1, 96)`."""
    rng = np.random.default_rng(0)
    mel = _model(
        [
            helper.make_node("Unsqueeze", ["input", "one"], ["wave"]),
            helper.make_node("Conv", ["wave", "filters"], ["bands"], strides=[160]),
            helper.make_node("Abs", ["bands"], ["size"]),
            helper.make_node("Sqrt", ["size"], ["root"]),
            helper.make_node("Transpose", ["root"], ["turned"], perm=[0, 2, 1]),
            helper.make_node("Unsqueeze", ["turned", "one"], ["output"]),
        ],
        ("input", ["batch", "samples"]),
        ("output", ["batch", 1, "frames", 32]),
        {"one": np.array([1]), "filters": rng.standard_normal((32, 1, 512)).astype(np.float32) / 500},
    )
    embedding = _model(
        [
            helper.make_node("Transpose", ["input_1"], ["image"], perm=[0, 3, 1, 2]),
            helper.make_node("Conv", ["image", "kernel"], ["heard"], strides=[2, 2]),
            helper.make_node("Relu", ["heard"], ["kept"]),
            helper.make_node("Conv", ["kept", "whole"], ["vector"]),
            helper.make_node("Transpose", ["vector"], ["conv2d_19"], perm=[0, 2, 3, 1]),
        ],
        ("input_1", ["n", 76, 32, 1]),
        ("conv2d_19", ["n", 1, 1, 96]),
        {
            "kernel": rng.standard_normal((4, 1, 4, 4)).astype(np.float32),
            "whole": rng.standard_normal((96, 4, 37, 15)).astype(np.float32) / 50,
        },
    )
    return mel, embedding


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    mel, embedding = networks()
    path = tmp_path_factory.mktemp("weights")
    known = entry("speech-embedding")
    assert known.weights is not None
    for part, content in zip(known.weights.parts, (mel, embedding), strict=True):
        (path / Path(part).name).write_bytes(content)
    told = Weights(
        packages=known.weights.packages,
        parts=known.weights.parts,
        sha256=hashlib.sha256(mel + embedding).hexdigest(),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speech_embedding, "MEL_FILE", len(mel))
        changed = catalogue.msgspec.structs.replace(known, weights=told)
        patch.setitem(catalogue.CATALOGUE, "speech-embedding", changed)
        return encoders.load("speech-embedding", weights=path)


def clip(seconds: float, seed: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(int(seconds * 16_000))).astype(np.float32)


# Beyond 64 windows (5.9 s) the embedding runs in more than one batch, beyond a minute so does the mel.
CLIPS = [clip(seconds, seed) for seed, seconds in enumerate((1.0, 0.79, 7.3, 2.5, 0.1, 61.0))]


def test_company_and_order_change_nothing(encoder: Encoder) -> None:
    alone = [encoder.encode([samples], 16_000)[0] for samples in CLIPS]
    scale = max(np.abs(frames).max() for frames in alone if len(frames))
    assert len(alone[5]) > 64
    assert np.std(alone[2]) > 0.01 * scale

    @settings(max_examples=6)
    @given(st.lists(st.integers(0, 4), min_size=1, max_size=5))
    def check(places: list[int]) -> None:
        for place, found in zip(places, encoder.encode([CLIPS[k] for k in places], 16_000), strict=True):
            np.testing.assert_allclose(found, alone[place], rtol=1e-4, atol=1e-4 * scale)

    check()


def test_a_window_is_the_same_in_every_batch_of_windows(encoder: Encoder) -> None:
    """The first windows of a long recording are those of its beginning alone.

    Of these networks; the published mel network has a floor below the loudest of a minute.
    """
    (whole,) = encoder.encode([CLIPS[5]], 16_000)
    for seconds in (1, 6, 20):
        (part,) = encoder.encode([CLIPS[5][: seconds * 16_000]], 16_000)
        assert len(part) > 0
        np.testing.assert_allclose(part, whole[: len(part)], rtol=1e-4, atol=1e-4 * np.abs(whole).max())
