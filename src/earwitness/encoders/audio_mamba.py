"""Audio Mamba (SSAM): a state space model over patches of a mel spectrogram, from published checkpoints."""

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
from earwitness.layers.selective_scan import MambaMixer

FRAMES, BANDS = 200, 80
"""Of a stretch that the network hears at once (2 s)."""
WINDOW, HOP = 400, 160
LOWEST, HIGHEST = 50.0, 8_000.0


def load_audio_mamba(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - torch's own threads
    sha256: str | None = None,
) -> OneByOne:
    """Audio Mamba's scene embedding, the mean over what its official release gives.

    The release needs CUDA (`mamba-ssm`); the network is written anew here and runs anywhere. Recordings
    beyond 30 s are heard in parts, each with a mean and deviation of its own.

    Args:
        entry: of the catalogue; the last word of its name is the size.
        weights: a `checkpoint-....pth`, or the folder that holds the release's folders; else in
            `EARWITNESS_WEIGHTS`.
        layers: must be `None`.
        threads: not used.
        sha256: that the file must have.

    Raises:
        BadInput: when there are no weights, or they are other ones than the network has.

    References:
        Yadav and Tan: Audio Mamba: selective state spaces for self-supervised audio representations.
        Interspeech 2024.
    """
    if layers is not None:
        raise BadInput("has no layers to choose from", where=entry.name)
    size = entry.name.rpartition("-")[2]
    path = published_file(entry, weights, f"**/ssam_{size}_200_16x4*/checkpoints/*.pth")
    found, published = published_state(path, sha256, within="model")
    left_out = ("decoder", "mask_token", "pred", "loss")  # of the pretraining
    state = {name: value for name, value in published.items() if not name.startswith(left_out)}
    try:
        network = AudioMamba(state)
    except KeyError as error:
        raise BadInput(f"does not fit: {error.args[0]} is missing", where=str(path)) from error
    fill(network, state, str(path))

    def hear(samples: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network.scene(torch.from_numpy(spectrogram(samples))).numpy()

    dimension = network.width * network.rows
    return OneByOne(entry, f"{found[:12]}-1", in_parts(hear), dimension=dimension)


def spectrogram(samples: np.ndarray) -> np.ndarray:
    """What Audio Mamba hears.

    Args:
        samples: shape `(samples,)`, float32, 16 kHz.

    Returns:
        Shape `(frames, 80)` float32: log power in mel bands, mean 0 and deviation 1 over the recording.

    Example:
        >>> spectrogram(np.ones(16_000, np.float32)).shape
        (101, 80)
    """
    filled = np.pad(samples, (0, max(0, WINDOW - len(samples))))
    padded = np.pad(filled.astype(np.float64), WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    spectrum = scipy.fft.rfft(windows * hann, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2) @ _mel().T
    loud = np.log(power + np.finfo(np.float32).eps)
    return ((loud - loud.mean()) / (loud.std(ddof=1) + 1e-8)).astype(np.float32)


@functools.cache
def _mel() -> np.ndarray:
    """HTK's mel scale, triangles straight in Hz with peaks of one."""
    lowest, highest = 2595 * np.log10(1 + np.array([LOWEST, HIGHEST]) / 700)
    edges = 700 * (10 ** (np.linspace(lowest, highest, BANDS + 2) / 2595) - 1)
    places = np.fft.rfftfreq(WINDOW, 1 / 16_000)
    rising = (places - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - places) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling))


class AudioMamba(nn.Module):
    """The network, with the sizes that its weights have and under their published names.

    Args:
        state: name -> tensor, of the checkpoint.
    """

    def __init__(self, state: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        kernel = state["patch_embed.proj.weight"]
        self.width = len(kernel)
        self.columns, self.rows = FRAMES // kernel.shape[2], BANDS // kernel.shape[3]
        size = (kernel.shape[2], kernel.shape[3])
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(1, self.width, size, size)})
        self.cls_token = nn.Parameter(torch.zeros(1, 1, self.width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + self.columns * self.rows, self.width))
        depth = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("blocks."))
        decay, rank = state["blocks.0.mixer.A_log"], state["blocks.0.mixer.dt_proj.weight"].shape[1]
        width = state["blocks.0.mixer.conv1d.weight"].shape[2]
        self.blocks = nn.ModuleList(
            _Block(self.width, channels=len(decay), states=decay.shape[1], kernel=width, rank=rank)
            for _ in range(depth)
        )
        self.encoder_norm = nn.LayerNorm(self.width, eps=1e-6)

    def forward(self, stretches: torch.Tensor) -> torch.Tensor:
        """(batch, 200, 80) -> tokens (batch, columns * rows, width), column after column."""
        patches = self.patch_embed["proj"](stretches[:, None]).permute(0, 2, 3, 1).flatten(1, 2)
        first = (self.cls_token + self.pos_embed[:, :1]).expand(len(patches), -1, -1)
        stream = torch.cat([first, patches + self.pos_embed[:, 1:]], 1)
        for block in self.blocks:
            stream = stream + block(stream)
        out: torch.Tensor = self.encoder_norm(stream)[:, 1:]
        return out

    def scene(self, frames: torch.Tensor) -> torch.Tensor:
        """The vector of a recording: (frames, 80) -> (rows * width,).

        As released: zeros follow to the next whole stretch (a whole one of them where nothing is missing),
        and tokens are folded as if rows came before columns, though the network has them the other way
        round. So part k of the vector is the mean over every fifth of a stretch, not over a band; a fold
        by bands would be the alternative, and other figures than the published ones.
        """
        missing = FRAMES - len(frames) % FRAMES
        stretches = nn.functional.pad(frames, (0, 0, 0, missing)).view(-1, FRAMES, BANDS)
        folded = self(stretches).view(len(stretches), self.rows, self.columns, self.width)
        steps = folded.transpose(1, 2).reshape(-1, self.rows * self.width)
        beyond = self.columns * missing // FRAMES
        kept = steps[: len(steps) - beyond]
        return (kept if len(kept) else steps).mean(0)


class _Block(nn.Module):
    """A Mamba layer with its norm before it."""

    def __init__(self, width: int, *, channels: int, states: int, kernel: int, rank: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.mixer = MambaMixer(width, channels=channels, states=states, kernel=kernel, rank=rank)

    def forward(self, stream: torch.Tensor) -> torch.Tensor:
        """(batch, tokens, width) -> the same."""
        mixed: torch.Tensor = self.mixer(self.norm(stream))
        return mixed
