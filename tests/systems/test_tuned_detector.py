"""LoRA through the same recipe as any other training of an encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model

from earwitness.systems.recipes import chosen_recipe
from earwitness.systems.tuned_detector import TunedDetector
from earwitness.training.data import Examples
from earwitness.training.loop import train

WAVES = 0.1 * np.random.default_rng(0).standard_normal((4, 4000, 1)).astype(np.float32)


@pytest.mark.parametrize(
    ("trains", "moves"), [("adapters", "lora_"), ("nothing", None), ("blocks", "layers")]
)
def test_what_is_said_to_be_trained_moves_and_nothing_else(
    tmp_path: Path, trains: str, moves: str | None
) -> None:
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        conv_dim=(16,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    Wav2Vec2Model(config).save_pretrained(tmp_path)
    settings = ["encoder=wav2vec2-base", f'weights="{tmp_path}"', "layers=[2]", f"trains={trains}", "rank=2"]
    settings += ['back_end_settings=["nest=[4,4]"]', "epochs=2", "batch=4", "patience=null", "validation=0"]
    recipe = chosen_recipe(TunedDetector(), None, [*settings, "average=1", "encoder_learning_rate=0.01"])
    examples = Examples(
        ids=tuple("abcd"), readers={"waveform": WAVES.__getitem__}, targets={"label": np.array([0, 1, 0, 1])},
        group=np.arange(4),
    )  # fmt: skip
    system = TunedDetector()
    module = system.build(recipe, {"waveform": (1,)})
    system.fit(module, examples, np.arange(4))
    before = {name: value.detach().clone() for name, value in module.named_parameters()}
    stages = system.stages(recipe, np.arange(4), examples)
    train(system, module, stages, examples, np.zeros(0, np.int64), recipe, seed=0)  # type: ignore[arg-type]
    moved = {name for name, value in module.named_parameters() if not torch.equal(value, before[name])}
    front = {name for name in moved if name.startswith("front.")}
    assert any(name.startswith("body.") for name in moved)
    assert bool(front) == (moves is not None)
    assert moves is None or any(moves in name for name in front)
    if trains == "adapters":
        assert all("lora_" in name for name in front)
    assert not any("feature_extractor" in name for name in front)
