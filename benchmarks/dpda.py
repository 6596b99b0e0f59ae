"""What aligning gradients costs a step of training, beside plain training on the same two paths.

python benchmarks/dpda.py [--encoder whisper-base] [--layer 2] [--out benchmarks/results/dpda.json]

Plain: both paths in one forward pass, the sum of their losses, one backward pass. Aligned, single: a forward
and a backward pass for each path, where no layer couples the rows of a batch (MHFA, a linear probe). Aligned,
joint: one forward pass that BatchNorm sees whole, and a backward pass for each path (Nes2Net). The
optimiser's step is in all of them; turns are taken in the same process, medians are reported.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import torch
from interleaved import race

from earwitness.systems.dpda import Dpda
from earwitness.systems.recipes import chosen_recipe
from earwitness.training.data import Batch
from earwitness.training.stage import Stage
from earwitness.training.step import SumAndBackpropagate

CASES = {
    "linear-probe, single passes": ("linear-probe", False),
    "mhfa, single passes": ("mhfa", False),
    "nes2net, joint pass": ("nes2net", True),
}
"""Name -> (back end, whether both paths share a forward pass)."""


def stepping(settings: Any, batch: Batch, *, aligned: bool) -> Callable[[], None]:
    method = Dpda()
    torch.manual_seed(0)
    module = method.build(settings, {}).train()
    named = [(name, weight) for name, weight in module.named_parameters() if weight.requires_grad]
    running = (settings.step if aligned else SumAndBackpropagate()).begin(named, seed=0)
    optimiser = torch.optim.Adam([weight for _, weight in named], 1e-5)
    stage: Any = Stage  # the losses do not look at it

    def step() -> None:
        running.add(method.losses(module, batch, stage))
        running.finish()
        optimiser.step()

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="whisper-base")
    parser.add_argument("--layer", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--samples", type=int, default=48_000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    waves = 0.1 * torch.randn(arguments.batch, 2, arguments.samples, 1)
    truth = torch.arange(arguments.batch) % 2
    batch = Batch(
        ids=tuple(map(str, range(arguments.batch))), group=truth, targets={"label": truth},
        views={"waveform": (waves, torch.full((arguments.batch,), arguments.samples))},
        copied={"waveform": {"label": torch.stack([truth, truth], dim=1)}},
    )  # fmt: skip
    found: dict[str, Any] = {}
    for name, (back_end, joint) in CASES.items():
        settings = chosen_recipe(
            Dpda(), None,
            [f"encoder={arguments.encoder}", f"layers=[{arguments.layer}]", f"back_end={back_end}",
             f"joint={json.dumps(joint)}", f"sum={'every' if back_end == 'mhfa' else 'last'}"],
        )  # fmt: skip
        plain = msgspec.structs.replace(settings, joint=True)
        seconds = race(
            arguments.runs,
            plain=stepping(plain, batch, aligned=False),
            aligned=stepping(settings, batch, aligned=True),
        )
        found[name] = {**seconds, "ratio": seconds["aligned"] / seconds["plain"]}
    record = {
        "machine": platform.machine(), "processors": os.cpu_count(), "threads": arguments.threads,
        "torch": torch.__version__, "load_average": os.getloadavg()[0], "encoder": arguments.encoder,
        "layer": arguments.layer, "batch": arguments.batch, "samples": arguments.samples,
        "wanted": {"single passes": 1.25, "joint pass": 1.7}, "seconds_a_step": found,
    }  # fmt: skip
    text = json.dumps(record, indent=1)
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
