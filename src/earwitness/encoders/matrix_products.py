"""Matrix products on the processor by oneDNN, in float32, bfloat16 or int8.

torch hands float32 products to MKL, which takes twice as long as oneDNN on processors that are
not Intel's; and its attention in bfloat16 is no faster than in float32. What is here is for
frozen encoders only: nothing has gradients.
"""

from __future__ import annotations

import torch
from torch import nn

ONEDNN = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
"""Whether this torch has the product that its own compiler uses."""


WHOLE = ONEDNN and hasattr(torch.ops.onednn, "qlinear_pointwise") and torch.cpu._is_vnni_supported()
"""Whether oneDNN's product of bytes is exact here: without VNNI it adds them in 16 bits."""
MOST_ROWS = 768
"""Frames whose scores are held at once: those of a head then stay in the cache."""


def product(
    frames: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None, *, gelu: bool = False
) -> torch.Tensor:
    """`frames @ weight.T + bias`, and GELU after it where asked.

    Args:
        frames: shape `(..., ins)`, float32 or bfloat16.
        weight: shape `(outs, ins)`, of the same type.
        bias: shape `(outs,)`, of the same type.
        gelu: apply the exact GELU.

    Returns:
        Shape `(..., outs)`, of the same type.

    Example:
        >>> product(torch.ones(2, 3), torch.ones(4, 3)).tolist()
        [[3.0, 3.0, 3.0, 3.0], [3.0, 3.0, 3.0, 3.0]]
    """
    # rows that do not fill a vector register take it longer than MKL
    if ONEDNN and frames.device.type == "cpu" and weight.shape[1] >= 16:
        kind = "gelu" if gelu else "none"
        return torch.ops.mkldnn._linear_pointwise(frames, weight, bias, kind, [], "none")
    given = nn.functional.linear(frames, weight, bias)
    return nn.functional.gelu(given) if gelu else given


