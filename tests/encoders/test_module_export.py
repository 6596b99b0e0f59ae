"""Any of transformers' encoders as an ONNX file, and what the file gives without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from earwitness import encoders
from earwitness.cli.main import main
from earwitness.encoders import module_export, onnx_export
from earwitness.encoders.catalogue import CATALOGUE
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.errors import BadInput

EACH = ["wav2vec2", "hubert", "wavlm", "w2v-bert", "ast", "clap", "whisper"]
"""One of every class, but for UniSpeech, which is wav2vec 2.0's; the large ones are of the same classes."""


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


@pytest.fixture(scope="session")
def exported(
    tiny_hub: Callable, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Path, onnx_export.Parity]]:
    folder, made = tmp_path_factory.mktemp("exported"), {}

    def make(kind: str) -> tuple[Path, onnx_export.Parity]:
        if kind not in made:
            path, layers = folder / f"{kind}.onnx", None if kind == "clap" else [0, 2]
            made[kind] = (
                path,
                encoders.export(
                    "tiny/model",
                    path,
                    layers=layers,
                    weights=tiny_hub(kind).folder,
                    normalise="unit" if kind == "hubert" else "none",
                ),
            )
        return made[kind]

    return make


@pytest.mark.parametrize("kind", EACH)
def test_the_file_gives_what_torch_gives(tiny_hub: Callable, exported: Callable, kind: str) -> None:
    path, parity = exported(kind)
    assert len(parity.samples) == 4
    assert 0 < max(parity.relative) < 2e-5
    level = "unit" if kind == "hubert" else "none"
    layers = None if kind == "clap" else [0, 2]
    theirs = encoders.load(
        "tiny/model", weights=tiny_hub(kind).folder, layers=layers, normalise=level, threads=1
    )
    ours = OnnxEncoder(path, threads=1)
    for attribute in ("name", "revision", "layers", "dimension", "frame_rate", "sample_rate", "policy"):
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
    rate = ours.sample_rate
    # the last is longer than a chunk, so that cutting and joining take part
    clips = [noise(int(seconds * rate), k) for k, seconds in enumerate((0.0, 0.01, 0.6, 1.99, 31.0))]
    for one, other in zip(ours.encode(clips, rate), theirs.encode(clips, rate), strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4 * max(1e-9, np.abs(other).max(initial=0)))


def test_without_torch(exported: Callable, tmp_path: Path) -> None:
    path, _ = exported("hubert")
    np.save(tmp_path / "heard.npy", noise(20_000))
    code = f"""
import sys, numpy as np
from earwitness import encoders
from earwitness.cli.main import main
heard = np.load({str(tmp_path / "heard.npy")!r})
encoder = encoders.load("tiny/model", weights={str(path)!r}, layers=2, threads=1)
np.save({str(tmp_path / "given.npy")!r}, encoder.encode([heard], 16_000)[0])
print(sorted({{"torch", "transformers", "onnx"}} & set(sys.modules)))
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
    expected = OnnxEncoder(path, layers=2, threads=1).encode([noise(20_000)], 16_000)[0]
    np.testing.assert_array_equal(np.load(tmp_path / "given.npy"), expected)


def test_the_file_says_what_it_is_and_no_more(exported: Callable, tiny_hub: Callable) -> None:
    path, _ = exported("wav2vec2")
    model = onnx.load(path)
    assert {entry.key for entry in model.metadata_props} == {"earwitness.encoder", "licence"}
    assert not any(node.doc_string or node.metadata_props for node in model.graph.node)
    assert str(Path(module_export.__file__).parent).encode() not in path.read_bytes()


def test_a_loaded_encoder_up_to_a_layer(tiny_hub: Callable, exported: Callable, tmp_path: Path) -> None:
    encoder = encoders.load("tiny/model", weights=tiny_hub("whisper").folder, layers=[1, 3], threads=1)
    parity = encoders.export(encoder, tmp_path / "low.onnx", layers=[1])
    assert parity.layers == (1,)
    assert parity.size < exported("whisper")[0].stat().st_size
    (low,) = OnnxEncoder(tmp_path / "low.onnx", threads=1).encode([noise(8000)], 16_000)
    np.testing.assert_allclose(low[0], encoder.encode([noise(8000)], 16_000)[0][0], atol=1e-4)


def test_a_stream_through_an_exported_file(exported: Callable) -> None:
    encoder = OnnxEncoder(exported("wav2vec2")[0], threads=1)
    recording = noise(31 * 16_000)
    stream = encoders.FrameStream(encoder)
    given = [*stream.push(recording[:200_000]), *stream.push(recording[200_000:]), *stream.finish()]
    np.testing.assert_array_equal(np.concatenate(given, axis=1), encoder.encode([recording])[0])


def test_a_file_that_differs_is_not_kept(
    tiny_hub: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = module_export.write_module

    def wrong(states: module_export.HiddenStates, path: Path, metadata: dict[str, str]) -> None:
        states.model.encoder.layer_norm.bias.data += 0.01
        written(states, path, metadata)

    monkeypatch.setattr(module_export, "write_module", wrong)
    (tmp_path / "out.onnx").write_bytes(b"an older file")
    with pytest.raises(BadInput, match="differs from torch"):
        encoders.export("t/m", tmp_path / "out.onnx", layers=[1], weights=tiny_hub("wav2vec2").folder)
    assert [file.name for file in tmp_path.iterdir()] == ["out.onnx"]
    assert (tmp_path / "out.onnx").read_bytes() == b"an older file"


def test_weights_beside_the_file(tiny_hub: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As torch writes models over 2 GB."""
    from torch.onnx._internal.exporter import _onnx_program

    monkeypatch.setattr(_onnx_program, "_LARGE_MODEL_THRESHOLD", 1000)
    encoders.export("t/m", tmp_path / "out.onnx", layers=[0], weights=tiny_hub("whisper").folder)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.onnx", "out.onnx.data"]
    assert OnnxEncoder(tmp_path / "out.onnx").encode([noise(3200)])[0].shape == (1, 10, 64)


