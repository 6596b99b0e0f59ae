"""Fusions of two stored vectors: an epoch beside the bare step, inference; Sinkhorn beside a loop over POT.

python benchmarks/fusion.py [--clips 2000] [--rounds 3] [--threads 2] [--out benchmarks/results/fusion.json]

The bare step is the same network, loss and optimiser on tensors in memory, in the same batches; the epoch is
the library's own, from the store. Turns are taken in one process; medians are reported.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import ot
import torch
from interleaved import race

from earwitness.encoders.store import Store
from earwitness.encoders.store_key import Key
from earwitness.layers.transport import sinkhorn
from earwitness.systems.registry import system
from earwitness.systems.vector_fusion import class_loss
from earwitness.task import Target, Task
from earwitness.training.data import Examples
from earwitness.training.loop import train
from earwitness.training.recipe import View
from earwitness.training.scoring import score_rows

WIDTH, CLASSES = 512, ("a", "b", "c", "d", "e", "f")
VIEWS = tuple(View(name=name, input="vector", encoder="log-mel") for name in ("first", "second"))
FUSIONS = ("mata", "scar", "tango", "finder", "cnn")
TASK = Task(targets=(Target(column="emotion", kind="class", classes=CLASSES),), primary="accuracy")


def recipe_of(name: str, filters: tuple[int, int]) -> Any:
    """A fusion's own recipe for both views, one epoch."""
    recipe = system(name).RECIPE
    fields: dict[str, Any] = {
        "views": VIEWS, "filters": filters, "epochs": 1, "patience": None, "validation": 0.0,
        "target": "emotion", "primary": "accuracy",
    }  # fmt: skip
    if name == "tango":
        del fields["target"]
        fields |= {"targets": ("emotion",), "numbers": {}}
    return msgspec.structs.replace(recipe, **fields)


def examples_of(store: Store, clips: int) -> tuple[Examples, dict[str, torch.Tensor]]:
    """Two vectors a clip in the store, and the same in memory."""
    rng = np.random.default_rng(0)
    truth = rng.integers(len(CLASSES), size=clips)
    readers, memory = {}, {"truth": torch.from_numpy(truth)}
    for view in VIEWS:
        values = rng.standard_normal((clips, WIDTH)).astype(np.float16)
        keys = [Key(content=f"{at:064x}", encoder=view.name, revision="1") for at in range(clips)]
        for key, value in zip(keys, values, strict=True):
            store.put(key, value)
        store.publish()
        readers[view.name] = lambda row, keys=keys: store.get(keys[row])
        memory[view.name] = torch.from_numpy(values.astype(np.float32))
    found = Examples(
        ids=tuple(map(str, range(clips))), readers=readers, targets={"emotion": truth}, group=np.arange(clips)
    )
    return found, memory


def epochs(name: str, examples: Examples, memory: dict[str, torch.Tensor], rounds: int) -> dict[str, float]:
    """An epoch of a fusion, ours and bare."""
    method, recipe = system(name), recipe_of(name, (32, 64))
    rows = np.arange(len(examples.ids))
    modules = []
    for _ in range(2):
        torch.manual_seed(0)
        module = method.build(recipe, {view.name: (WIDTH,) for view in VIEWS}, TASK)
        method.fit(module, examples, rows)
        modules.append(module)
    ours, bare = modules
    optimiser = torch.optim.Adam(bare.parameters(), recipe.optimiser.learning_rate)

    def bare_epoch() -> None:
        bare.train()
        order = torch.randperm(len(rows))
        for at in range(0, len(rows) - recipe.batch + 1, recipe.batch):
            chosen = order[at : at + recipe.batch]
            outputs, own = bare([memory[view.name][chosen] for view in VIEWS])
            loss = class_loss(outputs[0], memory["truth"][chosen]) + sum(own.values())
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()

    stages, none = method.stages(recipe, rows, examples), np.zeros(0, np.int64)
    found = race(
        rounds, bare=bare_epoch, ours=lambda: train(method, ours, stages, examples, none, recipe, seed=0)
    )
    return {**found, "ratio": found["ours"] / found["bare"]}


def inference(name: str, filters: tuple[int, int], examples: Examples, rounds: int) -> float:
    """Clips a second of a fused pair, from the store to a table of scores."""
    method, recipe = system(name), recipe_of(name, filters)
    rows = np.arange(len(examples.ids))
    module = method.build(recipe, {view.name: (WIDTH,) for view in VIEWS}, TASK)
    fitted = method.fit(module, examples, rows)
    found = race(rounds, run=lambda: score_rows(method, module, examples, rows, 256, TASK, fitted))
    return len(rows) / found["run"]


def transport(rounds: int) -> dict[str, float]:
    """64 plans of 32 x 32, at once and one after another by POT, both to the same plan."""
    cost = torch.rand(64, 32, 32, generator=torch.Generator().manual_seed(0))
    mass = torch.full((32,), 1 / 32)

    def pot() -> torch.Tensor:
        return torch.stack(
            [ot.sinkhorn(mass, mass, one, 0.05, numItermax=50, stopThr=0, warn=False) for one in cost]
        )

    def ours() -> torch.Tensor:
        return sinkhorn(cost, epsilon=0.05, iterations=50)

    apart = float((pot() - ours()).abs().max() * 32)
    found = race(5 * rounds, pot=pot, ours=ours)
    return {**found, "ratio": found["pot"] / found["ours"], "largest_difference_of_a_row_share": apart}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as place, Store(place) as store:
        examples, memory = examples_of(store, arguments.clips)
        record = {
            "machine": platform.machine(), "processors": os.cpu_count(), "threads": arguments.threads,
            "torch": torch.__version__, "clips": arguments.clips, "rounds": arguments.rounds,
            "width": WIDTH, "batch": recipe_of("mata", (32, 64)).batch,
            "epoch": {name: epochs(name, examples, memory, arguments.rounds) for name in FUSIONS},
            "inference_clips_per_second": {
                f"{name} {filters}": inference(name, filters, examples, arguments.rounds)
                for name in FUSIONS
                for filters in ((32, 64), (64, 128))
            },
            "sinkhorn": transport(arguments.rounds),
            "bars": {
                "epoch_ratio_at_most": 1.3, "clips_per_second": {"(32, 64)": 4000, "(64, 128)": 1200},
                "sinkhorn_ratio": 3,
            },
        }  # fmt: skip
    text = json.dumps(record, indent=1)
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
