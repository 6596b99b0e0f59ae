from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from earwitness import encoders
from earwitness.errors import BadInput


@pytest.fixture
def copied(tiny_hub: Callable, tmp_path: Path) -> Callable[[str], Path]:
    return lambda kind: Path(shutil.copytree(tiny_hub(kind).folder, tmp_path / kind))


def test_a_catalogued_name_and_its_id_on_the_hub(
    tiny_hub: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARWITNESS_WEIGHTS", str(tmp_path))
    shutil.copytree(tiny_hub("wavlm").folder, tmp_path / "microsoft" / "wavlm-base")
    assert encoders.load("wavlm-base", threads=1).name == "wavlm-base"
    assert encoders.load("microsoft/wavlm-base", threads=1).name == "wavlm-base"


def test_a_classifier_gives_its_encoder(tiny_hub: Callable, tmp_path: Path) -> None:
    """As the emotion-tuned models are published: the encoder below a head."""
    import transformers

    inner = tiny_hub("hubert").model
    whole = transformers.HubertForSequenceClassification(inner.config)
    whole.hubert.load_state_dict(inner.state_dict())
    whole.save_pretrained(tmp_path)
    ours, theirs = (
        encoders.load("tiny/model", weights=folder, threads=1).encode([torch.ones(800).numpy()], 16_000)[0]
        for folder in (tmp_path, tiny_hub("hubert").folder)
    )
    assert abs(ours - theirs).max() < 1e-6


@pytest.mark.parametrize("kind", ["wav2vec2", "whisper"])
def test_missing_weights(copied: Callable, kind: str) -> None:
    folder = copied(kind)
    weights = load_file(folder / "model.safetensors")
    gone = next(name for name in weights if "encoder.layers.1" in name and "weight" in name)
    save_file({n: v for n, v in weights.items() if n != gone}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(BadInput, match=r"do not fit config\.json|does not hold a Whisper encoder"):
        encoders.load("tiny/model", weights=folder)


@pytest.mark.parametrize("kind", ["wav2vec2", "whisper"])
def test_damaged_weights(copied: Callable, kind: str) -> None:
    folder = copied(kind)
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: len(content) // 2])
    with pytest.raises(BadInput, match=r"cannot load it|are damaged"):
        encoders.load("tiny/model", weights=folder)


def test_refusals(copied: Callable, tmp_path: Path) -> None:
    folder = copied("wav2vec2")
    for options, reason in (
        ({"layers": [4]}, r"has the layers 0 to 3, not \[4\]"),
        ({"layers": [1, 1]}, "has the layers"),
        ({"layers": []}, "has the layers"),
        ({"sha256": "0" * 64}, "expected 000"),
        ({"policy": "padded-30"}, "is Whisper's; use cropped"),
        ({"device": "cuda:9"}, "device cuda:9"),
    ):
        with pytest.raises(BadInput, match=reason):
            encoders.load("tiny/model", weights=folder, **options)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "bert"}))
    with pytest.raises(BadInput, match="of the type 'bert'; encoders are: audio-spectrogram-transformer"):
        encoders.load("tiny/model", weights=folder)


def test_settings_are_part_of_the_revision(tiny_hub: Callable) -> None:
    folder = tiny_hub("wav2vec2").folder
    raw, unit = (encoders.load("t/m", weights=folder, normalise=n).revision for n in ("none", "unit"))
    assert raw != unit
    assert encoders.load("t/m", weights=folder, normalise="processor").revision == unit
