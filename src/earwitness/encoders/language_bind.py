"""LanguageBind's audio tower, from a folder in the hub's layout."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.filterbank import HOP, WINDOW, filterbank
from earwitness.encoders.hub_folder import check, find
from earwitness.encoders.mel_image_tower import MelImageTower, TowerShape
from earwitness.encoders.one_by_one import OneByOne
from earwitness.encoders.torch_state import fill
from earwitness.errors import BadInput

VIEWS = 3
"""Stretches of a recording that stand in for the colours of an image."""
ACTIVATIONS = {"gelu": False, "quick_gelu": True}
PARTS = {
    "self_attn.out_proj": "attn.out_proj",
    "layer_norm1": "norm_1",
    "layer_norm2": "norm_2",
    "mlp.fc1": "widen",
    "mlp.fc2": "narrow",
}


def load_language_bind(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - torch's own threads
    sha256: str | None = None,
) -> OneByOne:
    """LanguageBind's projected audio embedding, of length 1.

    Its network is written anew here: the package on the index holds transformers below 5 and
    wants torchaudio. Adapters that were not yet merged are merged.

    Args:
        entry: of the catalogue.
        weights: folder with `config.json` and `model.safetensors`.
        layers: must be `None`.
        threads: not used.
        sha256: that the weights must have.

    Raises:
        BadInput: when there are no weights, or they are other ones than the network has.

    References:
        Zhu et al.: LanguageBind: extending video-language pretraining to N-modality by
        language-based semantic alignment. ICLR 2024.
    """
    if layers is not None:
        raise BadInput("has no layers to choose from", where=entry.name)
    folder = check(find(entry, weights), sha256=sha256)
    where = str(folder.path)
    config = folder.config.get("vision_config")
    if not isinstance(config, dict) or config.get("add_time_attn"):
        raise BadInput("is not the configuration of LanguageBind's audio tower", where=where)
    try:
        bands, frames = int(config["num_mel_bins"]), int(config["target_length"])
        mean, deviation = np.float32(config["audio_mean"]), np.float32(config["audio_std"])
        published = _read(folder.path)
        state = tower_state(published, config)
        network = MelImageTower(_shape(state, config))
    except KeyError as error:
        raise BadInput(f"does not fit: {error.args[0]} is missing", where=where) from error
    if config.get("audio_sample_rate", entry.sample_rate) != entry.sample_rate:
        raise BadInput(f"hears {config['audio_sample_rate']} Hz, not {entry.sample_rate}", where=where)
    fill(network, state, where)

    def hear(samples: np.ndarray) -> np.ndarray:
        image = (view_image(samples, bands, frames) - mean) / (2 * deviation)
        with torch.inference_mode():
            vector = network(torch.from_numpy(image)[None])[0]
            return torch.nn.functional.normalize(vector, dim=0).numpy()

    return OneByOne(entry, f"{folder.sha256[:12]}-1", hear, dimension=network.projection.out_features)


def view_image(samples: np.ndarray, bands: int, frames: int) -> np.ndarray:
    """Three stretches of a recording's mel spectrogram, one behind the other.

    A longer recording is heard at the first place of each third of the places where a stretch can
    begin. Upstream draws a place in each third by chance; then one recording has many encodings.
    A shorter one is repeated.

    Args:
        samples: shape `(samples,)`, float32, 16 kHz.
        bands: of the spectrogram.
        frames: of a stretch.

    Returns:
        Shape `(3, bands, frames)` float32.

    Example:
        >>> view_image(np.zeros(32_000, np.float32), 112, 1036).shape
        (3, 112, 1036)
    """
    samples = np.pad(samples, (0, max(0, WINDOW - len(samples))))
    samples = samples - samples.mean()
    count = (len(samples) - WINDOW) // HOP + 1
    if count <= frames:
        mel = filterbank(samples, bands=bands, window="hann")
        return np.stack([np.resize(mel, (frames, bands)).T] * VIEWS)
    thirds = np.array_split(np.arange(count - frames + 1), VIEWS)
    views = []
    for third in thirds:
        first = int(third[0]) * HOP if len(third) else 0
        heard = samples[first : first + (frames - 1) * HOP + WINDOW]  # constant memory: not the whole
        views.append(filterbank(heard, bands=bands, window="hann").T)
    return np.stack(views)


def tower_state(published: Mapping[str, Tensor], config: Mapping[str, Any]) -> dict[str, Tensor]:
    """The audio tower's weights under our names, with adapters merged.

    Args:
        published: name -> tensor, of the whole model.
        config: its `vision_config`.

    Raises:
        KeyError: when a weight is missing.
    """
    tower = {
        name.removeprefix("vision_model.").replace("encoder.base_model.model.", "encoder.").replace(
            ".base_layer.", "."): value
        for name, value in published.items()
        if name.startswith("vision_model.")
    }  # fmt: skip
    for name in [name for name in tower if name.endswith(".lora_A.default.weight")]:
        stem = name.removesuffix(".lora_A.default.weight")
        down, up = tower.pop(name), tower.pop(f"{stem}.lora_B.default.weight")
        scale = float(config["lora_alpha"]) / len(down)
        tower[f"{stem}.weight"] = tower[f"{stem}.weight"] + scale * (up @ down)
    state = {
        "class_token": tower["embeddings.class_embedding"],
        "position": tower["embeddings.position_embedding.weight"],
        "patch.weight": tower["embeddings.patch_embedding.weight"],
        "projection.weight": published["visual_projection.weight"],
    }
    for end in ("weight", "bias"):
        state[f"first_norm.{end}"] = tower[f"pre_layrnorm.{end}"]  # sic
        state[f"last_norm.{end}"] = tower[f"post_layernorm.{end}"]
    for k in range(int(config["num_hidden_layers"])):
        for end in ("weight", "bias"):
            for theirs, ours in PARTS.items():
                state[f"blocks.{k}.{ours}.{end}"] = tower[f"encoder.layers.{k}.{theirs}.{end}"]
            joined = [tower[f"encoder.layers.{k}.self_attn.{part}_proj.{end}"] for part in "qkv"]
            state[f"blocks.{k}.attn.in_proj_{end}"] = torch.cat(joined)
    return state


def _shape(state: Mapping[str, Tensor], config: Mapping[str, Any]) -> TowerShape:
    patch = state["patch.weight"]
    activation = config.get("hidden_act", "quick_gelu")
    if activation not in ACTIVATIONS:
        raise BadInput(f"has the activation {activation}, not one of {', '.join(ACTIVATIONS)}")
    return TowerShape(
        channels=patch.shape[1], patch=patch.shape[2], stride=patch.shape[2],
        patches=len(state["position"]) - 1, width=len(patch), heads=int(config["num_attention_heads"]),
        inner=len(state["blocks.0.widen.weight"]), blocks=int(config["num_hidden_layers"]),
        dimension=len(state["projection.weight"]), quick=ACTIVATIONS[activation], norm_first=True,
        epsilon=float(config.get("layer_norm_eps", 1e-5)),
    )  # fmt: skip


def _read(path: Path) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    for file in sorted(path.glob("*.safetensors")):
        try:
            state |= load_file(file)
        except (SafetensorError, OSError) as error:
            raise BadInput("is not a file of weights; get it again", where=str(file)) from error
    return state
