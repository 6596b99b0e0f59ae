"""Whisper's encoder as a torch module that gives its hidden states."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
import torch.utils.checkpoint
from torch import nn

from earwitness.encoders.whisper_names import HEAD, PREFIX, shape
from earwitness.errors import BadInput


class Block(nn.Module):
    """One pre-norm transformer block: self-attention, then a feed-forward part."""

    def __init__(self, dimension: int, head: int = HEAD) -> None:
        super().__init__()
        self.head = head
        self.attention_norm = nn.LayerNorm(dimension)
        self.attention_in = nn.Linear(dimension, 3 * dimension)
        self.attention_out = nn.Linear(dimension, dimension)
        self.feed_norm = nn.LayerNorm(dimension)
        self.feed_in = nn.Linear(dimension, 4 * dimension)
        self.feed_out = nn.Linear(4 * dimension, dimension)
        self.feed_activation: nn.Module = nn.GELU()
        self.attend: Callable[..., torch.Tensor] | None = None  # another way, for batches without padding

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Frames `(batch, frames, dimension)` -> the same shape; `mask (batch, frames)` marks true ones."""
        batch, count, dimension = frames.shape
        stacked = self.attention_in(self.attention_norm(frames))
        split = stacked.view(batch, count, 3, dimension // self.head, self.head)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        if self.attend is not None:
            # nothing has gradients then, and the sums need no memory of their own
            told = self.attention_out(self.attend(queries, keys, values)).add_(frames)
            wide = self.feed_activation(self.feed_in(self.feed_norm(told)))
            return self.feed_out(wide).add_(told)
        inside = None if mask is None else mask[:, None, None]
        heard = nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=inside)
        told = heard.transpose(1, 2).reshape(batch, count, dimension)
        frames = frames + self.attention_out(told)
        return frames + self.feed_out(self.feed_activation(self.feed_in(self.feed_norm(frames))))


