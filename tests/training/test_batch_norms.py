"""Averaged weights and BatchNorm, and the end of a training that no longer gets better."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from earwitness.training.data import Batch, Examples
from earwitness.training.loop import train
from earwitness.training.recipe import Optimiser, Recipe, View
from earwitness.training.stage import Stage

ROWS = np.random.default_rng(0).normal(3.0, 2.0, (20, 4)).astype(np.float32)
EXAMPLES = Examples(
    ids=tuple(f"clip{row}" for row in range(20)), readers={"vector": ROWS.__getitem__},
    targets={"label": np.arange(20) % 2}, group=np.arange(20),
)  # fmt: skip


class Normed:
    """Linear, BatchNorm, linear."""

    def build(self) -> torch.nn.Sequential:
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 1))

    def losses(self, module: torch.nn.Module, batch: Batch, stage: Stage) -> Any:
        logit = module(batch.views["vector"][0]).squeeze(-1)
        truth = batch.targets["label"].float()
        return {"clean": {"bce": torch.nn.functional.binary_cross_entropy_with_logits(logit, truth)}}


def trained(validation: np.ndarray, judge: Any = None, **settings: Any) -> Any:
    recipe = Recipe(
        system="normed",
        views=(View(encoder="toy"),),
        batch=5,
        optimiser=Optimiser(learning_rate=0.3),
        **settings,
    )
    system = Normed()
    stage = Stage(name="all", rows=np.arange(15), epochs=recipe.epochs)
    return train(system, system.build(), [stage], EXAMPLES, validation, recipe, seed=1, judge=judge)  # type: ignore[arg-type]


def test_averaged_weights_get_statistics_of_their_own() -> None:
    found = trained(np.arange(15, 20), epochs=5, patience=None, average=3).module
    with torch.no_grad():
        inside = found[0](torch.from_numpy(ROWS[:15]))
    # a plain mean over the batches, which are the rows in order
    means = torch.stack([part.mean(0) for part in inside.split(5)]).mean(0)
    variances = torch.stack([part.var(0) for part in inside.split(5)]).mean(0)
    torch.testing.assert_close(found[1].running_mean, means)
    torch.testing.assert_close(found[1].running_var, variances)
    assert int(found[1].num_batches_tracked) % 3 == 0  # of the best epoch, not a mean


@pytest.mark.parametrize(
    ("figures", "epochs", "best"), [([3, 2, 4, 4, 4, 4], 4, 2), ([1, 2, 2, 2, 2, 2], 3, 1)]
)
def test_a_training_ends_when_it_no_longer_gets_better(figures: list[float], epochs: int, best: int) -> None:
    told = iter(figures)
    found = trained(np.arange(15, 20), lambda module: float(next(told)), epochs=6, patience=2)
    assert len(found.curves) == epochs
    assert found.best == {"all": best}
