"""ImageBind's audio tower, from its published checkpoint."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.filterbank import HOP, WINDOW, filterbank
from earwitness.encoders.licence_notice import notice
from earwitness.encoders.mel_image_tower import MelImageTower, TowerShape
from earwitness.encoders.one_by_one import OneByOne
from earwitness.encoders.torch_state import fill
from earwitness.encoders.weights import FOLDER
from earwitness.errors import BadInput

FILE = "imagebind_huge.pth"
TERMS = "ImageBind's weights are CC-BY-NC-SA-4.0: no commercial use, and what is made of them under the same"
BANDS, FRAMES = 128, 204
CLIP, CLIPS = 2 * 16_000, 3
"""Samples of one clip, and how many are heard of a recording: evenly from its beginning to its end."""
MEAN, DEVIATION = -4.268, 9.138
PATCH, STRIDE = 16, 10
HEAD = 64
"""Width of one attention head; the checkpoint does not say, its 12 heads share 768."""
LENGTH = 20.0
"""Of every clip's vector."""


def load_imagebind(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - torch's own threads
    sha256: str | None = None,
) -> OneByOne:
    """ImageBind's projected audio embedding.

    Its network is written anew here: the packages on the index bring torchaudio, torchvision and
    pytorchvideo with them and are no longer kept. Three clips of 2 s are heard, at the beginning,
    the middle and the end, and their vectors of length 20 are averaged, as published.

    Args:
        entry: of the catalogue.
        weights: `imagebind_huge.pth`, or a folder with it; else in `EARWITNESS_WEIGHTS`.
        layers: must be `None`.
        threads: not used.
        sha256: that the file must have.

    Raises:
        BadInput: when there are no weights, or they are other ones than the network has.

    References:
        Girdhar et al.: ImageBind: one embedding space to bind them all. CVPR 2023.
    """
    if layers is not None:
        raise BadInput("has no layers to choose from", where=entry.name)
    path = _file(entry, weights)
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if sha256 is not None and found != sha256:
        raise BadInput(f"SHA-256 of the weights is {found}, expected {sha256}; not loaded", where=str(path))
    try:
        published = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise BadInput(
            "is not a file of weights, or wants code of its own to be run", where=str(path)
        ) from error
    try:
        state = tower_state(published)
        network = MelImageTower(_shape(state))
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput("does not fit: it holds no audio tower of ImageBind", where=str(path)) from error
    fill(network, state, str(path))
    notice(entry.name, TERMS)

    def hear(samples: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            vectors = network(torch.from_numpy(clip_images(samples)))
            return (LENGTH * torch.nn.functional.normalize(vectors, dim=-1)).mean(dim=0).numpy()

    return OneByOne(entry, f"{found[:12]}-1", hear, dimension=network.projection.out_features)


def clip_images(samples: np.ndarray) -> np.ndarray:
    """The mel images of a recording's three clips.

    Args:
        samples: shape `(samples,)`, float32, 16 kHz.

    Returns:
        Shape `(3, 1, 128, 204)` float32. A clip without mean; what it lacks in frames is 0 before
        the scale, as published.

    Example:
        >>> clip_images(np.zeros(100_000, np.float32)).shape
        (3, 1, 128, 204)
    """
    images = np.zeros((CLIPS, 1, BANDS, FRAMES), np.float32)
    last = max(0, len(samples) - CLIP)
    for k in range(CLIPS):
        first = last * k // (CLIPS - 1)
        clip = samples[first : first + CLIP]
        clip = np.pad(clip, (0, max(0, WINDOW - len(clip))))  # one window at least
        mel = filterbank(clip - clip.mean(), bands=BANDS, window="hann")[:FRAMES]
        images[k, 0, :, : len(mel)] = mel.T
    assert CLIP // HOP <= FRAMES
    return (images - np.float32(MEAN)) / np.float32(DEVIATION)


def tower_state(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The audio tower's weights under our names.

    Args:
        published: name -> tensor, of the whole checkpoint.

    Raises:
        KeyError: when there is no audio tower.
    """
    stem, trunk, head = (
        "modality_preprocessors.audio.",
        "modality_trunks.audio.blocks.",
        "modality_heads.audio.",
    )
    state = {
        "class_token": published[f"{stem}cls_token"].reshape(-1),
        "position": published[f"{stem}pos_embedding_helper.pos_embed"][0],
        "patch.weight": published[f"{stem}rgbt_stem.proj.weight"],
        "patch_norm.weight": published[f"{stem}rgbt_stem.norm_layer.weight"],
        "patch_norm.bias": published[f"{stem}rgbt_stem.norm_layer.bias"],
        "last_norm.weight": published[f"{head}0.weight"],
        "last_norm.bias": published[f"{head}0.bias"],
        "projection.weight": published[f"{head}2.weight"],
    }
    for name, value in published.items():
        if name.startswith(trunk):
            ours = name.removeprefix(trunk).replace("mlp.fc1", "widen").replace("mlp.fc2", "narrow")
            state[f"blocks.{ours}"] = value
    return state


def _shape(state: Mapping[str, Tensor]) -> TowerShape:
    width = len(state["class_token"])
    return TowerShape(
        channels=1, patch=PATCH, stride=STRIDE, patches=len(state["position"]) - 1, width=width,
        heads=max(1, width // HEAD), inner=len(state["blocks.0.widen.weight"]),
        blocks=1 + max(int(name.split(".")[1]) for name in state if name.startswith("blocks.")),
        dimension=len(state["projection.weight"]), extra_key=True, patch_norm=True,
    )  # fmt: skip


def _file(entry: Entry, given: str | os.PathLike[str] | None) -> Path:
    if given is None and not os.environ.get(FOLDER):
        raise BadInput(f"its weights are not here; get them with: {entry.command}", where=entry.name)
    path = Path(given) if given is not None else Path(os.environ[FOLDER])
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise BadInput(f"no {FILE} here; get it with: {entry.command}", where=str(path))
    return file
