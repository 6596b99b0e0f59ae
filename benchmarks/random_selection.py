"""What a random half of a vector saves, in one run: parameters, multiply-adds, time of the CNN head.

python benchmarks/random_selection.py [--dimensions 512 768 1024] [--threads 1] [--out FILE]

The whole vector, a random half, and PCA to a half take turns in the same process; medians are reported, for
one clip and for 32 and 64 at once. The bar is read at 32 and more, where the work of the head decides. Of one
clip, some 60 microseconds are calls that no vector's length changes: its ratio stands beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path

import msgspec
import torch

from earwitness.systems.random_selection import RandomSelection
from earwitness.systems.selection_cost import head_costs

PARAMETERS, SPEED = 1.9, 1.6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[512, 768, 1024])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    recipes = {"half": RandomSelection.RECIPE, "all": RandomSelection.RECIPES["all"]}
    recipes["pca"] = RandomSelection.RECIPES["pca"]
    batches = (1, 32, 64)
    found = {}
    for dimension in arguments.dimensions:
        costs = head_costs(recipes, dimension, batches=batches, runs=arguments.runs)  # type: ignore[arg-type]
        half, whole = costs["half"], costs["all"]
        speed = {size: whole.milliseconds[size] / half.milliseconds[size] for size in half.milliseconds}
        found[str(dimension)] = {
            "costs": msgspec.to_builtins(costs),
            "parameters_ratio": whole.parameters / half.parameters,
            "multiply_adds_ratio": whole.multiply_adds / half.multiply_adds,
            "speed_ratio": speed,
            "met": {
                "parameters": whole.parameters / half.parameters >= PARAMETERS,
                **{f"{size} clips": ratio >= SPEED for size, ratio in speed.items()},
            },
        }
    record = {
        "machine": platform.machine(), "processors": os.cpu_count(), "threads": arguments.threads,
        "torch": torch.__version__, "load_average": os.getloadavg()[0],
        "bars": {"parameters_ratio_at_least": PARAMETERS, "speed_ratio_at_least": SPEED, "read_at": [32, 64]},
        "dimensions": found,
    }  # fmt: skip
    text = json.dumps(record, indent=1)
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
