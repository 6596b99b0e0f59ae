"""Export of a trained detector as an instrument: head.onnx, held to torch before it is kept."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from earwitness.errors import BadInput

TOLERANCE = 1e-4
"""Largest difference of a score to torch that is let through, on noise, relative to the scores' spread."""


def export_head(network: nn.Module, shape: tuple[int, int], frames: int, path: Path) -> tuple[str, float]:
    """Write a head as ONNX and check it against torch.

    Args:
        network: takes frames and mask, gives score and log probabilities of the classes; in eval mode.
        shape: (layers, dimension) of the frames.
        frames: in a window.
        path: of the ONNX file.

    Returns:
        SHA-256 of the file (hexadecimal), and the largest difference found, relative to the spread.

    Raises:
        BadInput: when the file's scores differ from torch's.
    """
    network.eval()
    layers, dimension = shape
    example = (torch.zeros(1, layers, frames, dimension), torch.ones(1, frames))
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with warnings.catch_warnings():
        # The TorchScript exporter is the one that needs no further package.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        torch.onnx.export(
            network,
            example,
            str(partial),
            input_names=["frames", "mask"],
            output_names=["score", "origin"],
            dynamic_axes={name: {0: "batch"} for name in ("frames", "mask", "score", "origin")},
            opset_version=17,
            dynamo=False,
        )
    try:
        content = partial.read_bytes()
        difference = parity(network, content, shape, frames)
        if difference > TOLERANCE:
            raise BadInput(
                f"scores of the exported head differ from torch by {difference:.2g}", where=str(path)
            )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return hashlib.sha256(content).hexdigest(), difference


def parity(network: nn.Module, content: bytes, shape: tuple[int, int], frames: int) -> float:
    """Largest difference between an ONNX head and its network over 16 windows of noise, over their spread."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    values = (
        torch.randn(16, shape[0], frames, shape[1], generator=generator)
        * torch.linspace(0.2, 3, 16)[:, None, None, None]
    )
    mask = (torch.rand(16, frames, generator=generator) > torch.linspace(0, 0.9, 16)[:, None]).float()
    with torch.no_grad():
        expected = network(values, mask)[0].numpy()
    found = session.run(["score"], {"frames": values.numpy(), "mask": mask.numpy()})[0]
    return float(np.abs(found - expected).max() / max(float(expected.std()), 1e-3))


def score_windows(session: onnxruntime.InferenceSession, windows: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Raw scores (windows,) by the exported head, window by window as `analyze` does it."""
    pairs: Sequence[tuple[np.ndarray, np.ndarray]] = list(zip(windows, mask, strict=True))
    return np.array([session.run(["score"], {"frames": f[None], "mask": m[None]})[0][0] for f, m in pairs])
