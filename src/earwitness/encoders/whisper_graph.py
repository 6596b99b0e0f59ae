"""Whisper's encoder as an ONNX graph, cut off after the last layer that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from earwitness.encoders.whisper_names import HEAD, PREFIX, shape
from earwitness.errors import require

OPSET = 20
"""Has Gelu as one node, and all that onnxruntime 1.20 reads."""

Stored = Literal["fp32", "fp16"]


class Graph:
    """A growing ONNX graph whose weights may be stored in half precision.

    A half-precision weight is followed by a cast to float32. onnxruntime folds it when it loads
    the file, so that the file is half as large and the arithmetic is float32 all the same.

    Args:
        stored: precision of the weights in the file.
    """

    def __init__(self, stored: Stored) -> None:
        self.onnx: Any = require("onnx", "train")
        self.stored = stored
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add an operator and give back its output's name."""
        self.nodes.append(
            self.onnx.helper.make_node(operator, list(inputs), [output], name=output, **attributes)
        )
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        """Add an array as it is."""
        self.weights.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str, value: np.ndarray) -> str:
        """Add an array that the graph sees as float32, in the precision it is stored in."""
        if self.stored == "fp32":
            return self.constant(name, value.astype(np.float32))
        self.constant(f"{name}.stored", value.astype(np.float16))
        return self.node("Cast", [f"{name}.stored"], name, to=self.onnx.TensorProto.FLOAT)

    def linear(self, name: str, frames: str, weight: np.ndarray, bias: np.ndarray) -> str:
        """`frames @ weight.T + bias`, with `weight` of shape `(out, in)`."""
        product = self.node("MatMul", [frames, self.weight(f"{name}.weight", weight.T)], f"{name}.product")
        return self.node("Add", [product, self.weight(f"{name}.bias", bias)], name)

    def norm(self, name: str, frames: str, get: Mapping[str, np.ndarray], theirs: str) -> str:
        """Layer norm over the last axis, with the weights that the source calls `theirs`."""
        gamma, beta = (self.weight(f"{name}.{part}", get[f"{theirs}/{part}"]) for part in ("gamma", "beta"))
        inputs = [frames, gamma, beta]
        return self.node("LayerNormalization", inputs, name, axis=-1, epsilon=1e-5)


def whisper_graph(
    arrays: Mapping[str, np.ndarray],
    layers: Sequence[int],
    *,
    stored: Stored = "fp16",
    longest: int | None = None,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """An ONNX file that gives chosen hidden states of Whisper's encoder.

    Args:
        arrays: the `encoder/` variables of a CTranslate2 file (`ctranslate2_file.read`).
        layers: 0 = after convolutions and positions, k = after block k, the last one also
            normalised; in rising order.
        stored: precision of the weights in the file; the arithmetic is float32.
        longest: most frames that the graph takes; as many as the model when `None`.
        metadata: strings to be written into the file.

    Returns:
        A file whose graph takes `mel (batch, bands, 2 * frames)` and gives
        `frames (batch, layers, frames, dimension)`, both float32.

    Raises:
        MissingExtra: when `onnx` is not installed.
        BadInput: when the arrays are not a Whisper encoder's.
        ValueError: when a layer does not exist or the order is not rising.
    """
    blocks, dimension, bands = shape(arrays)
    if list(layers) != sorted(set(layers)) or not layers or not 0 <= layers[0] <= layers[-1] <= blocks:
        raise ValueError(f"layers must rise and lie in 0..{blocks}, got {list(layers)}")
    graph = Graph(stored)
    get = {name.removeprefix(PREFIX): value for name, value in arrays.items()}
    states = [_front(graph, get, longest)]
    for k in range(layers[-1]):
        states.append(_block(graph, get, k, states[-1], dimension // HEAD))
    if layers[-1] == blocks:  # as transformers has it: the last state is normalised
        states[-1] = graph.norm("last_norm", states[-1], get, "layer_norm")
    axis = graph.constant("layer_axis", np.array([1], np.int64))
    stacked = [graph.node("Unsqueeze", [states[k], axis], f"layer{k}") for k in layers]
    graph.node("Concat", stacked, "frames", axis=1)
    return _file(graph, bands, len(layers), dimension, metadata or {})


def _front(graph: Graph, get: Mapping[str, np.ndarray], longest: int | None) -> str:
    """Two convolutions and the positions -> `(batch, frames, dimension)`."""
    heard = "mel"
    for name, stride in (("conv1", 1), ("conv2", 2)):
        inputs = [heard, graph.weight(f"{name}.weight", get[f"{name}/weight"])]
        inputs.append(graph.weight(f"{name}.bias", get[f"{name}/bias"]))
        heard = graph.node("Conv", inputs, f"{name}.linear", kernel_shape=[3], pads=[1, 1], strides=[stride])
        heard = graph.node("Gelu", [heard], name)
    frames = graph.node("Transpose", [heard], "front", perm=[0, 2, 1])
    positions = graph.weight("positions", get["position_encodings/encodings"][:longest])
    count = graph.node("Shape", [frames], "count", start=1, end=2)
    zero = graph.constant("zero", np.array([0], np.int64))
    return graph.node("Add", [frames, graph.node("Slice", [positions, zero, count, zero], "here")], "state0")


def _block(graph: Graph, get: Mapping[str, np.ndarray], k: int, frames: str, heads: int) -> str:
    """Transformer block `k` -> the state after it."""
    own, theirs = f"block{k}", f"layer_{k}/self_attention"
    normed = graph.norm(f"{own}.norm", frames, get, f"{theirs}/layer_norm")
    stacked = [
        graph.linear(f"{own}.{part}", normed, weight, bias)
        for part, weight, bias in zip(
            ("queries", "keys", "values"),
            np.split(get[f"{theirs}/linear_0/weight"], 3),
            np.split(get[f"{theirs}/linear_0/bias"], 3),
            strict=True,
        )
    ]
    heard = graph.node("MultiHeadAttention", stacked, f"{own}.heard", domain="com.microsoft", num_heads=heads)
    told = _linear(graph, f"{own}.out", heard, get, f"{theirs}/linear_1")
    frames = graph.node("Add", [frames, told], f"{own}.attended")
    normed = graph.norm(f"{own}.feed", frames, get, f"layer_{k}/ffn/layer_norm")
    wide = _linear(graph, f"{own}.wide", normed, get, f"layer_{k}/ffn/linear_0")
    wide = graph.node("Gelu", [wide], f"{own}.gelu")
    narrow = _linear(graph, f"{own}.narrow", wide, get, f"layer_{k}/ffn/linear_1")
    return graph.node("Add", [frames, narrow], f"state{k + 1}")


def _linear(graph: Graph, name: str, frames: str, get: Mapping[str, np.ndarray], theirs: str) -> str:
    return graph.linear(name, frames, get[f"{theirs}/weight"], get[f"{theirs}/bias"])


def _file(graph: Graph, bands: int, layers: int, dimension: int, metadata: Mapping[str, str]) -> bytes:
    helper, kind = graph.onnx.helper, graph.onnx.TensorProto.FLOAT
    mel = helper.make_tensor_value_info("mel", kind, ["batch", bands, "mel_frames"])
    frames = helper.make_tensor_value_info("frames", kind, ["batch", layers, "frames", dimension])
    whole = helper.make_graph(graph.nodes, "whisper_encoder", [mel], [frames], graph.weights)
    sets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(whole, opset_imports=sets, ir_version=9, producer_name="earwitness")
    helper.set_model_props(model, dict(metadata))
    return model.SerializeToString(deterministic=True)
