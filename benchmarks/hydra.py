"""HYDRA's curved subspaces beside their flat twin: a training step and inference, interleaved in one run.

Usage: python benchmarks/hydra.py [RESULT.json]
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from earwitness.layers.subspaces import CurvedSubspaces
from earwitness.systems.hydra import RECIPE
from earwitness.systems.registry import system
from earwitness.task import Target, Task

BATCH, WIDTH, ROUNDS = 32, 512, 60
ALLOWED = 1.5


def layer(geometry: str) -> nn.Module:
    """The subspaces alone, at HYDRA's sizes."""
    torch.manual_seed(0)
    return CurvedSubspaces(256, 64, 3, "task", RECIPE.curvatures, curved=geometry == "hyperbolic")


def network(geometry: str) -> nn.Module:
    """The whole network."""
    torch.manual_seed(0)
    hydra = system("hydra")
    recipe = RECIPE if geometry == "hyperbolic" else hydra.RECIPES[geometry]
    task = Task(
        targets=tuple(Target(column=name, kind="real", unit=recipe.units[name]) for name in recipe.targets),
        primary="octaves",
    )
    return hydra.build(recipe, {"first": (WIDTH,)}, task)


def step(module: nn.Module, given: object) -> Callable[[], None]:
    """Forward, backward and an update."""
    optimiser = torch.optim.Adam(module.parameters(), lr=1e-3)

    def run() -> None:
        found = module(given)
        outputs = found[0] if isinstance(found, tuple) else [found]
        optimiser.zero_grad()
        sum(one.square().mean() for one in outputs).backward()
        optimiser.step()

    return run


def infer(module: nn.Module, given: object) -> Callable[[], None]:
    """Forward alone."""

    def run() -> None:
        with torch.no_grad():
            module(given)

    return run


def medians(runs: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Median milliseconds of CPU of each, one after the other in every round, each as often first as last."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(ROUNDS + 5):
        # who follows a big network finds cold caches: the order turns round, so that it hits both alike
        for name, run in list(runs.items())[:: 1 if number % 2 else -1]:
            began = time.process_time()
            run()
            if number >= 5:
                times[name].append(1e3 * (time.process_time() - began))
    return {name: round(statistics.median(values), 4) for name, values in times.items()}


def main(words: list[str]) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    vectors, views = torch.randn(BATCH, 256), [torch.randn(BATCH, WIDTH)]
    found: dict[str, object] = {
        "batch": BATCH, "threads": 1, "torch": torch.__version__, "machine": platform.processor() or "?",
        "allowed": ALLOWED,
    }  # fmt: skip
    for what, wrap in (("step", step), ("inference", infer)):
        for part, make, given in (("subspaces", layer, vectors), ("network", network, views)):
            both = ("hyperbolic", "euclidean")
            times = medians({f"{part}, {geometry}": wrap(make(geometry), given) for geometry in both})
            found[f"{what}, {part}, ms of CPU"] = times
            ratio = times[f"{part}, hyperbolic"] / times[f"{part}, euclidean"]
            found[f"{what}, {part}, hyperbolic over euclidean"] = round(ratio, 3)
    text = json.dumps(found, indent=1)
    print(text)
    if words:
        Path(words[0]).write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
