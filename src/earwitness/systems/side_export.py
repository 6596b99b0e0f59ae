"""Export of a side instrument: head, manifest and card, the head held to its own arithmetic."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnxruntime
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.evidence.side_manifest import SideManifest
from earwitness.systems.nearest_class import Nearest, Numbers
from earwitness.whole_file import write_whole

HEAD = "head.onnx"
TOLERANCE = 1e-3
"""Largest difference to the fit in double precision, relative to the spread of the distances."""


class SideHead(nn.Module):
    """Statistics in, distances to classes and log2 of numbers out.

    Args:
        nearest: the classes.
        numbers: what else is said; possibly nothing.
    """

    def __init__(self, nearest: Nearest, numbers: Sequence[Numbers]) -> None:
        super().__init__()
        space = nearest.space
        held = {
            "centre": space.centre, "own": space.basis @ nearest.turned, "means": nearest.means,
            "whole": space.basis @ nearest.whole, "middle": nearest.middle,
        }  # fmt: skip
        for name, value in held.items():
            self.register_buffer(name, torch.from_numpy(value.astype(np.float32)))
        wide = len(space.centre)
        slopes = (
            np.stack([one.space.basis @ one.weights for one in numbers], 1)
            if numbers
            else np.zeros((wide, 0))
        )
        moved = np.array([one.offset - one.space.centre @ (one.space.basis @ one.weights) for one in numbers])
        self.register_buffer("slopes", torch.from_numpy(slopes.astype(np.float32)))
        # around the classes' centre: far from 0 single precision would round the numbers
        self.register_buffer("offsets", torch.from_numpy((moved + space.centre @ slopes).astype(np.float32)))

    def forward(self, statistics: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map (batch, dimension) to (batch, classes) and (batch, numbers)."""
        away = statistics - self.get_buffer("centre")
        own = ((away @ self.get_buffer("own"))[:, None] - self.get_buffer("means")).square().sum(2)
        whole = (away @ self.get_buffer("whole") - self.get_buffer("middle")).square().sum(1)
        return own - whole[:, None], away @ self.get_buffer("slopes") + self.get_buffer("offsets")


def export_side(
    folder: Path, manifest: SideManifest, nearest: Nearest, numbers: Sequence[Numbers], card: dict[str, Any],
    examples: np.ndarray,
) -> None:  # fmt: skip
    """Write head, manifest, card.json and card.md.

    Args:
        folder: of the instrument; made if it is not there.
        manifest: of the instrument; the hash of the head is put in.
        nearest: the classes.
        numbers: in the order of the manifest's.
        card: figures and what they were measured on; `said` holds its sentences for card.md.
        examples: (rows, dimension) on which the head is held to the fit.

    Raises:
        BadInput: when the head's answers differ from the fit's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    head = SideHead(nearest, numbers).eval()
    path = folder / HEAD
    with warnings.catch_warnings():
        # The TorchScript exporter is the one that needs no further package.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        torch.onnx.export(
            head, (torch.from_numpy(examples[:1].astype(np.float32)),), str(path), input_names=["statistics"],
            output_names=["distances", "logs"], opset_version=17, dynamo=False,
            dynamic_axes={name: {0: "batch"} for name in ("statistics", "distances", "logs")},
        )  # fmt: skip
    content = path.read_bytes()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found, logs = session.run(["distances", "logs"], {"statistics": examples.astype(np.float32)})
    expected = nearest.distances(examples)
    apart = float(np.abs(found - expected).max() / expected.std())
    if numbers:
        apart = max(apart, float(np.abs(logs - np.stack([one.logs(examples) for one in numbers], 1)).max()))
    if apart > TOLERANCE:
        path.unlink()
        raise BadInput(f"answers of the exported head differ from the fit by {apart:.2g}", where=str(path))
    sealed = msgspec.structs.replace(
        manifest,
        head=msgspec.structs.replace(manifest.head, file=HEAD, sha256=hashlib.sha256(content).hexdigest()),
    )
    fields = msgspec.to_builtins(sealed)
    ordered = {"schema": fields.pop("schema"), **fields}
    write_whole(folder / "manifest.json", msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")
    kept = {key: value for key, value in card.items() if key != "said"} | {"parity": apart}
    write_whole(folder / "card.json", msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    write_whole(folder / "card.md", ("\n".join(card["said"]) + "\n").encode())
