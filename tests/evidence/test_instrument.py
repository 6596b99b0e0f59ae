"""Instruments: strict manifests, checked heads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from earwitness.errors import BadInput
from earwitness.evidence.equipment import Equipment
from earwitness.evidence.instrument import Instrument
from earwitness.evidence.manifest import read_manifest, to_json

Make = Callable[..., Path]


def test_a_manifest_comes_back_as_it_was_written(instrument: Path) -> None:
    manifest, sha256 = read_manifest(instrument)
    content = (instrument / "manifest.json").read_bytes()
    assert to_json(manifest) == content
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert next(iter(json.loads(content))) == "schema"


def test_a_score_does_not_depend_on_its_neighbours(instrument: Path) -> None:
    loaded = Instrument(instrument)
    frames = np.random.default_rng(0).standard_normal((5, 3, 200, 512)).astype(np.float32)
    mask = np.ones((5, 200), np.float32)
    together = loaded.score(frames, mask)
    assert together.shape == (5,)
    assert [float(loaded.score(f[None], m[None])[0]) for f, m in zip(frames, mask, strict=True)] == list(
        together
    )


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("schema", "earwitness.instrument/2", "schema"),
        ("surprise", 1, "surprise"),
        ("window_seconds", -1, "window_seconds"),
        ("min_window_speech", 9.0, "longer than the window"),
        ("thresholds", {"spoof_below": 1.0, "bona_fide_above": 0.0}, "spoof_below"),
        ("head", {"file": "../head.onnx", "sha256": "0" * 64}, "head.file"),
        ("head", {"file": "head.onnx", "sha256": "0" * 64, "outputs": ["origin"]}, "score"),
    ],
)
def test_a_wrong_manifest_is_refused(
    make_instrument: Make, tmp_path: Path, field: str, value: object, word: str
) -> None:
    folder = make_instrument(tmp_path)
    written = json.loads((folder / "manifest.json").read_text())
    written[field] = value
    (folder / "manifest.json").write_text(json.dumps(written))
    with pytest.raises(BadInput, match="not a manifest") as caught:
        Instrument(folder)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_altered_or_missing_head_is_refused(make_instrument: Make, tmp_path: Path) -> None:
    folder = make_instrument(tmp_path)
    head = folder / "head.onnx"
    head.write_bytes(head.read_bytes() + b" ")
    with pytest.raises(BadInput, match="SHA-256 is"):
        Instrument(folder)
    head.unlink()
    with pytest.raises(BadInput, match="cannot be read"):
        Instrument(folder)
    with pytest.raises(BadInput, match="no instrument here"):
        Instrument(tmp_path / "nowhere")


def test_a_head_that_is_no_network_is_refused(make_instrument: Make, tmp_path: Path) -> None:
    folder = make_instrument(tmp_path)
    (folder / "head.onnx").write_bytes(b"nothing")
    written = json.loads((folder / "manifest.json").read_text())
    written["head"]["sha256"] = hashlib.sha256(b"nothing").hexdigest()
    (folder / "manifest.json").write_text(json.dumps(written))
    with pytest.raises(BadInput, match="not a usable ONNX file"):
        Instrument(folder)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"dimension": 256}, "not those"),
        ({"revision": "another"}, "trained on another"),
        ({"layers": [9]}, "9"),
    ],
)
def test_an_encoder_that_does_not_fit_is_refused(
    make_instrument: Make, tmp_path: Path, change: dict[str, object], word: str
) -> None:
    folder = make_instrument(tmp_path)
    written = json.loads((folder / "manifest.json").read_text())
    written["encoder"].update(change)
    (folder / "manifest.json").write_text(json.dumps(written))
    with pytest.raises(BadInput, match=word):
        Equipment(folder)
