"""SpeechBrain's published speaker encoders, from a folder in the hub's layout."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.hub_folder import find
from earwitness.encoders.one_by_one import OneByOne, in_parts
from earwitness.encoders.speechbrain_features import filter_bank, without_mean
from earwitness.encoders.speechbrain_networks import EcapaTdnn, XVector
from earwitness.encoders.torch_state import fill, state_of
from earwitness.errors import BadInput

FILE = "embedding_model.ckpt"
SHORTEST = 1600
"""Samples (0.1 s) below which a clip is filled up with zeros: the convolutions mirror its edges."""


def load_speechbrain(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - torch's own threads
    sha256: str | None = None,
) -> OneByOne:
    """An x-vector or ECAPA-TDNN encoder with published weights.

    The filter bank of each recording loses its mean, as SpeechBrain's `InputNormalization` does;
    recordings beyond 30 s are heard in parts.

    Args:
        entry: of the catalogue.
        weights: folder with `embedding_model.ckpt`, or that file.
        layers: must be `None`.
        threads: not used.
        sha256: that the file must have.

    Raises:
        BadInput: when there are no weights, or they are other ones than the network has.
    """
    if layers is not None:
        raise BadInput("has no layers to choose from", where=entry.name)
    given = None if weights is None else Path(weights)
    path = given if given is not None and given.is_file() else find(entry, given, holds=FILE) / FILE
    if not path.is_file():
        raise BadInput(f"holds no {FILE}", where=str(path.parent))
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise BadInput(f"SHA-256 of the weights is {found}, expected {sha256}; not loaded", where=str(path))
    state = state_of(content, str(path))
    shapes = {name: value.shape for name, value in state.items()}
    try:
        network = XVector(shapes) if "blocks.16.w.weight" in shapes else EcapaTdnn(shapes)
    except KeyError as error:
        raise BadInput(f"does not fit: {error.args[0]} is missing", where=str(path)) from error
    fill(network, state, str(path))

    def hear(samples: np.ndarray) -> np.ndarray:
        filled = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
        features = without_mean(filter_bank(filled, network.bands))
        with torch.inference_mode():
            return network(torch.from_numpy(features)[None])[0].numpy()

    dimension = shapes["blocks.16.w.weight" if isinstance(network, XVector) else "fc.conv.weight"][0]
    return OneByOne(entry, f"{found[:12]}-b1", in_parts(hear), dimension=dimension)
