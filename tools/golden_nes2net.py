"""Write tests/systems/data/nes2net.json: what the public code of Nes2Net gives for seeded weights and frames.

python tools/golden_nes2net.py FOLDER, a checkout of github.com/Liu-Tianchi/Nes2Net (no licence: nothing of it
is kept but these numbers).
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import types
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

DATA = Path(__file__).parents[1] / "tests/systems/data/nes2net.json"
MODULES = {"plain": "WavLM_Nes2Net", "x": "WavLM_Nes2Net_X", "x-selu": "WavLM_Nes2Net_X_SeLU"}
CASES = [
    {"variant": variant, "dilation": dilation, "reduction": reduction, "pooling": pooling}
    for variant in MODULES
    for dilation, reduction, pooling in ((1, 1, "mean"), (2, 4, "mean"), (1, 8, "attentive"))
]


def public(folder: Path, case: dict[str, Any]) -> torch.nn.Module:
    """The public back-end; the encoder's package is not needed for it."""
    sys.modules.setdefault("s3prl", types.ModuleType("s3prl")).__dict__.setdefault("hub", None)
    sys.path.insert(0, str(folder / "models"))
    module = importlib.import_module(MODULES[case["variant"]])
    pooling = "ASTP" if case["pooling"] == "attentive" else "mean"
    return module.Nested_Res2Net_TDNN(
        Nes_ratio=[8, 8], input_channel=1024, dilation=case["dilation"], pool_func=pooling,
        SE_ratio=[case["reduction"]],
    )  # fmt: skip


def seeded(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Values that depend on the name alone, of a size that keeps activations alive."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    values = rng.standard_normal(shape)
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight")):
        values = 0.5 + np.abs(values)
    elif len(shape) > 1 and "weighted_sum" not in name:
        values = values / np.sqrt(np.prod(shape[1:]))
    return torch.from_numpy(
        (values if "weighted_sum" in name or len(shape) > 1 else 0.5 * values).astype(np.float32)
    )


def frames() -> torch.Tensor:
    """(3, 21, 1024)."""
    return torch.from_numpy(np.random.default_rng(5).standard_normal((3, 21, 1024)).astype(np.float32))


def main() -> None:
    """All cases, in float64."""
    folder = Path(sys.argv[1])
    commit = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    record: dict[str, Any] = {"repository": "github.com/Liu-Tianchi/Nes2Net", "commit": commit, "cases": []}
    for case in CASES:
        network = public(folder, case)
        state = {
            name: seeded(name, tuple(value.shape)) if value.is_floating_point() else value
            for name, value in network.state_dict().items()
        }
        network.load_state_dict(state)
        network.double()  # so that nothing hangs on which side of zero an activation is rounded to
        given = frames().double().transpose(1, 2).requires_grad_()
        network.eval()
        scored = network(given)
        slope = torch.autograd.grad(scored.sum(), given)[0]
        network.train()
        record["cases"].append(
            case
            | {
                # of the first of seven like blocks, and of what stands around them
                "shapes": {
                    name: list(value.shape)
                    for name, value in network.state_dict().items()
                    if not name.startswith(tuple(f"Build_in_Res2Nets.{at}." for at in range(1, 7)))
                },
                "parameters": sum(parameter.numel() for parameter in network.parameters()),
                "logits": scored[:, 0].tolist(),
                "slope": [float(f"{v:.9g}") for v in slope[:, ::64, ::5].transpose(1, 2).flatten().tolist()],
                "logits_in_training": network(frames().double().transpose(1, 2))[:, 0].tolist(),
            }
        )
    DATA.write_text(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