class WhisperEncoder(nn.Module):
    """Whisper's audio encoder.

    Args:
        dimension: channels of the hidden states.
        blocks: number of transformer blocks.
        bands: mel bands.
        longest: most frames that it can take (1500 = 30 s).
        head: channels of one attention head.

    References:
        Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2023.

    Example:
        >>> WhisperEncoder(64, 2)(torch.zeros(1, 80, 20), layers=(0, 2)).shape
        torch.Size([1, 2, 10, 64])
    """

    def __init__(
        self, dimension: int, blocks: int, *, bands: int = 80, longest: int = 1500, head: int = HEAD
    ) -> None:
        super().__init__()
        self.checkpointing = False
        self.conv1 = nn.Conv1d(bands, dimension, 3, padding=1)
        self.conv2 = nn.Conv1d(dimension, dimension, 3, stride=2, padding=1)
        self.activation: nn.Module = nn.GELU()
        self.positions = nn.Parameter(torch.zeros(longest, dimension), requires_grad=False)
        self.blocks = nn.ModuleList(Block(dimension, head) for _ in range(blocks))
        self.last_norm: nn.Module | None = nn.LayerNorm(dimension)

    def forward(
        self,
        mel: torch.Tensor,
        *,
        layers: Sequence[int] | None = None,
        lengths: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Hidden states of chosen layers.

        Args:
            mel: log-mel spectrogram `(batch, bands, 2 * frames)`.
            layers: 0 = after convolutions and positions, k = after block k, the last one also
                normalised, as transformers has it; all when `None`.
            lengths: true frames of each clip, `(batch,)`; what lies beyond can change nothing
                within. All are true when `None`.

        Returns:
            Shape `(batch, layers, frames, dimension)`.
        """
        wanted = range(len(self.blocks) + 1) if layers is None else layers
        mask = None
        if lengths is not None:
            columns = torch.arange(mel.shape[2], device=mel.device)
            inside = columns < 2 * lengths[:, None]
            mel, mask = mel * inside[:, None], inside[:, ::2]
        first = self.activation(self.conv1(mel))
        if lengths is not None:  # a clip alone is followed by zeros here, too
            first = first * inside[:, None]
        frames = self.activation(self.conv2(first)).transpose(1, 2)
        states = [frames + self.positions[: frames.shape[1]]]
        for block in self.blocks[: max(wanted)]:
            if self.checkpointing and self.training:
                given = torch.utils.checkpoint.checkpoint(block, states[-1], mask, use_reentrant=False)
            else:
                given = block(states[-1], mask)
            states.append(given)
        if self.last_norm is not None and len(states) == len(self.blocks) + 1:
            states[-1] = self.last_norm(states[-1])
        return torch.stack([states[layer] for layer in wanted], dim=1)

    def cut_after(self, layer: int) -> None:
        """Drop the blocks after a layer, which need then not be computed, loaded or trained."""
        if layer < len(self.blocks):
            self.blocks, self.last_norm = self.blocks[:layer], None

    @classmethod
    def from_ctranslate2(cls, arrays: Mapping[str, np.ndarray]) -> WhisperEncoder:
        """Build it from the `encoder/` variables of a CTranslate2 file (`ctranslate2_file.read`).

        Args:
            arrays: name -> array; half-precision weights are widened to float32.

        Raises:
            BadInput: when a variable is missing, left over or has another shape.
        """
        blocks, dimension, bands = shape(arrays)
        longest = len(arrays[PREFIX + "position_encodings/encodings"])
        module = cls(dimension, blocks, bands=bands, longest=longest)
        state = {
            parameter: torch.from_numpy(arrays[PREFIX + variable].astype(np.float32))
            for variable, parameter in _names(blocks).items()
        }
        module.load_state_dict(state)
        return module.eval().requires_grad_(False)

    @classmethod
    def from_hub(cls, weights: Mapping[str, torch.Tensor], *, heads: int) -> WhisperEncoder:
        """Build it from the encoder's weights as transformers names them.

        Args:
            weights: name below `encoder.` -> tensor; widened to float32.
            heads: attention heads.

        Raises:
            BadInput: when a weight is missing or has another shape.
        """
        try:
            dimension, bands, _ = weights["conv1.weight"].shape
            longest = len(weights["embed_positions.weight"])
            blocks = len({name.split(".")[1] for name in weights if name.startswith("layers.")})
            module = cls(dimension, blocks, bands=bands, longest=longest, head=dimension // heads)
            module.load_state_dict(_from_hub(weights, blocks))
        except (KeyError, RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[-1].strip()
            raise BadInput(f"does not hold a Whisper encoder: {reason}") from error
        return module.eval().requires_grad_(False)


def torch_frames(arrays: Mapping[str, np.ndarray], mel: np.ndarray, layers: Sequence[int]) -> np.ndarray:
    """Hidden states of one clip, as torch computes them.

    Args:
        arrays: the `encoder/` variables of a CTranslate2 file.
        mel: log-mel spectrogram `(bands, mel_frames)`; an odd last frame is left out.
        layers: which hidden states.

    Returns:
        Shape `(layers, mel_frames // 2, dimension)`, float32.
    """
    even = mel[None, :, : mel.shape[1] // 2 * 2]
    with torch.no_grad():
        return WhisperEncoder.from_ctranslate2(arrays)(torch.from_numpy(even), layers=layers)[0].numpy()


def _names(blocks: int) -> dict[str, str]:
    """CTranslate2's names of the encoder's variables -> ours."""
    names = {"position_encodings/encodings": "positions"}
    for conv in ("conv1", "conv2"):
        names |= {f"{conv}/{part}": f"{conv}.{part}" for part in ("weight", "bias")}
    norms, linears = {"layer_norm": "last_norm"}, {}
    for k in range(blocks):
        norms[f"layer_{k}/self_attention/layer_norm"] = f"blocks.{k}.attention_norm"
        norms[f"layer_{k}/ffn/layer_norm"] = f"blocks.{k}.feed_norm"
        linears[f"layer_{k}/self_attention/linear_0"] = f"blocks.{k}.attention_in"
        linears[f"layer_{k}/self_attention/linear_1"] = f"blocks.{k}.attention_out"
        linears[f"layer_{k}/ffn/linear_0"] = f"blocks.{k}.feed_in"
        linears[f"layer_{k}/ffn/linear_1"] = f"blocks.{k}.feed_out"
    for theirs, ours in norms.items():
        names |= {f"{theirs}/gamma": f"{ours}.weight", f"{theirs}/beta": f"{ours}.bias"}
    for theirs, ours in linears.items():
        names |= {f"{theirs}/weight": f"{ours}.weight", f"{theirs}/bias": f"{ours}.bias"}
    return names


def _from_hub(weights: Mapping[str, torch.Tensor], blocks: int) -> dict[str, torch.Tensor]:
    """Transformers' weights under our names; queries, keys and values are one matrix here."""
    state = {"positions": weights["embed_positions.weight"]}
    pairs = {"conv1": "conv1", "conv2": "conv2", "last_norm": "layer_norm"}
    for k in range(blocks):
        theirs, ours = f"layers.{k}", f"blocks.{k}"
        pairs |= {
            f"{ours}.attention_norm": f"{theirs}.self_attn_layer_norm",
            f"{ours}.attention_out": f"{theirs}.self_attn.out_proj",
            f"{ours}.feed_norm": f"{theirs}.final_layer_norm",
            f"{ours}.feed_in": f"{theirs}.fc1",
            f"{ours}.feed_out": f"{theirs}.fc2",
        }
        parts = [f"{theirs}.self_attn.{letter}_proj" for letter in "qkv"]
        state[f"{ours}.attention_in.weight"] = torch.cat([weights[f"{part}.weight"] for part in parts])
        queries = weights[f"{parts[0]}.bias"]
        biases = [queries, torch.zeros_like(queries), weights[f"{parts[2]}.bias"]]  # keys have none
        state[f"{ours}.attention_in.bias"] = torch.cat(biases)
    for ours, theirs in pairs.items():
        state |= {f"{ours}.{part}": weights[f"{theirs}.{part}"] for part in ("weight", "bias")}
    return {name: value.float() for name, value in state.items()}
