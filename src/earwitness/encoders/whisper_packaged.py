"""Load a Whisper encoder from the shipped file, from a package or from an exported file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from earwitness.assets import asset
from earwitness.encoders.catalogue import Entry
from earwitness.encoders.log_mel import Normalise
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.weights import weight_bytes
from earwitness.errors import BadInput, require

if TYPE_CHECKING:
    from earwitness.encoders.torch_encoder import TorchEncoder


def load_whisper(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,
    normalise: Normalise = "none",
    policy: Literal["cropped", "padded-30"] = "cropped",
    precision: Literal["fp32", "bf16", "int8"] = "fp32",
) -> OnnxEncoder | TorchEncoder:
    """A Whisper encoder that runs in onnxruntime; in bf16 and int8, on torch.

    The shipped file serves when it holds the layers that are asked for: its frames are those of
    the whole encoder. Otherwise the graph is built from the packaged weights, which needs `onnx`.

    Args:
        entry: of the catalogue.
        weights: see `loading.load`.
        layers: see `loading.load`.
        threads: see `loading.load`.
        normalise: see `loading.load`.
        policy: see `loading.load`; the shipped file serves `cropped` alone.
        precision: see `loading.load`; the shipped file serves `fp32` alone.

    Raises:
        BadInput: when a layer does not exist or the weights are nowhere to be found.
    """
    if weights is not None and os.fspath(weights).endswith(".onnx"):
        if precision != "fp32":
            raise BadInput(
                f"precision {precision} is not there for an exported file; use fp32", where=entry.name
            )
        return OnnxEncoder(weights, layers=layers, threads=threads, normalise=normalise, policy=policy)
    wanted = range(entry.layers) if layers is None else [layers] if isinstance(layers, int) else list(layers)
    if not wanted or not all(0 <= layer < entry.layers for layer in wanted):
        raise BadInput(f"has the layers 0 to {entry.layers - 1}, not {list(wanted)}", where=entry.name)
    if precision != "fp32":
        require("torch", "train")
        return _on_torch(
            entry, weight_bytes(entry, weights), wanted, layers, threads, normalise, policy, precision
        )
    if weights is None and entry.asset is not None and policy == "cropped":
        shipped = OnnxEncoder(asset(entry.asset), threads=threads, normalise=normalise)
        if set(wanted) <= set(shipped.layers):
            return shipped.giving(layers)
    from earwitness.encoders.onnx_export import build

    content = build(entry, sorted(set(wanted)), weight_bytes(entry, weights))
    return OnnxEncoder(content, layers=layers, threads=threads, normalise=normalise, policy=policy)


def _on_torch(
    entry: Entry,
    content: bytes,
    wanted: Sequence[int],
    layers: int | Sequence[int] | None,
    threads: int | None,
    normalise: Normalise,
    policy: Literal["cropped", "padded-30"],
    precision: Literal["fp32", "bf16", "int8"],
) -> TorchEncoder:
    from earwitness.encoders import ctranslate2_file
    from earwitness.encoders.families import FAMILIES
    from earwitness.encoders.fronts import WhisperFront
    from earwitness.encoders.hidden_states import HiddenStates
    from earwitness.encoders.onnx_export import packaged_revision
    from earwitness.encoders.torch_encoder import TorchEncoder
    from earwitness.encoders.whisper_names import PREFIX, shape
    from earwitness.encoders.whisper_torch import WhisperEncoder

    arrays = ctranslate2_file.read(content, prefix=PREFIX)
    blocks, _, bands = shape(arrays)
    front = WhisperFront(bands=bands, level=normalise, policy=policy)
    suffix = "" if normalise == "none" else f"+{normalise}"
    return TorchEncoder(
        lambda: HiddenStates(
            WhisperEncoder.from_ctranslate2(arrays), FAMILIES["whisper"], front, tuple(wanted)
        ),
        name=entry.name,
        revision=packaged_revision(content, tuple(wanted), blocks) + suffix,
        single=isinstance(layers, int),
        precision=precision,
        threads=threads,
    )
