"""The aligning step: the gradient that the definition gives, in parts, in processes and after a kill."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from earwitness.errors import BadInput
from earwitness.layers.gradient_alignment import align
from earwitness.training.aligning import AlignGradients
from earwitness.training.data import Batch, Examples
from earwitness.training.loop import train
from earwitness.training.recipe import Optimiser, Recipe, View
from earwitness.training.stage import Stage

RNG = np.random.default_rng(0)
CLEAN, NOISE = RNG.normal(size=(16, 5)).astype(np.float32), RNG.normal(size=(16, 5)).astype(np.float32)
EXAMPLES = Examples(
    ids=tuple(f"clip{i}" for i in range(16)),
    readers={"clean": CLEAN.__getitem__, "augmented": (CLEAN + 2 * NOISE).__getitem__},
    targets={"label": np.arange(16) % 2},
    group=np.arange(16),
)
METHODS = ("mean", "pcgrad", "gradvac", "cagrad")


class TwoPaths:
    """A small network, and a loss for each of two views: one forward pass a view, or one for both."""

    def __init__(self, joint: bool = False) -> None:
        self.joint = joint

    def build(self) -> torch.nn.Module:
        torch.manual_seed(7)
        return torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))

    def losses(self, module: torch.nn.Module, batch: Batch, stage: Stage) -> Any:
        target = batch.targets["label"].float()
        values = [batch.views[name][0] for name in ("clean", "augmented")]
        logits = module(torch.cat(values)).chunk(2) if self.joint else [module(value) for value in values]
        return {
            name: {"bce": torch.nn.functional.binary_cross_entropy_with_logits(logit.squeeze(-1), target)}
            for name, logit in zip(("clean", "augmented"), logits, strict=True)
        }


def recipe(method: str = "pcgrad", **changes: Any) -> Recipe:
    return Recipe(
        system="two-paths", views=(View(encoder="toy"),), batch=8, epochs=4, patience=None,
        optimiser=Optimiser(name="sgd", learning_rate=0.3, betas=(0.0, 0.0)),
        step=AlignGradients(method=method), **changes,
    )  # fmt: skip


def trained(settings: Recipe, joint: bool = False, **more: Any) -> Any:
    system = TwoPaths(joint)
    stage = Stage(name="all", rows=np.arange(16), epochs=settings.epochs)
    nothing = np.zeros(0, np.int64)
    return train(system, system.build(), [stage], EXAMPLES, nothing, settings, seed=3, **more)  # type: ignore[arg-type]


def weights(found: Any) -> torch.Tensor:
    return torch.cat([value.flatten() for value in found.module.state_dict().values()])


@pytest.mark.parametrize("method", METHODS)
def test_the_gradient_is_that_of_the_definition(method: str) -> None:
    system = TwoPaths()
    module, batch = system.build(), EXAMPLES.batch(np.arange(8))
    parameters = list(module.parameters())
    rows = []
    for loss in system.losses(module, batch, None).values():  # type: ignore[arg-type]
        rows.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss["bce"], parameters)]))
    running = AlignGradients(method=method).begin(list(module.named_parameters()), 0)
    running.add(system.losses(module, batch, None))  # type: ignore[arg-type]
    told = running.finish()
    expected = align(torch.stack(rows), method)
    torch.testing.assert_close(
        torch.cat([p.grad.flatten() for p in parameters]), expected, atol=1e-6, rtol=1e-5
    )
    assert told["cosine"] == pytest.approx(torch.cosine_similarity(rows[0], rows[1], dim=0).item(), abs=1e-5)
    assert told["norm augmented"] == pytest.approx(rows[1].norm().item(), rel=1e-5)
    assert told["conflict"] == float(told["cosine"] < 0)


@pytest.mark.parametrize("method", METHODS)
def test_a_joint_pass_and_parts_give_the_same(method: str) -> None:
    whole = weights(trained(recipe(method)))
    torch.testing.assert_close(weights(trained(recipe(method), joint=True)), whole, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(weights(trained(recipe(method, accumulate=4))), whole, atol=1e-6, rtol=1e-5)


def test_conflicts_are_told_by_group() -> None:
    settings = recipe()
    step = AlignGradients(groups={"first": r"^0\.", "last": r"^2\.", "none": "conv"})
    curves = trained(
        Recipe(**{f: getattr(settings, f) for f in settings.__struct_fields__} | {"step": step})
    ).curves
    assert {"conflict", "conflict first", "conflict last", "cosine", "loss clean"} <= set(curves[0])
    assert "conflict none" not in curves[0]
    assert 0 <= curves[0]["conflict"] <= 1


def test_a_killed_training_goes_on_with_the_same_targets(tmp_path: Path) -> None:
    whole = weights(trained(recipe("gradvac")))

    def stop(_stage: str, epoch: int, _most: int, _point: object) -> None:
        if epoch == 3:
            raise KeyboardInterrupt

    checkpoint = tmp_path / "checkpoint.safetensors"
    with pytest.raises(KeyboardInterrupt):
        trained(recipe("gradvac"), checkpoint=checkpoint, progress=stop)
    torch.testing.assert_close(
        weights(trained(recipe("gradvac"), checkpoint=checkpoint)), whole, atol=0, rtol=0
    )


def test_half_precision_and_recomputed_activations() -> None:
    system = TwoPaths()
    module = system.build()

    def forward(values: torch.Tensor) -> torch.Tensor:
        inner = torch.utils.checkpoint.checkpoint(module[:2], values, use_reentrant=False)
        return module[2](inner)

    batch = EXAMPLES.batch(np.arange(8))
    target = batch.targets["label"].float()
    running = AlignGradients().begin(list(module.named_parameters()), 0)
    with torch.autocast("cpu", torch.bfloat16):
        losses = {
            name: {"mse": ((forward(batch.views[name][0]).squeeze(-1) - target) ** 2).mean()}
            for name in ("clean", "augmented")
        }
    running.add(losses)
    assert np.isfinite(running.finish()["loss"])
    exact = AlignGradients().begin(list(module.named_parameters()), 0)
    coarse = [p.grad.clone() for p in module.parameters()]
    exact.add(
        {
            name: {"mse": ((module(batch.views[name][0]).squeeze(-1) - target) ** 2).mean()}
            for name in ("clean", "augmented")
        }
    )
    exact.finish()
    for rough, parameter in zip(coarse, module.parameters(), strict=True):
        torch.testing.assert_close(rough, parameter.grad, atol=0.05, rtol=0.1)


def test_one_path_cannot_be_aligned() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    running = AlignGradients().begin([("weight", weight)], 0)
    running.add({"clean": {"loss": weight.sum()}})
    with pytest.raises(BadInput, match="two paths or more"):
        running.finish()


def test_a_head_of_ones_own_gets_its_gradient() -> None:
    shared, own = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(1))
    running = AlignGradients().begin([("shared", shared), ("own", own)], 0)
    running.add({"clean": {"loss": shared.sum()}, "augmented": {"loss": (shared * own).sum()}})
    running.finish()
    assert own.grad.item() == 2.0


def test_a_loss_that_is_not_finite_stops_with_the_rows() -> None:
    system = TwoPaths()
    module = system.build()
    with torch.no_grad():
        module[0].weight[0, 0] = torch.nan
    stage = Stage(name="all", rows=np.arange(16), epochs=1)
    with pytest.raises(BadInput, match=r"loss is nan in epoch 1, step 1 of 2 \(rows clip"):
        train(system, module, [stage], EXAMPLES, np.zeros(0, np.int64), recipe(), seed=3)  # type: ignore[arg-type]


def _work(rank: int, port: int, method: str, folder: str) -> None:
    torch.set_num_threads(1)  # threads that wait for each other spin, and starve the other process
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.distributed.init_process_group("gloo", rank=rank, world_size=2)
    try:
        torch.save(weights(trained(recipe(method))), Path(folder) / f"{rank}.pt")
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.parametrize("method", ["pcgrad", "cagrad"])
def test_two_processes_give_what_one_gives(method: str, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = torch.multiprocessing.get_context("fork")
    workers = [context.Process(target=_work, args=(rank, port, method, str(tmp_path))) for rank in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    alone = weights(trained(recipe(method)))
    for rank in range(2):
        together = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-5)
