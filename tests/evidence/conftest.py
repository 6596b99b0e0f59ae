"""An instrument with a made-up head, and recordings that sound like speech without being any."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile
from onnx import TensorProto, helper, numpy_helper

from earwitness.evidence import manifest as manifests
from earwitness.evidence.equipment import Equipment
from earwitness.evidence.self_test import speech_like

LAYERS, FRAMES, DIMENSION = 3, 200, 512


def head(layers: int = LAYERS, dimension: int = DIMENSION, seed: int = 0) -> bytes:
    """Mean of a random projection over the speech frames: `frames, mask -> score`."""
    weight = np.random.default_rng(seed).standard_normal((layers * dimension, 1)).astype(np.float32) * 0.05
    constants = {
        "weight": weight,
        "shape": np.array([0, -1, layers * dimension], np.int64),
        "one": np.array([1], np.int64),
        "two": np.array([2], np.int64),
    }
    nodes = [
        helper.make_node("Transpose", ["frames"], ["turned"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["turned", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["each"]),
        helper.make_node("Squeeze", ["each", "two"], ["values"]),
        helper.make_node("Mul", ["values", "mask"], ["heard"]),
        helper.make_node("ReduceSum", ["heard", "one"], ["sum"], keepdims=0),
        helper.make_node("ReduceSum", ["mask", "one"], ["count"], keepdims=0),
        helper.make_node("Div", ["sum", "count"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "head",
        [
            helper.make_tensor_value_info(
                "frames", TensorProto.FLOAT, ["batch", layers, "frames", dimension]
            ),
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["batch", "frames"]),
        ],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["batch"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def manifest(content: bytes, **changes: object) -> manifests.Manifest:
    fields: dict[str, object] = {
        "name": "made-up",
        "version": "0",
        "task": "detection",
        "encoder": manifests.EncoderUse(
            asset="whisper-base-frames", layers=(1, 2, 3), frame_rate=50.0, dimension=DIMENSION
        ),
        "head": manifests.Head(file="head.onnx", sha256=hashlib.sha256(content).hexdigest()),
        "window_seconds": 4.0,
        "scoring_hop_seconds": 2.0,
        "min_window_speech": 0.5,
        "calibrator": manifests.Calibrator(scale=1.0, offset=0.0, fitted_on="nothing: made up"),
        "thresholds": manifests.Thresholds(spoof_below=-0.5, bona_fide_above=0.5),
        "validated": manifests.Validated(
            min_speech_seconds=1.0,
            min_bandwidth_hz=3000.0,
            max_clipped=0.01,
            llr_range=(-20.0, 20.0),
            min_snr_db=5.0,
        ),
        "distributions": manifests.Distributions(bona_fide=(1.0, 2.0, 3.0), spoof=(-3.0, -2.0, -1.0)),
        "notes": ("This instrument is made up for tests.",),
    }
    return manifests.Manifest(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def make_instrument() -> Callable[..., Path]:
    def make(folder: Path, **changes: object) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        content = head()
        (folder / "head.onnx").write_bytes(content)
        (folder / "manifest.json").write_bytes(manifests.to_json(manifest(content, **changes)))
        return folder

    return make


@pytest.fixture(scope="session")
def instrument(tmp_path_factory: pytest.TempPathFactory, make_instrument: Callable[..., Path]) -> Path:
    return make_instrument(tmp_path_factory.mktemp("instrument"))


@pytest.fixture(scope="session")
def equipment(instrument: Path) -> Equipment:
    return Equipment(instrument, threads=1)


@pytest.fixture(scope="session")
def voices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Recordings that the speech activity takes for speech, by name."""
    folder = tmp_path_factory.mktemp("voices")
    lengths = {"short": 3.0, "five": 5.2, "long": 18.3}
    paths = {}
    for seed, (name, seconds) in enumerate(lengths.items()):
        paths[name] = folder / f"{name}.wav"
        soundfile.write(paths[name], speech_like(seconds, seed=seed), 16_000)
    return paths
