"""Make a frozen encoder ready: its matrix products as this processor does them fastest."""

from __future__ import annotations

import copy
import functools
from typing import Any, Literal, cast

import torch
from torch import nn
from torch.nn.utils import parametrize

from earwitness.encoders.convolution_front import PackedConvolution, PackedFront
from earwitness.encoders.fronts import WaveformFront
from earwitness.encoders.hidden_states import HiddenStates
from earwitness.encoders.matrix_products import ONEDNN, Product, WholeNumberProduct, attend
from earwitness.encoders.true_length import attend_in_wavlm
from earwitness.encoders.whisper_torch import Block, WhisperEncoder
from earwitness.errors import BadInput

Precision = Literal["fp32", "bf16", "int8"]

WITHIN = {
    "q_proj", "k_proj", "v_proj", "linear_q", "linear_k", "linear_v",
    "attention_in", "intermediate_dense", "feed_in", "fc1",
}  # fmt: skip
"""Linear maps whose results go into another product, so that they stay bfloat16 where products are."""
OF_ATTENTION = {
    "q_proj", "k_proj", "v_proj", "out_proj", "linear_q", "linear_k", "linear_v", "linear_out",
    "attention_in", "attention_out", "query", "key", "value",
}  # fmt: skip
"""Linear maps that stay bfloat16 with `int8`: rounded to 8 bits, they decide on other frames to attend to."""
WIDENING = {"intermediate_dense": "intermediate_act_fn", "feed_in": "feed_activation", "fc1": "activation_fn"}
"""Linear map -> the activation beside it, which it takes over."""


def pack(states: HiddenStates, precision: Precision, device: str) -> HiddenStates:
    """Make a frozen encoder ready.

    On the processor its linear maps, the convolutions at its front and its attention are done by
    oneDNN. With `bf16` these products take bfloat16 and add in float32; the sums that run through
    the blocks, their norms and the first convolution, which hears the waveform, stay float32.
    With `int8` the linear maps outside attention take 8-bit whole numbers, one scale a frame and
    one an output, and the rest is as with `bf16`. On other devices `bf16` casts the whole module.

    Args:
        states: changed in place.
        precision: of the arithmetic.
        device: of torch.

    Raises:
        BadInput: when the device or the processor cannot do the precision.
    """
    if device.partition(":")[0] != "cpu":
        if precision == "int8":
            raise BadInput(f"precision int8 is not there on {device}; use bf16")
        return states.to(device, torch.float32 if precision == "fp32" else torch.bfloat16)
    if precision != "fp32" and not (ONEDNN and torch.ops.mkldnn._is_mkldnn_bf16_supported()):
        raise BadInput(f"this processor cannot do {precision}; use fp32")
    if not ONEDNN:
        return states
    kind = torch.float32 if precision == "fp32" else torch.bfloat16
    if isinstance(states.front, WaveformFront):
        _pack_front(states.model, kind)
    if isinstance(states.model, WhisperEncoder):  # the first hears the spectrogram, and stays float32
        states.model.conv1 = PackedConvolution(states.model.conv1, torch.float32, gelu=True)  # type: ignore[assignment]
        states.model.conv2 = PackedConvolution(states.model.conv2, kind, gelu=True)  # type: ignore[assignment]
        states.model.activation = nn.Identity()
    for module in list(states.model.modules()):
        if isinstance(module, Block):
            _scale_queries(module)
        if precision == "int8" and isinstance(module, Block):
            _even_out(module.feed_norm, module.feed_in)
        _pack_linear(module, precision)
    _pack_attention(states.model)
    return states


def twin(states: HiddenStates) -> HiddenStates:
    """The same module once more, over the same weights, for another thread.

    Args:
        states: packed; nothing of it may be changed afterwards.

    Example:
        >>> one = nn.Linear(2, 2)
        >>> other = twin(one)
        >>> other is one, other.weight is one.weight
        (False, True)
    """
    shared = {
        id(value): value
        for module in states.modules()
        for held in (vars(module), module._parameters, module._buffers)
        for value in held.values()
        if isinstance(value, torch.Tensor)
    }
    return copy.deepcopy(states, shared)


