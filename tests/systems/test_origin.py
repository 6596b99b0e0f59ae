from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from earwitness.errors import BadInput
from earwitness.systems.instrument_export import export_head, score_windows
from earwitness.systems.origin import RECIPE, Origin, OriginNetwork, OriginRecipe
from earwitness.systems.registry import SYSTEMS, system
from earwitness.task import DETECTION, Target, Task
from earwitness.training.data import Examples
from earwitness.training.loop import train
from earwitness.training.recipe import Optimiser, recipe_json
from earwitness.training.system import System

CLASSES = ("bona fide", "espeak", "world")
TASK = Task(targets=(DETECTION.targets[0], Target(column="origin", kind="class", classes=CLASSES)))
SHAPE = (2, 32)


def made(**settings: object) -> OriginRecipe:
    fields = {name: getattr(RECIPE, name) for name in RECIPE.__struct_fields__}
    return OriginRecipe(**{**fields, **settings})  # type: ignore[arg-type]


LEARNED = {
    "objective": "origin",
    "batch": 8, "epochs": 4, "narrow": 16, "optimiser": Optimiser(learning_rate=5e-3),
}  # fmt: skip
VARIANTS = {
    "experts": made(),
    "statistics": made(objective="origin", statistics=("mean", "deviation", "change-1", "change-4")),
    "attentive": made(pooling="attentive", **LEARNED),
    "nes2net": made(pooling="nes2net", **LEARNED),
    "one-class": made(**{**LEARNED, "pooling": "attentive", "objective": "one-class"}),
}


def windows(n: int = 48) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    origin = np.arange(n) % 3
    frames = rng.normal(0, 1, (n, *SHAPE[:1], 30, SHAPE[1])).astype(np.float32)
    frames[..., :6] += origin[:, None, None, None]
    mask = (rng.random((n, 30)) > 0.3).astype(np.float32)
    frames *= np.where(mask[:, None, :, None] > 0, 1, 50)  # what is not speech must not matter
    return frames, mask, origin


def trained(recipe: OriginRecipe) -> tuple[OriginNetwork, np.ndarray, np.ndarray, np.ndarray]:
    frames, mask, origin = windows()
    every = np.arange(len(origin))
    origin_system = Origin()
    torch.manual_seed(0)
    network = origin_system.build(recipe, {"frames": SHAPE}, TASK)
    readers = {"frames": lambda row: frames[row], "speech": lambda row: mask[row][:, None]}
    if recipe.pooling == "statistics":
        pooled = network.embed(torch.from_numpy(frames), torch.from_numpy(mask)).detach().numpy()
        readers = {"pooled": pooled.__getitem__}
    examples = Examples(
        ids=tuple(map(str, every)),
        readers=readers,
        targets={
            "origin": origin,
            "weight": np.ones(len(every), np.float32),
            "copied": (origin == 2).astype(int),
        },
        group=every,
    )
    origin_system.fit(network, examples, every)
    stages = origin_system.stages(recipe, every, examples)
    train(origin_system, network, stages, examples, np.zeros(0, int), recipe, seed=0)
    scores = origin_system.score(network, examples.batch(every))["label"]
    return network, frames, mask, scores


@pytest.mark.parametrize("name", VARIANTS)
def test_learns_and_exports_what_it_scores(name: str, tmp_path: Path) -> None:
    network, frames, mask, scores = trained(VARIANTS[name])
    real = np.arange(48) % 3 == 0
    assert scores[real].mean() > scores[~real].mean() + 0.2
    path = tmp_path / "head.onnx"
    sha256, difference = export_head(network, SHAPE, 30, path)
    assert len(sha256) == 64
    assert difference < 1e-4
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert {given.name for given in session.get_inputs()} == {"frames", "mask"}
    assert np.allclose(score_windows(session, frames, mask), scores, atol=1e-3)
    together = session.run(["score"], {"frames": frames, "mask": mask})[0]
    assert np.allclose(together, scores, atol=1e-3)
    assert not list(tmp_path.glob(".*"))


def test_one_engine_set_aside_changes_nothing_else() -> None:
    network, *_ = trained(VARIANTS["statistics"])
    again, *_ = trained(VARIANTS["statistics"])
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))


def test_scaler_sees_training_rows_only() -> None:
    recipe = VARIANTS["statistics"]
    values = np.random.default_rng(0).normal(size=(10, 2 * 32 * 4)).astype(np.float32)

    def scaler(held_back: float) -> np.ndarray:
        shifted = values.copy()
        shifted[6:] += held_back
        examples = Examples(
            ids=tuple("abcdefghij"),
            readers={"pooled": shifted.__getitem__},
            targets={"weight": np.ones(10, np.float32)},
            group=np.arange(10),
        )
        network = Origin().build(recipe, {"frames": SHAPE}, TASK)
        Origin().fit(network, examples, np.arange(6))
        return np.asarray(network.standardise.centre)

    assert (scaler(0.0) == scaler(100.0)).all()


def test_pool_means_over_groups() -> None:
    assert Origin().pool(np.array([1.0, 2.0, 6.0]), np.array([7, 3, 7])).tolist() == [2.0, 3.5]


def test_registry_keeps_the_contract() -> None:
    for name in SYSTEMS:
        found = system(name)
        if hasattr(found, "RECIPE"):
            assert isinstance(found, System)
            assert found.RECIPE.system == name
            assert recipe_json(found.RECIPE)
    with pytest.raises(BadInput, match="there are"):
        system("nothing")
