"""Neural codecs at tiny random configurations of the very classes, through folders as the hub has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from earwitness.audio.recording import Recording
from earwitness.errors import BadInput
from earwitness.making.neural_codec import NeuralCodec

SIZES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "encodec": (
        transformers.EncodecConfig, transformers.EncodecModel,
        {"num_filters": 4, "hidden_size": 16, "codebook_dim": 16, "codebook_size": 64,
         "target_bandwidths": [0.9, 1.8], "num_lstm_layers": 1},
    ),
    "dac": (
        transformers.DacConfig, transformers.DacModel,
        {"encoder_hidden_size": 4, "decoder_hidden_size": 64, "n_codebooks": 4, "codebook_size": 64},
    ),
    "mimi": (
        transformers.MimiConfig, transformers.MimiModel,
        {"num_filters": 4, "hidden_size": 32, "codebook_dim": 16, "vector_quantization_hidden_dimension": 16,
         "codebook_size": 64, "num_quantizers": 4, "upsample_groups": 32, "num_hidden_layers": 1,
         "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16},
    ),
}  # fmt: skip
EXACT = {"encodec": (4, 75.0, 24_000), "dac": (4, 16_000 / 512, 16_000), "mimi": (4, 12.5, 24_000)}


@pytest.fixture(scope="module", params=sorted(SIZES))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    config, model, changes = SIZES[request.param]
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("codecs") / str(request.param)
    made = model(config(**changes)).eval()
    for name, values in made.named_buffers():
        if name.endswith(
            ("embed", "embed_sum")
        ):  # codebooks begin at zero, where all quantizers say the same
            values.normal_()
    made.save_pretrained(path, safe_serialization=True)
    return path


def voice(seconds: float = 0.7) -> Recording:
    t = np.arange(int(seconds * 22_050)) / 22_050
    return Recording.of((0.2 * np.sin(2 * np.pi * 150 * t)).astype(np.float32), 22_050)


def test_labels_are_exact_and_the_round_trip_keeps_length(folder: Path) -> None:
    most, frames, rate = EXACT[folder.name]
    codec = NeuralCodec(folder)
    assert (codec.most, codec.sample_rate) == (most, rate)
    assert codec.frame_rate == pytest.approx(frames)
    assert codec.bit_rate == round(most * 6 * frames)
    made = codec.make(voice())
    assert made.sample_rate == rate
    assert abs(len(made.samples) - 0.7 * rate) <= 1
    assert np.isfinite(made.samples).all()
    assert made.provenance.settings == {"quantizers": most, "bit_rate": codec.bit_rate}
    assert made.provenance.family == f"codec-{folder.name}"


def test_fewer_quantizers_are_another_recording_at_less(folder: Path) -> None:
    one, all_of_them = NeuralCodec(folder, 1), NeuralCodec(folder)
    assert one.bit_rate == pytest.approx(all_of_them.bit_rate / 4, abs=1)
    first = one.make(voice()).samples
    assert np.array_equal(first, NeuralCodec(folder, 1).make(voice()).samples)
    assert not np.array_equal(first, all_of_them.make(voice()).samples)
    for wrong in (0, 5):
        with pytest.raises(BadInput, match="1 to 4 quantizers"):
            NeuralCodec(folder, wrong)
    with pytest.raises(BadInput, match="needs a recording"):
        one.make("text")


def test_folders_that_are_no_codec(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no config\.json"):
        NeuralCodec(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "whisper"}')
    with pytest.raises(BadInput, match="kind 'whisper'"):
        NeuralCodec(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "dac"}')
    with pytest.raises(BadInput, match="cannot be loaded"):
        NeuralCodec(tmp_path)
