"""A Whisper of 64 channels and two blocks with random weights, in every form it can come in."""

from __future__ import annotations

import functools
import hashlib
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

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
        licence="Apache-2.0", loader="earwitness.encoders.whisper_packaged:load_whisper", summary="",
        weights=weights,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(catalogue.CATALOGUE, entry.name, entry)
        export(entry.name, folder / "tiny.onnx", layers=[0, 1, 2], weights=folder)
    return folder / "tiny.onnx"


@pytest.fixture
def tiny(tiny_onnx: Path) -> OnnxEncoder:
    return OnnxEncoder(tiny_onnx, threads=1)


_TINY = {
    "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64,
}  # fmt: skip
_CONVOLUTIONS = {
    "conv_dim": (16,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4,
}  # fmt: skip
_STABLE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
KINDS = {
    "wav2vec2": ("Wav2Vec2Model", "Wav2Vec2Config", _TINY | _CONVOLUTIONS, "Wav2Vec2FeatureExtractor"),
    "xls-r": ("Wav2Vec2Model", "Wav2Vec2Config", _TINY | _CONVOLUTIONS | _STABLE, "Wav2Vec2FeatureExtractor"),
    "hubert": ("HubertModel", "HubertConfig", _TINY | _CONVOLUTIONS, "Wav2Vec2FeatureExtractor"),
    "wavlm": ("WavLMModel", "WavLMConfig", _TINY | _CONVOLUTIONS, "Wav2Vec2FeatureExtractor"),
    "wavlm-large": (
        "WavLMModel", "WavLMConfig", _TINY | _CONVOLUTIONS | _STABLE, "Wav2Vec2FeatureExtractor",
    ),
    "unispeech": (
        "UniSpeechModel", "UniSpeechConfig", _TINY | _CONVOLUTIONS, "Wav2Vec2FeatureExtractor",
    ),
    "unispeech-sat": (
        "UniSpeechSatModel", "UniSpeechSatConfig", _TINY | _CONVOLUTIONS, "Wav2Vec2FeatureExtractor",
    ),
    "w2v-bert": ("Wav2Vec2BertModel", "Wav2Vec2BertConfig", _TINY, "SeamlessM4TFeatureExtractor"),
    "ast": (
        "ASTModel", "ASTConfig", _TINY | {"frequency_stride": 14, "time_stride": 14, "max_length": 256},
        "ASTFeatureExtractor",
    ),
    "clap": (
        "ClapAudioModelWithProjection",
        "ClapAudioConfig",
        {
            "patch_embeds_hidden_size": 8, "hidden_size": 64, "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 1, 2, 2], "projection_dim": 16, "num_hidden_layers": 4,
        },
        "ClapFeatureExtractor",
    ),
    "whisper": (
        "WhisperModel",
        "WhisperConfig",
        {
            "d_model": 64, "encoder_layers": 3, "encoder_attention_heads": 2, "encoder_ffn_dim": 256,
            "decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 64, "vocab_size": 100,
            "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1,
        },
        "WhisperFeatureExtractor",
    ),
}  # fmt: skip
"""Name -> transformers' class, its configuration, a tiny setting of it and its feature extractor."""


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Every class of the family in turn."""
    return request.param


@pytest.fixture(scope="session", params=[kind for kind in KINDS if kind != "clap"])
def deep(request: pytest.FixtureRequest) -> str:
    """Every class that has layers to choose from."""
    return request.param


class Tiny(NamedTuple):
    """A model of transformers with random weights, and the folder it was saved to."""

    model: Any
    folder: Path
    extractor: Any


@pytest.fixture(scope="session")
def tiny_hub(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Tiny]:
    """Kind -> a model in the hub's exact layout; each is made once."""
    import torch
    import transformers
    from transformers.utils import logging

    root = tmp_path_factory.mktemp("hub")
    logging.disable_progress_bar()

    @functools.cache
    def make(kind: str) -> Tiny:
        model, config, settings, extractor = KINDS[kind]
        with torch.random.fork_rng():
            torch.manual_seed(1)
            made = getattr(transformers, model)(getattr(transformers, config)(**settings)).eval()
            for parameter in made.parameters():  # norms that do nothing would hide mistakes
                parameter.data += 0.02 * torch.randn_like(parameter)
        with warnings.catch_warnings():  # AST's lowest filters are empty, as published
            warnings.simplefilter("ignore")
            own = {"max_length": settings["max_length"]} if "max_length" in settings else {}
            extracted = getattr(transformers, extractor)(**own)
        made.save_pretrained(root / kind)
        extracted.save_pretrained(root / kind)
        return Tiny(made, root / kind, extracted)

    return make
