"""A wav2vec 2.0 that SpeechBrain has tuned, from a folder in the hub's layout."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.fronts import WaveformFront
from earwitness.encoders.hub_folder import find
from earwitness.encoders.waveform_level import Level
from earwitness.errors import BadInput, require

FILE = "wav2vec2.ckpt"
PREFIX = "model."
"""Before every weight's name: SpeechBrain keeps transformers' model as `model`."""


def load_tuned(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,
    normalise: Level | Literal["processor"] = "none",
    precision: Literal["fp32", "bf16", "int8"] = "fp32",
    device: str = "cpu",
    sha256: str | None = None,
) -> Any:
    """SpeechBrain's tuned wav2vec 2.0 as an encoder of frames; its classifier is not read.

    The checkpoint says nothing of the architecture: it is that of wav2vec 2.0 base, or what a
    `config.json` beside it says. SpeechBrain brings each waveform to mean 0 and variance 1
    (`normalise="unit"`), and normalises the whole output once more, which is left to the user.

    Args:
        entry: of the catalogue.
        weights: folder with `wav2vec2.ckpt`, or that file.
        layers: see `loading.load`.
        threads: see `loading.load`.
        normalise: see `loading.load`.
        precision: see `loading.load`.
        device: see `loading.load`.
        sha256: that the file must have.

    Raises:
        BadInput: when there are no weights, they want code to be run, or are others than the model has.
        MissingExtra: when torch or transformers is not installed.
    """
    require("torch", "train")
    transformers = require("transformers", "train")
    from earwitness.encoders.families import FAMILIES
    from earwitness.encoders.hidden_states import HiddenStates
    from earwitness.encoders.torch_encoder import TorchEncoder
    from earwitness.encoders.torch_state import fill, state_of

    given = None if weights is None else Path(weights)
    path = given if given is not None and given.is_file() else find(entry, given, holds=FILE) / FILE
    if not path.is_file():
        raise BadInput(f"holds no {FILE}; get it with: {entry.command}", where=str(path.parent))
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise BadInput(f"SHA-256 of the weights is {found}, expected {sha256}; not loaded", where=str(path))
    state = {
        # the two halves of a weight norm, as torch names them since 2.0
        name.removeprefix(PREFIX)
        .replace("conv.weight_g", "conv.parametrizations.weight.original0")
        .replace("conv.weight_v", "conv.parametrizations.weight.original1"): value
        for name, value in state_of(content, str(path)).items()
        if name.startswith(PREFIX)
    }
    config = transformers.Wav2Vec2Config(**_settings(path.parent / "config.json"))
    depth = config.num_hidden_layers
    wanted = range(depth + 1) if layers is None else [layers] if isinstance(layers, int) else list(layers)
    if not wanted or not all(0 <= layer <= depth for layer in wanted) or len(set(wanted)) < len(wanted):
        raise BadInput(f"has the layers 0 to {depth}, not {list(wanted)}", where=str(path))
    front = WaveformFront(
        kernels=tuple(config.conv_kernel), strides=tuple(config.conv_stride),
        level="unit" if normalise == "processor" else normalise,
    )  # fmt: skip

    def build() -> HiddenStates:
        model = transformers.Wav2Vec2Model(config)
        own = dict(state)
        for name, value in model.state_dict().items():  # what only training by masking needs
            if name.endswith("masked_spec_embed"):
                own.setdefault(name, value)
        fill(model, own, str(path))
        return HiddenStates(model, FAMILIES["wav2vec2"], front, tuple(wanted))

    settings = hashlib.sha256(msgspec.json.encode(front) + config.to_json_string().encode()).hexdigest()
    return TorchEncoder(
        build, name=entry.name, revision=f"{found[:12]}-{settings[:8]}-s1", single=isinstance(layers, int),
        precision=precision, device=device, threads=threads,
    )  # fmt: skip


def _settings(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise BadInput("is not a JSON object; get it again", where=str(path)) from error
