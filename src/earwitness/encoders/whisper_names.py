"""How CTranslate2 calls the parts of Whisper's encoder."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from earwitness.errors import BadInput

PREFIX = "encoder/"
HEAD = 64
"""Channels of one attention head, in every published size."""


def shape(arrays: Mapping[str, np.ndarray]) -> tuple[int, int, int]:
    """Blocks, dimension and mel bands of the encoder that the variables hold.

    Args:
        arrays: the `encoder/` variables of a CTranslate2 file.

    Raises:
        BadInput: when they are not a Whisper encoder's, or one is missing or has another shape.
    """
    if PREFIX + "conv1/weight" not in arrays or arrays[PREFIX + "conv1/weight"].ndim != 3:
        raise BadInput("the model file holds no Whisper encoder")
    dimension, bands, _ = arrays[PREFIX + "conv1/weight"].shape
    blocks = len(
        {name.split("/")[1] for name in arrays if name.startswith(PREFIX + "layer_") and "/ffn/" in name}
    )
    longest = len(arrays.get(PREFIX + "position_encodings/encodings", ()))
    for name, expected in _shapes(blocks, dimension, bands, longest).items():
        found = arrays[PREFIX + name].shape if PREFIX + name in arrays else None
        if found != expected:
            raise BadInput(f"not a Whisper encoder: {name} has the shape {found}, expected {expected}")
    return blocks, dimension, bands


def _shapes(blocks: int, dimension: int, bands: int, longest: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "conv1/weight": (dimension, bands, 3),
        "conv1/bias": (dimension,),
        "conv2/weight": (dimension, dimension, 3),
        "conv2/bias": (dimension,),
        "position_encodings/encodings": (longest, dimension),
    }
    norms, linears = ["layer_norm"], {}
    for k in range(blocks):
        norms += [f"layer_{k}/self_attention/layer_norm", f"layer_{k}/ffn/layer_norm"]
        linears[f"layer_{k}/self_attention/linear_0"] = (3 * dimension, dimension)
        linears[f"layer_{k}/self_attention/linear_1"] = (dimension, dimension)
        linears[f"layer_{k}/ffn/linear_0"] = (4 * dimension, dimension)
        linears[f"layer_{k}/ffn/linear_1"] = (dimension, 4 * dimension)
    for norm in norms:
        shapes |= {f"{norm}/gamma": (dimension,), f"{norm}/beta": (dimension,)}
    for linear, (outs, ins) in linears.items():
        shapes |= {f"{linear}/weight": (outs, ins), f"{linear}/bias": (outs,)}
    return shapes
