"""Whisper's encoder as a torch module that gives its hidden states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from earwitness.encoders.whisper_names import HEAD, PREFIX, shape


class Block(nn.Module):
    """One pre-norm transformer block: self-attention, then a feed-forward part."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(dimension)
        self.attention_in = nn.Linear(dimension, 3 * dimension)
        self.attention_out = nn.Linear(dimension, dimension)
        self.feed_norm = nn.LayerNorm(dimension)
        self.feed_in = nn.Linear(dimension, 4 * dimension)
        self.feed_out = nn.Linear(4 * dimension, dimension)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Frames `(batch, frames, dimension)` -> the same shape."""
        batch, count, dimension = frames.shape
        stacked = self.attention_in(self.attention_norm(frames))
        queries, keys, values = stacked.view(batch, count, 3, dimension // HEAD, HEAD).permute(2, 0, 3, 1, 4)
        heard = nn.functional.scaled_dot_product_attention(queries, keys, values)
        frames = frames + self.attention_out(heard.transpose(1, 2).reshape(batch, count, dimension))
        return frames + self.feed_out(nn.functional.gelu(self.feed_in(self.feed_norm(frames))))


class WhisperEncoder(nn.Module):
    """Whisper's audio encoder.

    Args:
        dimension: channels of the hidden states.
        blocks: number of transformer blocks.
        bands: mel bands.
        longest: most frames that it can take (1500 = 30 s).

    References:
        Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2023.

    Example:
        >>> WhisperEncoder(64, 2)(torch.zeros(1, 80, 20), layers=(0, 2)).shape
        torch.Size([1, 2, 10, 64])
    """

    def __init__(self, dimension: int, blocks: int, *, bands: int = 80, longest: int = 1500) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(bands, dimension, 3, padding=1)
        self.conv2 = nn.Conv1d(dimension, dimension, 3, stride=2, padding=1)
        self.positions = nn.Parameter(torch.zeros(longest, dimension), requires_grad=False)
        self.blocks = nn.ModuleList(Block(dimension) for _ in range(blocks))
        self.last_norm = nn.LayerNorm(dimension)

    def forward(
        self, mel: torch.Tensor, *, layers: Sequence[int] | None = None, normalise_last: bool = False
    ) -> torch.Tensor:
        """Hidden states of chosen layers.

        Args:
            mel: log-mel spectrogram `(batch, bands, 2 * frames)`, all of the same true length.
            layers: 0 = after convolutions and positions, k = after block k; all when `None`.
            normalise_last: apply the final layer norm to the state after the last block.

        Returns:
            Shape `(batch, layers, frames, dimension)`.
        """
        wanted = range(len(self.blocks) + 1) if layers is None else layers
        frames = nn.functional.gelu(self.conv2(nn.functional.gelu(self.conv1(mel)))).transpose(1, 2)
        states = [frames + self.positions[: frames.shape[1]]]
        for block in self.blocks[: max(wanted)]:
            states.append(block(states[-1]))
        if normalise_last and len(states) == len(self.blocks) + 1:
            states[-1] = self.last_norm(states[-1])
        return torch.stack([states[layer] for layer in wanted], dim=1)

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
