"""Nes2Net beside the public code, in one run: forward, training step, an epoch over stored clips, scoring.

python benchmarks/nes2net.py FOLDER [--clips 5000] [--only stored] [--out benchmarks/results/nes2net.json]

FOLDER is a checkout of github.com/Liu-Tianchi/Nes2Net. Both have the same shapes and loss; turns are taken in
the same process, medians are reported. The public loop reads the same float16 frames through torch's loader.
5,000 clips are a store of 2.1 GB in the folder for temporary files. With `--only`, what the file of `--out`
holds of the other part stays.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from interleaved import race

from earwitness.encoders.store import Store
from earwitness.encoders.store_key import Key
from earwitness.layers.focal import focal_loss
from earwitness.layers.folded_nes2net import FoldedNes2Net
from earwitness.layers.nested_res2net import Nes2Net
from earwitness.systems.probe import LinearProbe
from earwitness.systems.registry import system
from earwitness.task import DETECTION
from earwitness.training.data import Examples
from earwitness.training.loop import train
from earwitness.training.scoring import score_rows
from earwitness.training.stage import Stage

TIME, DIMENSION = 200, 1024


def public(folder: Path, variant: str) -> torch.nn.Module:
    sys.modules.setdefault("s3prl", types.ModuleType("s3prl")).__dict__.setdefault("hub", None)
    sys.path.insert(0, str(folder / "models"))
    module = importlib.import_module({"plain": "WavLM_Nes2Net", "x": "WavLM_Nes2Net_X"}[variant])
    return module.Nested_Res2Net_TDNN(Nes_ratio=[8, 8], input_channel=DIMENSION, dilation=1, SE_ratio=[1])


def stepping(network: Callable[..., torch.Tensor], module: torch.nn.Module, frames: torch.Tensor) -> Any:
    optimiser = torch.optim.AdamW(module.parameters(), 1e-4)
    truth = torch.arange(len(frames)) % 2

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        focal_loss(network(frames)[:, 0], truth).backward()
        optimiser.step()

    return step


def networks(folder: Path, variant: str, runs: int) -> dict[str, Any]:
    theirs, ours = public(folder, variant), Nes2Net(DIMENSION, 1, variant)  # type: ignore[arg-type]
    frames = torch.randn(32, TIME, DIMENSION)
    folded = FoldedNes2Net(ours.eval())
    theirs.eval()
    with torch.inference_mode():
        forward = race(
            runs, public=lambda: theirs(frames.transpose(1, 2)), ours=lambda: ours(frames),
            folded=lambda: folded(frames),
        )  # fmt: skip
    theirs.train()
    compiled = torch.compile(Nes2Net(DIMENSION, 1, variant))  # type: ignore[arg-type]
    step = race(
        runs,
        public=stepping(lambda given: theirs(given.transpose(1, 2)), theirs, frames),
        ours=stepping(ours.train(), ours, frames),
        compiled=stepping(compiled, compiled, frames),
    )
    return {
        "clips": 32,
        "forward_seconds": forward,
        "forward_ratio": forward["public"] / forward["folded"],
        "step_seconds": step,
        "step_ratio": step["public"] / step["ours"],
        "step_ratio_compiled": step["public"] / step["compiled"],
    }


def stored(folder: Path, clips: int) -> dict[str, Any]:
    """Scoring from the store, and an epoch beside the public loop, on the same frames."""
    rng = np.random.default_rng(0)
    pattern = rng.standard_normal((TIME + 64, DIMENSION)).astype(np.float16)
    with tempfile.TemporaryDirectory() as place, Store(place) as store:
        keys = [Key(content=f"{at:064x}", encoder="benchmark", revision="1") for at in range(clips)]
        vectors = [Key(content=f"{at:064x}", encoder="benchmark", revision="vector") for at in range(clips)]
        for at, (key, vector) in enumerate(zip(keys, vectors, strict=True)):
            frames = pattern[at % 64 : at % 64 + TIME]
            store.put(key, frames[None])
            store.put(vector, frames.mean(0).astype(np.float16))
        store.publish()
        names, truth = tuple(map(str, range(clips))), np.arange(clips) % 2
        shared: dict[str, Any] = {"ids": names, "targets": {"label": truth}, "group": np.arange(clips)}
        framed = Examples(readers={"frames": lambda row: store.get(keys[row])}, **shared)
        pooled = Examples(readers={"vector": lambda row: store.get(vectors[row])}, **shared)
        method, probe = system("nes2net"), LinearProbe()
        module = method.build(method.RECIPE, {"frames": (1, DIMENSION)})
        linear = probe.build(probe.RECIPE, {"vector": (DIMENSION,)})
        rows = np.arange(clips)
        found = race(
            1,
            probe=lambda: score_rows(probe, linear, pooled, rows, 1024, DETECTION, {}),
            nes2net=lambda: score_rows(method, module, framed, rows, 32, DETECTION, {}),
        )
        theirs = public(folder, "plain")

        class Frames(torch.utils.data.Dataset):  # type: ignore[type-arg]
            def __len__(self) -> int:
                return clips

            def __getitem__(self, at: int) -> tuple[torch.Tensor, int]:
                array = store.get(keys[at])
                assert array is not None
                return torch.from_numpy(array[0].astype(np.float32)), int(truth[at])

        loader = torch.utils.data.DataLoader(Frames(), batch_size=32, shuffle=True)
        optimiser = torch.optim.AdamW(theirs.parameters(), 1e-4)

        def public_epoch() -> None:
            theirs.train()
            for given, label in loader:
                focal_loss(theirs(given.transpose(1, 2))[:, 0], label).backward()
                optimiser.step()
                optimiser.zero_grad(set_to_none=True)

        recipe = msgspec.structs.replace(method.RECIPE, loss="focal", patience=None, validation=0.0)
        stage = Stage(name="all", rows=rows, epochs=1)
        nothing = np.zeros(0, np.int64)
        epoch = race(
            1, public=public_epoch,
            ours=lambda: train(method, module, [stage], framed, nothing, recipe, seed=0),
        )  # fmt: skip
    return {
        "clips": clips,
        "probe_clips_per_second": clips / found["probe"],
        "nes2net_clips_per_second": clips / found["nes2net"],
        "epoch_seconds": epoch,
        "epoch_ratio": epoch["public"] / epoch["ours"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path)
    parser.add_argument("--clips", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=("networks", "stored"))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    kept = json.loads(arguments.out.read_text()) if arguments.only and arguments.out else {}
    record: dict[str, Any] = {
        **kept,
        "machine": platform.machine(), "processors": os.cpu_count(), "threads": arguments.threads,
        "torch": torch.__version__, "load_average": os.getloadavg()[0],
    }  # fmt: skip
    if arguments.only != "stored":
        record |= {name: networks(arguments.public, name, arguments.runs) for name in ("plain", "x")}
    if arguments.only != "networks":
        record["stored"] = stored(arguments.public, arguments.clips)
    text = json.dumps(record, indent=1)
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
