"""TRILLsson's loading code on a TensorFlow that is not there: only the package itself is played."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from earwitness import encoders
from earwitness.cli.main import main
from earwitness.encoders.catalogue import entry
from earwitness.encoders.encoder import Encoder
from earwitness.errors import BadInput, MissingExtra

GRAPH, VARIABLES = b"graph", b"variables"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model" / "variables").mkdir(parents=True)
    (tmp_path / "model" / "saved_model.pb").write_bytes(GRAPH)
    (tmp_path / "model" / "variables" / "variables.data-00000-of-00001").write_bytes(VARIABLES)
    return tmp_path / "model"


def moments(waveforms: np.ndarray) -> dict[str, np.ndarray]:
    """As TRILLsson does: (batch, samples) float32 in, a vector by name out."""
    assert waveforms.dtype == np.float32
    assert waveforms.shape[0] == 1
    return {"embedding": np.stack([waveforms.mean(axis=1), waveforms.std(axis=1)], axis=1)}


def play(monkeypatch: pytest.MonkeyPatch, load: Callable[[str], object]) -> None:
    fake = SimpleNamespace(
        saved_model=SimpleNamespace(load=load),
        constant=lambda value, dtype: np.asarray(value, dtype),
        float32=np.float32,
    )
    monkeypatch.setitem(sys.modules, "tensorflow", fake)  # type: ignore[arg-type]


def test_a_vector_of_each_recording(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    play(monkeypatch, lambda path: opened.append(path) or moments)  # type: ignore[func-returns-value]
    encoder = encoders.load("trillsson", weights=folder)
    assert opened == [str(folder)]
    assert isinstance(encoder, Encoder)
    assert (encoder.dimension, encoder.frame_rate) == (2, None)
    assert encoder.revision.startswith(hashlib.sha256(GRAPH + VARIABLES).hexdigest()[:12])
    rng = np.random.default_rng(0)
    clips = [rng.standard_normal(n).astype(np.float32) for n in (20_000, 3000, 31 * 16_000, 0)]
    alone = [encoder.encode([clip], 16_000)[0] for clip in clips]
    for found, expected in zip(encoder.encode(clips[::-1], 16_000)[::-1], alone, strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(alone[0], [clips[0].mean(), clips[0].std()], rtol=1e-5)
    filled = np.pad(clips[1], (0, 13_000))
    np.testing.assert_allclose(alone[1], [filled.mean(), filled.std()], rtol=1e-5)
    halves = np.split(clips[2], 2)
    np.testing.assert_allclose(alone[2][1], np.mean([half.std() for half in halves]), rtol=1e-5)


def test_a_model_that_only_serves(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Served:
        structured_input_signature = ((), {"audio": None})

        def __call__(self, *, audio: np.ndarray) -> dict[str, np.ndarray]:
            return moments(audio)

    play(monkeypatch, lambda path: SimpleNamespace(signatures={"serving_default": Served()}))
    assert encoders.load("trillsson", weights=folder).dimension == 2
    Served.structured_input_signature = ((), {"audio": None, "rate": None})
    with pytest.raises(BadInput, match=r"hears \['audio', 'rate'\], not one waveform"):
        encoders.load("trillsson", weights=folder)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (SimpleNamespace(), "is not a model that hears waveforms"),
        (lambda waveforms: {"logits": waveforms}, "gives no 'embedding'"),
        (lambda waveforms: {"embedding": waveforms[0]}, "gives no 'embedding'"),
    ],
)
def test_models_that_are_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, model: object, reason: str
) -> None:
    play(monkeypatch, lambda path: model)
    with pytest.raises(BadInput, match=reason):
        encoders.load("trillsson", weights=folder)


def test_refusals(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # type: ignore[arg-type]
    with pytest.raises(MissingExtra, match=r"pip install 'earwitness\[trillsson\]'"):
        encoders.load("trillsson", weights=folder)
    with pytest.raises(BadInput, match="SHA-256 of the model is"):
        encoders.load("trillsson", weights=folder, sha256="0" * 64)
    with pytest.raises(BadInput, match="no layers"):
        encoders.load("trillsson", weights=folder, layers=[1])

    def damaged(path: str) -> None:
        raise OSError("no such op")

    play(monkeypatch, damaged)
    with pytest.raises(BadInput, match="is not a model that TensorFlow can load"):
        encoders.load("trillsson", weights=folder)
    monkeypatch.delenv("EARWITNESS_WEIGHTS", raising=False)
    with pytest.raises(
        BadInput, match="its weights are not here; get them with: mkdir -p weights/trillsson && curl"
    ):
        encoders.load("trillsson")
    monkeypatch.setenv("EARWITNESS_WEIGHTS", str(folder.parent))
    with pytest.raises(BadInput, match=r"holds no saved_model\.pb; get the model with"):
        encoders.load("trillsson")
    assert main(["encoders"]) == 0
    command = entry("trillsson").command
    assert command is not None
    assert command in capsys.readouterr().out