def attend(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    *,
    bias: torch.Tensor | None = None,
    scale: float | None = None,
) -> torch.Tensor:
    """Attention of every frame to every frame, head by head.

    Args:
        queries: shape `(batch, heads, frames, head)`, float32 or bfloat16.
        keys: of the same shape.
        values: of the same shape.
        bias: added to the scores, `(batch, heads, frames, frames)`.
        scale: of the scores; one over the root of the head's channels when `None`.

    Returns:
        Shape `(batch, frames, heads * head)`.

    Example:
        >>> q, k, v = (torch.randn(1, 2, 5, 4) for _ in range(3))
        >>> theirs = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        >>> bool(torch.allclose(attend(q, k, v), theirs, atol=1e-5))
        True
    """
    batch, heads, frames, head = queries.shape
    queries = queries.contiguous() if scale == 1.0 else (queries * (scale or head**-0.5)).contiguous()
    keys, values = (
        keys.contiguous(),
        values.contiguous(),
    )  # far-apart rows take oneDNN a hundred times as long
    rows = -(-frames // -(-frames // MOST_ROWS))
    heard = queries.new_empty(batch, frames, heads, head)
    for b in range(batch):
        for h in range(heads):
            keys_across = keys[b, h].t()
            values_across = None if queries.dtype == torch.bfloat16 else values[b, h].t().contiguous()
            for start in range(0, frames, rows):
                part = slice(start, start + rows)
                if values_across is None:
                    scores = queries[b, h, part] @ keys_across
                else:
                    scores = product(queries[b, h, part], keys[b, h])
                if bias is not None:
                    scores += bias[b, h, part]
                if values_across is None:
                    _sum_by_weight(scores, values[b, h], heard[b, part, h])
                else:
                    heard[b, part, h] = product(torch.softmax(scores, -1), values_across)
    return heard.flatten(2)


def _sum_by_weight(scores: torch.Tensor, values: torch.Tensor, heard: torch.Tensor) -> None:
    """`softmax(scores) @ values` in bfloat16, divided at the end; without a maximum, which costs most."""
    weights = torch.exp(scores)
    total = weights.sum(-1, keepdim=True, dtype=torch.float32)
    least, most = torch.aminmax(total)
    if least > 1e-20 and most < 1e30:
        torch.div(weights @ values, total, out=heard)
    else:  # scores so far from 0 are rare, but a sum without digits would be wrong
        heard.copy_(torch.softmax(scores, -1) @ values)


def _blocked(weight: torch.Tensor) -> torch.Tensor:
    """A weight in the order in which oneDNN reads it, for any number of rows; the product is the same."""
    if not ONEDNN or weight.device.type != "cpu" or weight.shape[1] < 16:
        return weight
    return torch.ops.mkldnn._reorder_linear_weight(weight)


class Product(nn.Module):
    """A frozen linear map.

    Args:
        weight: shape `(outs, ins)`, float32.
        bias: shape `(outs,)` or `None`.
        precision: type in which products are taken.
        given: type of the result.
        gelu: apply the exact GELU to it.
    """

    weight: torch.Tensor
    bias: torch.Tensor | None

    def __init__(
        self,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        *,
        precision: torch.dtype = torch.float32,
        given: torch.dtype = torch.float32,
        gelu: bool = False,
    ) -> None:
        super().__init__()
        self.given, self.gelu, self.kind = given, gelu, precision
        self.register_buffer("weight", _blocked(weight.detach().to(precision).contiguous()))
        self.register_buffer("bias", None if bias is None else bias.detach().to(precision))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Frames `(..., ins)` -> `(..., outs)`."""
        return product(frames.to(self.kind), self.weight, self.bias, gelu=self.gelu).to(self.given)


class WholeNumberProduct(nn.Module):
    """A frozen linear map in int8, with one scale a row of the frames and one an output.

    A frame's scale depends on that frame alone, so that its companions cannot change it.

    Args:
        weight: shape `(outs, ins)`, float32.
        bias: shape `(outs,)` or `None`.
        given: type of the result.
        gelu: apply the exact GELU to it.
    """

    weight: torch.Tensor
    scale: torch.Tensor
    zeros: torch.Tensor
    bias: torch.Tensor

    def __init__(
        self,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        *,
        given: torch.dtype = torch.float32,
        gelu: bool = False,
    ) -> None:
        super().__init__()
        self.given, self.gelu = given, gelu
        weight = weight.detach()
        scale = weight.abs().amax(1).clamp(min=1e-12) / 127
        whole = torch.round(weight / scale[:, None]).to(torch.int8)
        self.register_buffer("scale", scale)
        zero = weight.new_zeros(len(weight))
        self.register_buffer("bias", zero if bias is None else bias.detach().clone())
        self.outs, ins = weight.shape
        # below 16 inputs, oneDNN's product of bytes takes longer than it should
        self.packed = torch.ops.onednn.qlinear_prepack(whole, None) if WHOLE and ins >= 16 else None
        self.register_buffer("weight", whole.t() if self.packed is None else whole.new_empty(0))
        self.register_buffer("zeros", torch.zeros(self.outs, dtype=torch.long))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Frames `(..., ins)` -> `(..., outs)`."""
        rows = frames.reshape(-1, frames.shape[-1]).float()
        size = rows.abs().amax(1, keepdim=True).clamp(min=1e-12)
        bytes_ = (rows * (127 / size)).round_().to(torch.int8)
        if self.packed is None:
            given = torch._int_mm(bytes_, self.weight).float().mul_(self.scale)
        else:
            given = torch.ops.onednn.qlinear_pointwise(
                bytes_.view(torch.uint8).bitwise_xor_(128), 1.0, 128, self.packed, self.scale, self.zeros,
                None, 1.0, 0, torch.float32, "none", [], "",
            )  # fmt: skip
        given = torch.addcmul(self.bias, given, size / 127)
        given = nn.functional.gelu(given) if self.gelu else given
        return given.to(self.given).view(*frames.shape[:-1], self.outs)
