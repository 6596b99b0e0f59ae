"""What keeps padding out of a batch: a group norm over true frames, and WavLM's attention in the open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class TrueLengthGroupNorm(nn.GroupNorm):
    """A group norm with one group a channel, taken over the true frames of each clip alone.

    Every front end of a wav2vec 2.0 base has one; over a padded batch its mean and variance take
    in the padding, so that a clip's frames depend on the longest one beside it.

    Args:
        norm: the group norm that it takes the place of; its weights are shared.

    Example:
        >>> norm = TrueLengthGroupNorm(nn.GroupNorm(2, 2))
        >>> clip = torch.randn(1, 2, 5)
        >>> norm.lengths = torch.tensor([5])
        >>> padded = norm(torch.nn.functional.pad(clip, (0, 3)))[..., :5]
        >>> norm.lengths = None
        >>> bool(torch.allclose(padded, norm(clip), atol=1e-6))
        True
    """

    lengths: torch.Tensor | None

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__(norm.num_groups, norm.num_channels, eps=norm.eps, affine=False)
        self.weight, self.bias = norm.weight, norm.bias
        self.lengths = None

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Frames `(batch, channels, time)`; true ones by `lengths (batch,)`, all when `None`."""
        if self.lengths is None:
            return super().forward(frames)
        inside = torch.arange(frames.shape[2], device=frames.device) < self.lengths[:, None]
        inside = inside[:, None].to(frames.dtype)
        count = self.lengths.clamp(min=1)[:, None, None].to(frames.dtype)
        mean = (frames * inside).sum(2, keepdim=True) / count
        spread = (((frames - mean) * inside) ** 2).sum(2, keepdim=True) / count
        scaled = (frames - mean) * torch.rsqrt(spread + self.eps)
        return scaled * self.weight[:, None] + self.bias[:, None]


def keep_padding_out(model: nn.Module) -> list[TrueLengthGroupNorm]:
    """Make a model of the wav2vec 2.0 family exact in padded batches.

    Args:
        model: changed in place.

    Returns:
        Its group norms, whose `lengths` are to be set before a padded batch.
    """
    norms = []
    for layer in model.feature_extractor.conv_layers:  # type: ignore[union-attr]
        if isinstance(getattr(layer, "layer_norm", None), nn.GroupNorm):
            layer.layer_norm = TrueLengthGroupNorm(layer.layer_norm)
            norms.append(layer.layer_norm)
    return norms


def open_wavlm_attention(model: nn.Module) -> None:
    """Let WavLM's attention call its linear maps, so that adapters and packed weights take part.

    Transformers hands the weights themselves to a function of torch: low-rank adapters on them
    are then silently without effect.

    Args:
        model: changed in place.
    """
    from transformers.models.wavlm.modeling_wavlm import WavLMAttention

    class OpenAttention(WavLMAttention):
        attend: Callable[..., torch.Tensor] | None = None

        def torch_multi_head_self_attention(
            self, hidden_states: Any, attention_mask: Any, gated_position_bias: Any
        ) -> Any:
            batch, count, dimension = hidden_states.shape
            queries, keys, values = (
                linear(hidden_states).view(batch, count, self.num_heads, -1).transpose(1, 2)
                for linear in (self.q_proj, self.k_proj, self.v_proj)
            )
            bias = gated_position_bias.view(batch, self.num_heads, count, count)
            if self.attend is not None:
                return self.out_proj(self.attend(queries, keys, values, bias=bias)), None
            if attention_mask is not None:
                bias = bias.masked_fill(~attention_mask.bool()[:, None, None], float("-inf"))
            dropout = self.dropout if self.training else 0.0
            heard = nn.functional.scaled_dot_product_attention(
                queries, keys, values, attn_mask=bias.to(queries.dtype), dropout_p=dropout
            )
            return self.out_proj(heard.transpose(1, 2).reshape(batch, count, dimension)), None

    for module in model.modules():
        if isinstance(module, WavLMAttention):
            module.__class__ = OpenAttention


def attend_in_wavlm(model: nn.Module, attend: Callable[..., torch.Tensor]) -> None:
    """Give opened WavLM attention another way to attend, for whole batches without padding.

    Args:
        model: changed in place; one without WavLM's attention is left as it is.
        attend: as `matrix_products.attend`.
    """
    for module in model.modules():
        if type(module).__name__ == "OpenAttention":
            module.__dict__["attend"] = attend
