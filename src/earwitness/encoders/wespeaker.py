"""Speaker networks that WeSpeaker exports to ONNX, and any other that hears the same filter bank.

References:
    Wang et al.: WeSpeaker: a research and production oriented speaker embedding learning toolkit.
    ICASSP 2023.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.filterbank import filterbank
from earwitness.encoders.hub_folder import find
from earwitness.encoders.one_by_one import OneByOne, in_parts
from earwitness.encoders.speechbrain_features import without_mean
from earwitness.errors import BadInput

BANDS = 80
FILE = "voxceleb_resnet34_LM.onnx"
"""Name of the file in WeSpeaker's own folder on the hub."""
FULL_SCALE = 32_768.0
"""Kaldi's filter bank hears 16-bit integers."""
SHORTEST = 4000
"""Samples (0.25 s) below which a clip is filled up with zeros: the networks halve time again and again."""


def load_wespeaker(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - one clip is one run of one thread
    sha256: str | None = None,
) -> OneByOne:
    """A speaker encoder from an ONNX file.

    Kaldi's filter bank of 80 bands with Hamming windows, less its mean, goes in as
    `(batch, frames, 80)`; one vector comes out. Recordings beyond 30 s are heard in parts.

    Args:
        entry: of the catalogue.
        weights: the ONNX file, or a folder with `voxceleb_resnet34_LM.onnx`.
        layers: must be `None`.
        threads: not used.
        sha256: that the file must have.

    Raises:
        BadInput: when there is no such file, or it hears or gives something else.
    """
    if layers is not None:
        raise BadInput("has no layers to choose from", where=entry.name)
    given = None if weights is None else Path(weights)
    path = given if given is not None and given.is_file() else find(entry, given, holds=FILE) / FILE
    if not path.is_file():
        raise BadInput(f"holds no {FILE}; give the ONNX file itself", where=str(path.parent))
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise BadInput(f"SHA-256 of the weights is {found}, expected {sha256}; not loaded", where=str(path))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises types of its own that are not public
        raise BadInput("is not an ONNX file that can be run", where=str(path)) from error
    heard, vector = session.get_inputs(), session.get_outputs()[0]
    if len(heard) != 1 or len(heard[0].shape) != 3 or not _fits(heard[0].shape[2]):
        shape = [list(value.shape) for value in heard]
        raise BadInput(f"hears {shape}, not (batch, frames, {BANDS})", where=str(path))

    def hear(samples: np.ndarray) -> np.ndarray:
        filled = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
        features = without_mean(filterbank(filled, bands=BANDS, window="hamming", scale=FULL_SCALE))
        given = session.run([vector.name], {heard[0].name: features[None]})[0]
        return np.asarray(given).reshape(-1)

    dimension = len(hear(np.zeros(SHORTEST, np.float32)))
    return OneByOne(entry, f"{found[:12]}-k1", in_parts(hear), dimension=dimension)


def _fits(bands: int | str | None) -> bool:
    """Whether an axis is as long as the filter bank, or of any length (a name or nothing)."""
    return bands == BANDS or not isinstance(bands, int)
