"""Load a Whisper encoder from the shipped file, from a package or from an exported file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

from earwitness.assets import asset
from earwitness.encoders.catalogue import Entry
from earwitness.encoders.log_mel import Normalise
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.weights import weight_bytes
from earwitness.errors import BadInput


def load_whisper(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,
    normalise: Normalise = "none",
    policy: Literal["cropped", "padded-30"] = "cropped",
) -> OnnxEncoder:
    """A Whisper encoder that runs in onnxruntime.

    The shipped file serves when it holds the layers that are asked for: its frames are those of
    the whole encoder. Otherwise the graph is built from the packaged weights, which needs `onnx`.

    Args:
        entry: of the catalogue.
        weights: see `loading.load`.
        layers: see `loading.load`.
        threads: see `loading.load`.
        normalise: see `loading.load`.
        policy: see `loading.load`; the shipped file serves `cropped` alone.

    Raises:
        BadInput: when a layer does not exist or the weights are nowhere to be found.
    """
    if weights is not None and os.fspath(weights).endswith(".onnx"):
        return OnnxEncoder(weights, layers=layers, threads=threads, normalise=normalise, policy=policy)
    wanted = range(entry.layers) if layers is None else [layers] if isinstance(layers, int) else list(layers)
    if not wanted or not all(0 <= layer < entry.layers for layer in wanted):
        raise BadInput(f"has the layers 0 to {entry.layers - 1}, not {list(wanted)}", where=entry.name)
    if weights is None and entry.asset is not None and policy == "cropped":
        shipped = OnnxEncoder(asset(entry.asset), threads=threads, normalise=normalise)
        if set(wanted) <= set(shipped.layers):
            return shipped.giving(layers)
    from earwitness.encoders.onnx_export import build

    content = build(entry, sorted(set(wanted)), weight_bytes(entry, weights))
    return OnnxEncoder(content, layers=layers, threads=threads, normalise=normalise, policy=policy)
