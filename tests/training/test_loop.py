from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from earwitness.errors import BadInput
from earwitness.training.checkpoint import load_tensors
from earwitness.training.data import Batch, Examples, collate, hold_back
from earwitness.training.loop import train
from earwitness.training.recipe import Optimiser, Recipe, View
from earwitness.training.stage import ParameterGroup, Stage, whole_groups

RECIPE = Recipe(
    system="toy",
    views=(View(encoder="toy"),),
    batch=4,
    epochs=5,
    patience=3,
    optimiser=Optimiser(learning_rate=0.05),
)
LENGTHS = np.random.default_rng(0).integers(3, 9, 24)
FRAMES = [
    np.random.default_rng(i).normal(i % 2, 1.0, (n, 3)).astype(np.float32) for i, n in enumerate(LENGTHS)
]
EXAMPLES = Examples(
    ids=tuple(f"clip{i}" for i in range(24)),
    readers={"frames": lambda row: FRAMES[row]},
    targets={"label": np.arange(24) % 2},
    group=np.arange(24) // 2,
)


class Toy:
    """Mean over time, dropout, one linear layer."""

    def build(self) -> torch.nn.Module:
        torch.manual_seed(7)
        return torch.nn.Sequential(torch.nn.Dropout(0.2), torch.nn.Linear(3, 1))

    def losses(self, module: torch.nn.Module, batch: Batch, stage: Stage) -> Any:
        values, lengths = batch.views["frames"]
        mean = (values * batch.mask("frames")[..., None]).sum(1) / lengths[:, None]
        logit = module(mean).squeeze(-1)
        target = batch.targets["label"].float()
        return {"clean": {"bce": torch.nn.functional.binary_cross_entropy_with_logits(logit, target)}}


def run(recipe: Recipe = RECIPE, stages: list[Stage] | None = None, **settings: Any) -> Any:
    rows, held = hold_back(np.arange(24), EXAMPLES.group, 0.25, np.random.default_rng(0))
    toy = Toy()
    stages = stages or [
        Stage(name="head", rows=rows, epochs=2, trainable="bias"),
        Stage(name="all", rows=rows, epochs=recipe.epochs),
    ]
    return train(toy, toy.build(), stages, EXAMPLES, held, recipe, seed=3, **settings)  # type: ignore[arg-type]


def weights(trained: Any) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in trained.module.state_dict().items()}


def test_same_seed_same_weights() -> None:
    first, second = run(), run()
    assert first.curves == second.curves
    assert all((value == weights(second)[name]).all() for name, value in weights(first).items())


@pytest.mark.parametrize("killed_after", [1, 2, 3, 5])
def test_killed_training_ends_the_same(tmp_path: Path, killed_after: int) -> None:
    whole = run()
    epochs = 0

    def kill(*_: object) -> None:
        nonlocal epochs
        epochs += 1
        if epochs > killed_after:  # killed before this epoch's checkpoint is written
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(checkpoint=tmp_path / "checkpoint.safetensors", progress=kill)
    resumed = run(checkpoint=tmp_path / "checkpoint.safetensors")
    assert resumed.curves == whole.curves
    assert resumed.best == whole.best
    assert all((value == weights(resumed)[name]).all() for name, value in weights(whole).items())


def test_frozen_parameters_stay() -> None:
    start = Toy().build().state_dict()
    rows, _ = hold_back(np.arange(24), EXAMPLES.group, 0.25, np.random.default_rng(0))
    trained = run(stages=[Stage(name="head", rows=rows, epochs=3, trainable="bias")])
    assert (weights(trained)["1.weight"] == start["1.weight"].numpy()).all()
    assert (weights(trained)["1.bias"] != start["1.bias"].numpy()).all()


def test_refuses_rows_on_both_sides_and_foreign_checkpoints(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="validates on rows"):
        run(stages=[Stage(name="all", rows=np.arange(24), epochs=1)])
    path = tmp_path / "checkpoint.safetensors"
    run(checkpoint=path)
    with pytest.raises(BadInput, match="another recipe"):
        run(Recipe(system="toy", views=RECIPE.views, batch=8), checkpoint=path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BadInput, match="not a checkpoint"):
        load_tensors(path)


def test_average_of_the_best_epochs() -> None:
    averaged = run(Recipe(system="toy", views=RECIPE.views, batch=4, epochs=4, average=3))
    single = run(Recipe(system="toy", views=RECIPE.views, batch=4, epochs=4, average=1))
    assert (weights(averaged)["1.weight"] != weights(single)["1.weight"]).any()


def test_a_diverging_training_says_so() -> None:
    recipe = Recipe(
        system="toy", views=RECIPE.views, optimiser=Optimiser(name="sgd", learning_rate=1e38), epochs=50
    )
    with pytest.raises(BadInput, match="learning rate"):
        run(recipe)


def test_parameter_groups() -> None:
    module = Toy().build()
    stage = Stage(
        name="all",
        rows=np.arange(2),
        epochs=1,
        parameter_groups=(ParameterGroup(pattern="bias", learning_rate=1e-3),),
    )
    groups = stage.optimiser_groups(list(module.named_parameters()), 0.5, 0.0)
    assert [group["lr"] for group in groups] == [1e-3, 0.5]
    with pytest.raises(BadInput, match="nothing is trainable"):
        Stage(name="x", rows=np.arange(2), epochs=1, trainable="none").optimiser_groups(
            list(module.named_parameters()), 0.5, 0.0
        )


def test_whole_groups_are_never_torn() -> None:
    groups = np.repeat(np.arange(10), 3)
    batches = whole_groups(np.arange(30), groups, 7, np.random.default_rng(0))
    assert sorted(np.concatenate(batches).tolist()) == list(range(30))
    homes = [set(groups[batch]) for batch in batches]
    assert all(not a & b for i, a in enumerate(homes) for b in homes[:i])
    assert max(map(len, batches)) <= 7


def test_padding_is_masked_and_hash_sees_labels() -> None:
    values, lengths = collate([np.ones((2, 4, 3)), np.ones((2, 6, 3))])
    assert tuple(values.shape) == (2, 2, 6, 3)
    assert float(values[0, :, 4:].abs().sum()) == 0
    assert EXAMPLES.batch(np.array([0, 1])).mask("frames").sum().item() == LENGTHS[:2].sum()
    other = Examples(
        ids=EXAMPLES.ids,
        readers=EXAMPLES.readers,
        targets={"label": 1 - EXAMPLES.targets["label"]},
        group=EXAMPLES.group,
    )
    assert lengths.tolist() == [4, 6]
    assert other.hash(np.arange(3)) != EXAMPLES.hash(np.arange(3))
