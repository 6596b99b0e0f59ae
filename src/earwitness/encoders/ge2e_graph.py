"""The GE2E speaker network as an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from earwitness.errors import BadInput, require

BANDS, HIDDEN, LAYERS = 40, 256, 3


def ge2e_graph(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> bytes:
    """An ONNX file of three LSTM layers, a linear layer, a rectifier and a division by the norm.

    Args:
        arrays: the state of the published network, torch's names.
        metadata: strings to be written into the file.

    Returns:
        A file whose graph takes `mel (frames, batch, 40)` and gives `embedding (batch, 256)` of
        length one, both float32.

    Raises:
        BadInput: when an array is missing or has another shape.
        MissingExtra: when `onnx` is not installed.

    References:
        Wan et al., "Generalized End-to-End Loss for Speaker Verification", ICASSP 2018.
    """
    onnx: Any = require("onnx", "train")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    _check(arrays)
    nodes, weights, heard = [], [], "mel"

    def constant(name: str, value: np.ndarray) -> str:
        weights.append(onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    for k in range(LAYERS):
        inputs = [
            heard,
            constant(f"input{k}", _gates(arrays[f"lstm.weight_ih_l{k}"])[None]),
            constant(f"recurrent{k}", _gates(arrays[f"lstm.weight_hh_l{k}"])[None]),
            constant(
                f"bias{k}",
                np.concatenate([_gates(arrays[f"lstm.bias_{side}_l{k}"]) for side in ("ih", "hh")])[None],
            ),
        ]
        nodes.append(
            helper.make_node("LSTM", inputs, [f"all{k}", f"last{k}"], f"lstm{k}", hidden_size=HIDDEN)
        )
        # the axis of directions has length one
        nodes.append(
            helper.make_node("Squeeze", [f"all{k}", constant(f"axis{k}", np.array([1]))], [f"out{k}"])
        )
        heard = f"out{k}"
    last = f"last{LAYERS - 1}"
    nodes.append(helper.make_node("Squeeze", [last, constant("direction", np.array([0]))], ["hidden"]))
    linear = [constant("linear", arrays["linear.weight"]), constant("bias", arrays["linear.bias"])]
    nodes.append(helper.make_node("Gemm", ["hidden", *linear], ["raw"], transB=1))
    nodes.append(helper.make_node("Relu", ["raw"], ["positive"]))
    nodes.append(helper.make_node("ReduceL2", ["positive", constant("channels", np.array([1]))], ["norm"]))
    nodes.append(helper.make_node("Max", ["norm", constant("tiny", np.array([1e-12], np.float32))], ["safe"]))
    nodes.append(helper.make_node("Div", ["positive", "safe"], ["embedding"]))
    graph = helper.make_graph(
        nodes,
        "ge2e",
        [helper.make_tensor_value_info("mel", kind, ["frames", "batch", BANDS])],
        [helper.make_tensor_value_info("embedding", kind, ["batch", HIDDEN])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    helper.set_model_props(model, dict(metadata or {}))
    return model.SerializeToString(deterministic=True)


def _gates(array: np.ndarray) -> np.ndarray:
    """Torch's order of the gates (input, forget, cell, output) to ONNX's (input, output, forget, cell)."""
    entry, forget, cell, out = np.split(np.asarray(array, np.float32), 4)
    return np.concatenate([entry, out, forget, cell])


def _check(arrays: Mapping[str, np.ndarray]) -> None:
    shapes: dict[str, tuple[int, ...]] = {"linear.weight": (HIDDEN, HIDDEN), "linear.bias": (HIDDEN,)}
    for k in range(LAYERS):
        shapes[f"lstm.weight_ih_l{k}"] = (4 * HIDDEN, HIDDEN if k else BANDS)
        shapes[f"lstm.weight_hh_l{k}"] = (4 * HIDDEN, HIDDEN)
        shapes |= {f"lstm.bias_{side}_l{k}": (4 * HIDDEN,) for side in ("ih", "hh")}
    for name, expected in shapes.items():
        found = np.shape(arrays[name]) if name in arrays else None
        if found != expected:
            raise BadInput(f"not the GE2E network: {name} has the shape {found}, expected {expected}")