def _pack_front(model: Any, kind: torch.dtype) -> None:
    packed = PackedFront.of(model.feature_extractor, kind)
    if packed is not None:
        model.feature_extractor = packed
    convolution = model.encoder.pos_conv_embed.conv
    if parametrize.is_parametrized(convolution):  # else its weight is computed anew for every clip
        parametrize.remove_parametrizations(convolution, "weight")
    if kind != torch.float32:
        model.encoder.pos_conv_embed.conv = _Cast(convolution, kind)


class _Cast(nn.Module):
    """A module in another type whose input and output are float32."""

    def __init__(self, inner: nn.Module, kind: torch.dtype) -> None:
        super().__init__()
        self.inner, self.kind = inner.to(kind), kind

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.inner(frames.to(self.kind)).float()


class _Pointwise(nn.Module):
    """A convolution of width one over `(batch, channels, time)`, as a product."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.inner(frames.transpose(1, 2)).transpose(1, 2)


def _pack_linear(owner: nn.Module, precision: Precision) -> None:
    for name, part in list(owner.named_children()):
        pointwise = isinstance(part, nn.Conv1d) and part.kernel_size == (1,) and part.groups == 1
        if type(part) is not nn.Linear and not pointwise:
            continue
        gelu = False
        if name in WIDENING and _is_gelu(getattr(owner, WIDENING[name], None)):
            gelu = True
            setattr(owner, WIDENING[name], nn.Identity())
        weight: torch.Tensor = part.weight.flatten(1)  # type: ignore[operator]
        bias: Any = part.bias
        kept = torch.bfloat16 if precision != "fp32" and name in WITHIN else torch.float32
        packed: nn.Module
        if precision == "int8" and name not in OF_ATTENTION:
            packed = WholeNumberProduct(weight, bias, given=kept, gelu=gelu)
        else:
            kind = torch.float32 if precision == "fp32" else torch.bfloat16
            packed = Product(weight, bias, precision=kind, given=kept, gelu=gelu)
        setattr(owner, name, _Pointwise(packed) if pointwise else packed)


def _scale_queries(block: Block) -> None:
    """Take the scale of attention into the weights; over 64 channels it is a power of two, and exact."""
    linear, dimension = block.attention_in, block.attention_out.out_features
    scale = torch.ones(3 * dimension, 1)
    scale[:dimension] = block.head**-0.5
    linear.weight = nn.Parameter(linear.weight * scale, requires_grad=False)
    linear.bias = nn.Parameter(linear.bias * scale[:, 0], requires_grad=False)


def _even_out(norm: nn.LayerNorm, linear: nn.Linear) -> None:
    """Shrink the channels that a norm makes large, and widen the weights that hear them.

    The result is the same, but no channel takes the 8 bits of all others. How large a channel
    gets is read off the norm itself, where the reference looks at recordings.

    References:
        Xiao et al., "SmoothQuant", ICML 2023, equation 4 with a migration strength of 0.75.
    """
    size = (norm.bias.abs() + 2 * norm.weight.abs()).clamp(min=1e-5)
    scale = size**0.75 / linear.weight.abs().amax(0).clamp(min=1e-5) ** 0.25
    norm.weight, norm.bias, linear.weight = (
        nn.Parameter(value, requires_grad=False)
        for value in (norm.weight / scale, norm.bias / scale, linear.weight * scale)
    )


def _is_gelu(activation: Any) -> bool:
    """Whether it is the exact GELU: transformers' has no approximation, torch's says so."""
    name = type(activation).__name__
    return name == "GELUActivation" or (name == "GELU" and activation.approximate == "none")


def _pack_attention(model: Any) -> None:
    if isinstance(model, WhisperEncoder):
        for block in cast(list[Block], model.blocks):
            block.attend = functools.partial(attend, scale=1.0)
        return
    attend_in_wavlm(model, attend)
    if type(model).__name__.startswith(("WavLM", "Clap")):
        return
    from transformers import AttentionInterface

    AttentionInterface.register("earwitness", _as_transformers_asks)
    model.set_attn_implementation("earwitness")


def _as_transformers_asks(
    _module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    position_bias: torch.Tensor | None = None,
    **_settings: Any,
) -> tuple[torch.Tensor, None]:
    """Our attention under transformers' convention: `(batch, frames, heads, head)`."""
    batch, heads, frames, head = query.shape
    bias = attention_mask if position_bias is None else position_bias
    if bias is not None:
        bias = bias.expand(batch, heads, frames, frames)
    given = attend(query, key, value.to(query.dtype), bias=bias, scale=scaling)
    return given.view(batch, frames, heads, head), None
