"""A Whisper of 64 channels and two blocks with random weights, in every form it can come in."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from earwitness.encoders import catalogue
from earwitness.encoders.catalogue import Entry, Weights
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.onnx_export import export
from earwitness.encoders.whisper_names import PREFIX, _shapes


def _write(arrays: dict[str, np.ndarray], aliases: dict[str, str] | None = None) -> bytes:
    kinds = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4}

    def string(text: str) -> bytes:
        return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"

    content = struct.pack("<I", 6) + string("WhisperSpec") + struct.pack("<II", 3, len(arrays))
    for name, value in arrays.items():
        content += string(name) + struct.pack(f"<B{value.ndim}I", value.ndim, *value.shape)
        content += struct.pack("<BI", kinds[value.dtype.name], value.nbytes) + value.tobytes()
    content += struct.pack("<I", len(aliases or {}))
    return content + b"".join(string(a) + string(b) for a, b in (aliases or {}).items())


@pytest.fixture(scope="session")
def write_ctranslate2() -> Callable[..., bytes]:
    return _write


@pytest.fixture(scope="session")
def tiny_arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    arrays = {}
    for name, shape in _shapes(blocks=2, dimension=64, bands=80, longest=1500).items():
        value = rng.standard_normal(shape) / np.sqrt(max(1, np.prod(shape[1:])))
        arrays[PREFIX + name] = (value + name.endswith("gamma")).astype(np.float16)
    return arrays


@pytest.fixture(scope="session")
def tiny_file(tiny_arrays: dict[str, np.ndarray]) -> bytes:
    return _write(tiny_arrays | {"decoder/bias": np.zeros(3, np.float32)})


@pytest.fixture
def tiny_entry(tiny_file: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """An entry of the catalogue whose weights lie in `tmp_path/weights`, in two parts."""
    entry = Entry(
        name="whisper-miniature",
        gives="frames",
        dimension=64,
        layers=3,
        frame_rate=50.0,
        sample_rate=16_000,
        licence="Apache-2.0",
        loader="earwitness.encoders.whisper_packaged:load_whisper",
        summary="for tests",
        weights=Weights(
            packages=("miniature-1==1.0", "miniature-2==1.0"),
            parts=("miniature_1/model.part1", "miniature_2/model.part2"),
            sha256=hashlib.sha256(tiny_file).hexdigest(),
        ),
    )
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "model.part1").write_bytes(tiny_file[:1000])
    (folder / "model.part2").write_bytes(tiny_file[1000:])
    monkeypatch.setitem(catalogue.CATALOGUE, entry.name, entry)
    return entry


@pytest.fixture(scope="session")
def tiny_onnx(tiny_file: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "model.bin").write_bytes(tiny_file)
    weights = Weights(
        packages=("m==1",), parts=("m/model.bin",), sha256=hashlib.sha256(tiny_file).hexdigest()
    )
    entry = Entry(
        name="whisper-miniature", gives="frames", dimension=64, layers=3, frame_rate=50.0, sample_rate=16_000,
        licence="Apache-2.0", loader="", summary="", weights=weights,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(catalogue.CATALOGUE, entry.name, entry)
        export(entry.name, [0, 1, 2], folder / "tiny.onnx", weights=folder)
    return folder / "tiny.onnx"


@pytest.fixture
def tiny(tiny_onnx: Path) -> OnnxEncoder:
    return OnnxEncoder(tiny_onnx, threads=1)
