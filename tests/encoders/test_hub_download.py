from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from earwitness import encoders
from earwitness.encoders.catalogue import entry
from earwitness.encoders.hub_download import convert, get
from earwitness.errors import BadInput


def test_a_pickle_of_tensors_is_converted_once(tiny_hub: Callable, tmp_path: Path) -> None:
    model, source, _ = tiny_hub("hubert")
    folder = Path(shutil.copytree(source, tmp_path / "model"))
    (folder / "model.safetensors").unlink()
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    assert convert(folder) == folder / "model.safetensors"
    ours, theirs = (
        encoders.load("tiny/model", weights=path, threads=1).encode([torch.ones(800).numpy()], 16_000)[0]
        for path in (folder, source)
    )
    assert abs(ours - theirs).max() < 1e-6


def test_a_pickle_of_anything_else_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no pytorch_model"):
        convert(tmp_path)
    torch.save({"a": Path("x")}, tmp_path / "pytorch_model.bin")
    with pytest.raises(BadInput, match="not a pickle of tensors alone"):
        convert(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["pytorch_model.bin"]


def test_without_a_network_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(BadInput, match="cannot be got from the hub") as refusal:
        get(entry("wavlm-base"), tmp_path)
    assert "\n" not in str(refusal.value)
    with pytest.raises(BadInput, match="is not on the hub"):
        get(entry("log-mel"), tmp_path)


def test_what_is_not_in_transformers_layout_is_got_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    asked = []

    def download(repo_id: str, revision: str, local_dir: Path, allow_patterns: list[str]) -> None:
        asked.append((repo_id, allow_patterns))
        local_dir.mkdir(parents=True)
        (local_dir / "hyperparams.yaml").write_text("x")
        if "xvect" in repo_id:
            (local_dir / "embedding_model.ckpt").write_bytes(b"x")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    path = get(entry("x-vector"), tmp_path)
    assert path == tmp_path / "speechbrain--spkrec-xvect-voxceleb"
    assert asked == [("speechbrain/spkrec-xvect-voxceleb", ["embedding_model.ckpt", "hyperparams.yaml"])]
    with pytest.raises(BadInput, match=r"holds no wav2vec2.ckpt on the hub"):
        get(entry("wav2vec2-base-emotion"), tmp_path)
