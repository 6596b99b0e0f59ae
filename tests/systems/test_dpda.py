"""DPDA: several paths through one network, from the waveform, on the real classes at a tiny size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model

from earwitness.errors import BadInput
from earwitness.systems.dpda import PUBLISHED, RECIPE, Dpda, align, coefficients
from earwitness.systems.recipes import chosen_recipe
from earwitness.systems.tuned_detector import TunedDetector, learning_rates
from earwitness.training.changing import Changing
from earwitness.training.data import Examples
from earwitness.training.loop import train
from earwitness.training.randomness import Moment

SMALL = (
    "encoder=wav2vec2-base", "layers=[1,2]", "sum=weighted", "batch=4", "epochs=2", "patience=null",
    "validation=0", 'back_end_settings=["nest=[4,4]"]',
)  # fmt: skip
RNG = np.random.default_rng(0)
CLIPS = [(0.1 * RNG.standard_normal((n, 1))).astype(np.float32) for n in (3_000, 4_000, 2_500, 5_000)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("wav2vec2")
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=48,
        conv_dim=(16,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
        do_stable_layer_norm=True, feat_extract_norm="layer",
    )  # fmt: skip
    Wav2Vec2Model(config).save_pretrained(path)
    return str(path)


def recipe(folder: str, *settings: str, system: Any = None) -> Any:
    return chosen_recipe(system or Dpda(), None, [*SMALL, f'weights="{folder}"', *settings])


def examples(settings: Any, length: int = 4_000) -> Examples:
    view = msgspec.structs.replace(settings.views[0], length=length)
    return Examples(
        ids=tuple("abcd"), readers={"waveform": CLIPS.__getitem__}, targets={"label": np.arange(4) % 2},
        group=np.arange(4), changes={"waveform": Changing(view)},
    )  # fmt: skip


def built(settings: Any, seen: Examples, system: Any = None) -> Any:
    torch.manual_seed(1)
    module = (system or Dpda()).build(settings, {})
    (system or Dpda()).fit(module, seen, np.arange(4))
    return module


def test_the_published_settings() -> None:
    view = PUBLISHED.views[0]
    assert (view.length, view.short, view.copies, view.augment.algorithm) == (66_800, "repeat", 1, 4)
    assert (PUBLISHED.batch, PUBLISHED.patience, PUBLISHED.average) == (5, 7, 5)
    assert PUBLISHED.class_weights == (0.1, 0.9)
    assert PUBLISHED.step.method == "pcgrad"


def test_the_names_of_the_alignment() -> None:
    assert align(torch.tensor([[1.0, 0.0], [-1.0, 1.0]])).tolist() == [0.25, 0.75]
    weights, _ = coefficients(torch.eye(2), "pcgrad", None)
    assert weights.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("copies", [1, 2])
def test_every_copy_is_a_path(folder: str, copies: int) -> None:
    settings = recipe(folder, f"views.0.copies={copies}")
    seen = examples(settings)
    module = built(settings, seen).eval()
    batch = seen.batch(np.arange(4), Moment(seed=0, epoch=0))
    losses = Dpda().losses(module, batch, None)  # type: ignore[arg-type]
    assert len(losses) == 1 + copies
    assert next(iter(losses)) == "clean"
    values = {name: path["bce"].item() for name, path in losses.items()}
    assert len(set(values.values())) == 1 + copies
    clean = seen.batch(np.arange(4))
    alone = Dpda().losses(module, clean, None)["clean"]["bce"]  # type: ignore[arg-type]
    assert values["clean"] == pytest.approx(alone.item(), rel=1e-4)


def test_joint_and_single_passes_agree_where_nothing_couples_the_batch(folder: str) -> None:
    joint, single = recipe(folder, "joint=true"), recipe(folder, "joint=false")
    seen = examples(joint)
    batch = seen.batch(np.arange(4), Moment(seed=0, epoch=0))
    one, other = built(joint, seen).eval(), built(single, seen).eval()
    found = [Dpda().losses(module, batch, None) for module in (one, other)]  # type: ignore[arg-type]
    for name in found[0]:
        torch.testing.assert_close(found[0][name]["bce"], found[1][name]["bce"], atol=1e-5, rtol=1e-4)


def test_a_training_moves_encoder_and_back_end_and_tells_conflicts(folder: str) -> None:
    settings = recipe(folder)
    seen = examples(settings)
    module = built(settings, seen)
    before = {name: value.clone() for name, value in module.named_parameters()}
    stages = Dpda().stages(settings, np.arange(4), seen)
    trained = train(Dpda(), module, stages, seen, np.zeros(0, np.int64), settings, seed=0)
    moved = {name for name, value in module.named_parameters() if not torch.equal(value, before[name])}
    assert any(name.startswith("front.") for name in moved)
    assert any(name.startswith("body.") for name in moved)
    assert {"conflict", "cosine encoder", "cosine back end", "loss augmented", "norm clean"} <= set(
        trained.curves[0]
    )
    with torch.no_grad():
        scores = Dpda().score(module, seen.batch(np.arange(4)))["label"]
    assert scores.shape == (4,)


def test_a_frozen_encoder_stays_as_it_is(folder: str) -> None:
    settings = recipe(folder, "trains=nothing", system=TunedDetector())
    seen = examples(settings)
    module = built(settings, seen, TunedDetector())
    before = [value.clone() for value in module.front.parameters()]
    stages = TunedDetector().stages(settings, np.arange(4), seen)
    train(TunedDetector(), module, stages, seen, np.zeros(0, np.int64), settings, seed=0)
    module.train()
    assert not module.front.training
    assert all(torch.equal(a, b) for a, b in zip(before, module.front.parameters(), strict=True))


def test_learning_rates_fall_with_depth() -> None:
    settings = msgspec.structs.replace(RECIPE, layers=(3,), layer_decay=0.5, encoder_learning_rate=8.0)
    assert [group.learning_rate for group in learning_rates(settings)] == [2.0, 4.0, 8.0, 1.0]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (("layers=[9]",), "layer"),
        (("back_end=dpda",), "no detector over frames"),
        (("back_end=nothing",), "no such system"),
        (("views.0.copies=0",), "at least one augmented copy"),
        (('weights="nowhere"',), "nowhere"),
        (("back_end=mhfa", "back_end_settings=[]"), "mhfa: reads every layer: set sum=every"),
        (("sum=every",), "nes2net: reads one layer"),
    ],
)
def test_what_does_not_fit_is_refused(folder: str, settings: tuple[str, ...], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        Dpda().build(recipe(folder, *settings), {})


def test_whisper_needs_its_packages(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no weights|is not"):
        Dpda().build(chosen_recipe(Dpda(), None, [f'weights="{tmp_path}"']), {})