def test_refusals(tiny_hub: Callable, exported: Callable, tmp_path: Path) -> None:
    out, folder = tmp_path / "out.onnx", tiny_hub("wav2vec2").folder
    path, _ = exported("hubert")
    for export, reason in (
        (lambda: encoders.export("ge2e", out), "cannot be exported to ONNX"),
        (lambda: encoders.export(OnnxEncoder(path), out), "is loaded without torch"),
        (
            lambda: encoders.export("t/m", out, layers=[9], weights=folder),
            r"has the layers 0 to 3, not \[9\]",
        ),
        (lambda: encoders.export("t/m", out, stored="fp16", weights=folder), "packaged Whisper alone"),
        (lambda: encoders.export("t/m", tmp_path / "no" / "x.onnx", weights=folder), "no such folder"),
        (lambda: encoders.export("whisper-base", out, layers=[2, 1]), "has the layers 0 to 6, in rising"),
        (lambda: encoders.load("t/m", weights=path), "holds tiny/model, not t/m"),
        (
            lambda: encoders.load("tiny/model", weights=path, normalise="peak"),
            "with normalise unit, not peak",
        ),
        (lambda: encoders.load("tiny/model", weights=path, layers=[1]), r"gives the layers \[0, 2\]"),
        (lambda: encoders.load("tiny/model", weights=path, precision="int8"), "runs in fp32 on cpu"),
        (lambda: OnnxEncoder(exported("clap")[0], layers=[1]), "gives one vector"),
    ):
        with pytest.raises(BadInput, match=reason):
            export()
    assert not list(tmp_path.iterdir())


def test_the_command(tiny_hub: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.onnx"
    options = [
        "--layers",
        "0",
        "1",
        "--weights",
        str(tiny_hub("whisper").folder),
        "--out",
        str(out),
        "--json",
    ]
    assert main(["encoders", "export", "tiny/model", *options]) == 0
    assert json.loads(capsys.readouterr().out)["layers"] == [0, 1]
    assert OnnxEncoder(out).layers == (0, 1)
    assert main(["encoders", "export", "ge2e", "--out", str(out)]) == 2
    assert "cannot be exported" in capsys.readouterr().err


def test_the_catalogue_says_which() -> None:
    assert CATALOGUE["wavlm-base"].exports
    assert CATALOGUE["whisper-base"].exports
    assert not CATALOGUE["ge2e"].exports
