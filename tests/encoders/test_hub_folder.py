from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.encoders.catalogue import entry
from earwitness.encoders.hub_folder import check, find
from earwitness.errors import BadInput


@pytest.fixture
def folder(tiny_hub: Callable, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_hub("wav2vec2").folder, tmp_path / "model"))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_whole_folder(folder: Path) -> None:
    checked = check(folder)
    assert checked.model_type == "wav2vec2"
    assert checked.processor["do_normalize"] is True
    assert checked.sha256 == sha256(folder / "model.safetensors")
    assert check(folder, sha256=checked.sha256) == checked


def test_a_wrong_hash_is_refused(folder: Path) -> None:
    with pytest.raises(BadInput, match=r"SHA-256 of the weights is \w{64}, expected 00"):
        check(folder, sha256="00")


def test_the_record_of_a_download_is_held_to(folder: Path) -> None:
    record = folder / ".cache" / "huggingface" / "download" / "model.safetensors.metadata"
    record.parent.mkdir(parents=True)
    record.write_text(f"{'a' * 40}\n{sha256(folder / 'model.safetensors')}\n1700000000.0\n")
    check(folder)
    record.write_text(f"{'a' * 40}\n{'b' * 64}\n1700000000.0\n")
    with pytest.raises(BadInput, match="the hub said bbb"):
        check(folder)


def test_the_hubs_cache(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As huggingface_hub lays it out: a link to a blob that is named by its hash."""
    cache = tmp_path / "cache" / "models--facebook--wav2vec2-base"
    snapshot, blobs = cache / "snapshots" / ("c" * 40), cache / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("c" * 40)
    shutil.copy(folder / "config.json", snapshot)
    blob = blobs / sha256(folder / "model.safetensors")
    shutil.copy(folder / "model.safetensors", blob)
    (snapshot / "model.safetensors").symlink_to(blob)
    monkeypatch.delenv("EARWITNESS_WEIGHTS", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    found = find(entry("wav2vec2-base"))
    assert found == find(entry("wav2vec2-base"), cache) == snapshot
    check(found)
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    with pytest.raises(BadInput, match="the hub said"):
        check(found)


@pytest.mark.parametrize("name", ["facebook/wav2vec2-base", "facebook--wav2vec2-base", "wav2vec2-base"])
def test_the_folder_of_weights(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("EARWITNESS_WEIGHTS", str(tmp_path / "all"))
    shutil.copytree(folder, tmp_path / "all" / name)
    assert find(entry("wav2vec2-base")) == tmp_path / "all" / name


def test_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EARWITNESS_WEIGHTS", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(BadInput, match="get them with: earwitness encoders get wavlm-large"):
        find(entry("wavlm-large"))
    with pytest.raises(BadInput, match="earwitness encoders get some/model"):
        find(entry("some/model"))
    with pytest.raises(BadInput, match="no such folder"):
        find(entry("wavlm-large"), tmp_path / "nothing")


def test_a_pickle_is_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(BadInput, match=r"holds no model\.safetensors"):
        check(folder)
    (folder / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(BadInput, match=r"pytorch_model\.bin is a pickle.*earwitness encoders convert"):
        check(folder)
    with pytest.raises(BadInput, match="is a pickle"):
        find(entry("wavlm-large"), folder / "pytorch_model.bin")


def test_code_of_its_own_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "modeling.Model"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(BadInput, match="wants code of its own"):
        check(folder)


def test_missing_files(folder: Path) -> None:
    (folder / "config.json").write_text("[")
    with pytest.raises(BadInput, match="not a JSON object"):
        check(folder)
    (folder / "config.json").unlink()
    with pytest.raises(BadInput, match=r"holds no config\.json"):
        check(folder)


def test_weights_in_several_files(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    index = folder / "model.safetensors.index.json"
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    index.write_text(json.dumps({"weight_map": {"a": names[0], "b": names[1]}}))
    with pytest.raises(BadInput, match="is missing, though"):
        check(folder)
    shutil.copy(folder / names[0], folder / names[1])
    assert len(check(folder).sha256) == 64
    index.write_text(json.dumps({"weight_map": {"a": "../model.safetensors"}}))
    with pytest.raises(BadInput, match="names no weight files beside it"):
        check(folder)
