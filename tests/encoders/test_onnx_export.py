from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import WhisperConfig, WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder as Reference

from earwitness.encoders import onnx_export as exporting
from earwitness.encoders.catalogue import Entry
from earwitness.encoders.log_mel import log_mel
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.onnx_export import export
from earwitness.encoders.whisper_graph import whisper_graph
from earwitness.encoders.whisper_names import PREFIX
from earwitness.encoders.whisper_torch import WhisperEncoder, torch_frames
from earwitness.errors import BadInput

THEIRS = {
    "attention_norm": "self_attn_layer_norm",
    "attention_out": "self_attn.out_proj",
    "feed_norm": "final_layer_norm",
    "feed_in": "fc1",
    "feed_out": "fc2",
}


def reference(arrays: dict[str, np.ndarray], frames: int) -> Reference:
    """Our weights in transformers' module."""
    config = WhisperConfig(
        d_model=64,
        encoder_layers=2,
        encoder_attention_heads=1,
        encoder_ffn_dim=256,
        max_source_positions=frames,
    )
    ours = WhisperEncoder.from_ctranslate2(arrays).state_dict()
    state = {}
    for name, value in ours.items():
        if name == "positions":
            state["embed_positions.weight"] = value[:frames]
        elif name.startswith("conv"):
            state[name] = value
        elif name.startswith("last_norm"):
            state[name.replace("last_norm", "layer_norm")] = value
        else:
            _, k, part, kind = name.split(".")
            if part == "attention_in":
                for piece, letter in zip(value.chunk(3), "qkv", strict=True):
                    state[f"layers.{k}.self_attn.{letter}_proj.{kind}"] = piece
            else:
                state[f"layers.{k}.{THEIRS[part]}.{kind}"] = value
    for k in range(2):  # Whisper's keys have no bias
        assert not state.pop(f"layers.{k}.self_attn.k_proj.bias").any()
    module = Reference(config).eval()
    module.load_state_dict(state)
    return module


def test_torch_agrees_with_transformers(tiny_arrays: dict[str, np.ndarray]) -> None:
    arrays = dict(tiny_arrays)
    for k in range(2):
        name = f"{PREFIX}layer_{k}/self_attention/linear_0/bias"
        arrays[name] = arrays[name].copy()
        arrays[name][64:128] = 0
    mel = log_mel((0.1 * np.random.default_rng(0).standard_normal(16_000)).astype(np.float32))
    with torch.no_grad():
        given = reference(arrays, 50)(torch.from_numpy(mel[None]), output_hidden_states=True)
        ours = WhisperEncoder.from_ctranslate2(arrays)(torch.from_numpy(mel[None]))[0]
    theirs = torch.cat(given.hidden_states)
    # transformers normalises the state after the last block, and so do we.
    assert (ours - theirs).abs().max() < 1e-5


@pytest.mark.parametrize("stored", ["fp16", "fp32"])
@pytest.mark.parametrize("layers", [[0], [1], [0, 2]])
def test_onnx_agrees_with_torch(
    tiny_entry: Entry, tiny_arrays: dict[str, np.ndarray], tmp_path: Path, stored: str, layers: list[int]
) -> None:
    path = tmp_path / "out.onnx"
    parity = export(
        tiny_entry.name, path, layers=layers, stored=stored, weights=tmp_path / "weights", longest=750
    )  # type: ignore[arg-type]
    assert max(parity.relative) < 1e-5
    assert parity.size == path.stat().st_size
    samples = (0.1 * np.random.default_rng(1).standard_normal(8_000)).astype(np.float32)
    found = OnnxEncoder(path, threads=1).encode_chunk(samples)
    np.testing.assert_allclose(found, torch_frames(tiny_arrays, log_mel(samples), layers), atol=1e-4)


def test_blocks_after_the_last_layer_are_left_out(tiny_arrays: dict[str, np.ndarray]) -> None:
    sizes = [len(whisper_graph(tiny_arrays, [layer])) for layer in range(3)]
    block = 2 * 12 * 64 * 64  # bytes of its matrices in half precision
    assert sizes[1] - sizes[0] > block
    assert sizes[2] - sizes[1] > block


@pytest.mark.parametrize("layers", [[], [3], [-1], [2, 1], [1, 1]])
def test_layers_that_are_not_there(tiny_arrays: dict[str, np.ndarray], layers: list[int]) -> None:
    with pytest.raises(ValueError, match="layers must rise"):
        whisper_graph(tiny_arrays, layers)


def test_a_file_that_differs_is_not_kept(
    tiny_entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "TOLERANCE", 0.0)
    with pytest.raises(BadInput, match="differs from torch"):
        export(tiny_entry.name, tmp_path / "out.onnx", layers=[2], weights=tmp_path / "weights")
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]


def test_a_missing_variable_is_named(tiny_arrays: dict[str, np.ndarray]) -> None:
    arrays = {name: value for name, value in tiny_arrays.items() if "layer_1/ffn/linear_0/bias" not in name}
    with pytest.raises(BadInput, match="layer_1/ffn/linear_0/bias has the shape None"):
        whisper_graph(arrays, [0])
    with pytest.raises(BadInput, match="holds no Whisper encoder"):
        WhisperEncoder.from_ctranslate2({})


def test_padded_to_30_s_is_what_transformers_gives(
    tiny_arrays: dict[str, np.ndarray], tiny_file: bytes, tiny_entry: Entry, tmp_path: Path
) -> None:
    arrays = dict(tiny_arrays)
    for k in range(2):  # transformers' keys have no bias
        name = f"{PREFIX}layer_{k}/self_attention/linear_0/bias"
        arrays[name] = arrays[name].copy()
        arrays[name][64:128] = 0
    session = OnnxEncoder(_exported(tiny_entry, tmp_path), threads=1)._session
    metadata = session.get_modelmeta().custom_metadata_map
    (tmp_path / "out.onnx").write_bytes(whisper_graph(arrays, [0, 1, 2], metadata=metadata))
    encoder = OnnxEncoder(tmp_path / "out.onnx", threads=1, policy="padded-30")
    samples = (0.1 * np.random.default_rng(1).standard_normal(20_000)).astype(np.float32)
    heard = WhisperFeatureExtractor()(samples, sampling_rate=16_000, return_tensors="pt").input_features
    with torch.no_grad():
        theirs = torch.cat(reference(arrays, 1500)(heard, output_hidden_states=True).hidden_states)
    (ours,) = encoder.encode([samples])
    assert encoder.policy == "padded-30"
    assert ours.shape == (3, 62, 64)
    np.testing.assert_allclose(ours, theirs[:, :62].numpy(), atol=1e-3)


def _exported(entry: Entry, folder: Path) -> Path:
    export(entry.name, folder / "first.onnx", weights=folder / "weights")
    return folder / "first.onnx"
