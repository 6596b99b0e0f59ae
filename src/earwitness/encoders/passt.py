"""PaSST: a transformer over patches of a mel spectrogram at 32 kHz, from its published checkpoint."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence

import numpy as np
import scipy.fft
import torch
from torch import nn

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.one_by_one import OneByOne, in_parts
from earwitness.encoders.published_file import published_file, published_state
from earwitness.encoders.torch_state import fill
from earwitness.errors import BadInput

PATTERN = "**/passt-s-*.pt"
LONGEST = 10 * 32_000
"""Samples that the network takes. A longer recording is heard in equal parts, their vectors averaged;
the package that its authors publish takes overlapping windows every 2.5 s, at four times the cost."""
SHORTEST = 16 * 320
"""Samples of one column of patches, to which a shorter clip is filled up."""
STRIDE = 10
HEAD = 64
"""Width of one attention head; the checkpoint does not say, its 12 heads share 768."""
WINDOW, TRANSFORM, HOP = 800, 1024, 320
HIGHEST = 15_000.0
"""Hz at which the last filter ends, when nothing is augmented."""


def load_passt(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - torch's own threads
    sha256: str | None = None,
) -> OneByOne:
    """PaSST's embedding, the mean of its two class tokens (`embed_only` of its authors' package).

    The network is written anew here, since that package brings torchaudio and timm with it.

    Args:
        entry: of the catalogue.
        weights: the published `passt-s-....pt`, or a folder with it; else in `EARWITNESS_WEIGHTS`.
        layers: must be `None`.
        threads: not used.
        sha256: that the file must have.

    Raises:
        BadInput: when there are no weights, or they are other ones than the network has.

    References:
        Koutini et al.: Efficient training of audio transformers with patchout. Interspeech 2022.
    """
    if layers is not None:
        raise BadInput("has no layers to choose from", where=entry.name)
    path = published_file(entry, weights, PATTERN)
    found, published = published_state(path, sha256)
    state = {
        name.removeprefix("net."): value
        for name, value in published.items()
        if not name.removeprefix("net.").startswith(("head", "mel.", "device_proxy"))
    }
    try:
        network = Passt(state)
    except KeyError as error:
        raise BadInput(f"does not fit: {error.args[0]} is missing", where=str(path)) from error
    fill(network, state, str(path))

    def hear(samples: np.ndarray) -> np.ndarray:
        filled = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
        with torch.inference_mode():
            return network(torch.from_numpy(spectrogram(filled))[None])[0].numpy()

    return OneByOne(entry, f"{found[:12]}-1", in_parts(hear, longest=LONGEST), dimension=network.width)


def spectrogram(samples: np.ndarray) -> np.ndarray:
    """What PaSST hears.

    Args:
        samples: shape `(samples,)`, float32, 32 kHz.

    Returns:
        Shape `(128, frames)` float32: log power in mel bands after pre-emphasis, shifted and scaled as
        published.

    Example:
        >>> spectrogram(np.zeros(32_000, np.float32)).shape
        (128, 100)
    """
    emphasised = samples[1:].astype(np.float64) - 0.97 * samples[:-1]
    padded = np.pad(emphasised, TRANSFORM // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, TRANSFORM)[::HOP]
    spectrum = scipy.fft.rfft(windows * _window(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    return ((np.log(_mel() @ power.T + 1e-5) + 4.5) / 5).astype(np.float32)


@functools.cache
def _window() -> np.ndarray:
    margin = (TRANSFORM - WINDOW) // 2
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
    return np.pad(hann, (margin, TRANSFORM - WINDOW - margin))


@functools.cache
def _mel(bands: int = 128) -> np.ndarray:
    """Kaldi's triangles, straight on the mel scale, from 0 Hz; the bin at half the rate is left out."""

    def mel(hertz: np.ndarray | float) -> np.ndarray:
        return 1127 * np.log(1 + np.asarray(hertz) / 700)

    edges = np.linspace(0, mel(HIGHEST), bands + 2)
    places = mel(np.arange(TRANSFORM // 2) * 32_000 / TRANSFORM)
    rising = (places - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - places) / (edges[2:] - edges[1:-1])[:, None]
    return np.pad(np.maximum(0, np.minimum(rising, falling)), ((0, 0), (0, 1)))


class Passt(nn.Module):
    """The transformer, with the sizes that its weights have and under their published names.

    Args:
        state: name -> tensor, of the checkpoint.
    """

    def __init__(self, state: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        kernel = state["patch_embed.proj.weight"]
        self.width = len(kernel)
        size = (kernel.shape[2], kernel.shape[3])
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(1, self.width, size, STRIDE)})
        self.cls_token = nn.Parameter(torch.zeros(state["cls_token"].shape))
        self.dist_token = nn.Parameter(torch.zeros(state["dist_token"].shape))
        self.new_pos_embed = nn.Parameter(torch.zeros(state["new_pos_embed"].shape))
        self.freq_new_pos_embed = nn.Parameter(torch.zeros(state["freq_new_pos_embed"].shape))
        self.time_new_pos_embed = nn.Parameter(torch.zeros(state["time_new_pos_embed"].shape))
        depth = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("blocks."))
        inner = len(state["blocks.0.mlp.fc1.weight"])
        self.blocks = nn.Sequential(*(_Block(self.width, inner) for _ in range(depth)))
        self.norm = nn.LayerNorm(self.width, eps=1e-6)

    def forward(self, spectrograms: torch.Tensor) -> torch.Tensor:
        """(batch, bands, frames) -> (batch, width)."""
        patches = self.patch_embed["proj"](spectrograms[:, None])
        places = self.time_new_pos_embed[..., : patches.shape[-1]] + self.freq_new_pos_embed
        tokens = (patches[..., : places.shape[-1]] + places).flatten(2).transpose(1, 2)
        named = torch.cat([self.cls_token, self.dist_token], 1) + self.new_pos_embed
        tokens = torch.cat([named.expand(len(tokens), -1, -1), tokens], 1)
        out: torch.Tensor = self.norm(self.blocks(tokens)[:, :2]).mean(1)
        return out


class _Block(nn.Module):
    """Attention and a dense layer, each with its norm before it."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.heads = max(1, width // HEAD)
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn = nn.ModuleDict({"qkv": nn.Linear(width, 3 * width), "proj": nn.Linear(width, width)})
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, inner), "fc2": nn.Linear(inner, width)})

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(batch, tokens, width) -> the same."""
        batch, count, width = tokens.shape
        parts = self.attn["qkv"](self.norm1(tokens)).view(batch, count, 3, self.heads, -1)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        heard = nn.functional.scaled_dot_product_attention(queries, keys, values)
        tokens = tokens + self.attn["proj"](heard.transpose(1, 2).reshape(batch, count, width))
        wide = nn.functional.gelu(self.mlp["fc1"](self.norm2(tokens)))
        out: torch.Tensor = tokens + self.mlp["fc2"](wide)
        return out
