"""TRILLsson: Google's paralinguistic vectors, from its published TensorFlow model."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.one_by_one import OneByOne, in_parts
from earwitness.encoders.weights import FOLDER
from earwitness.errors import BadInput, require

GRAPH, VARIABLES = "saved_model.pb", "variables/variables.data-00000-of-00001"
VECTOR = "embedding"
"""Name under which the model gives its vector."""
SHORTEST = 16_000
"""Samples (1 s) below which a clip is filled up with zeros: the model cuts its spectrogram in windows. How
short a clip it may be given is not published; this is our choice."""


def load_trillsson(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - TensorFlow's own threads
    sha256: str | None = None,
) -> OneByOne:
    """TRILLsson from a folder with a SavedModel, as TensorFlow Hub and Kaggle Models give it.

    A SavedModel is a graph of TensorFlow's own operations, no code of Python. Each recording is
    heard by itself; beyond 30 s in parts.

    Args:
        entry: of the catalogue.
        weights: the folder; else the one of the entry's name in `EARWITNESS_WEIGHTS`.
        layers: must be `None`.
        threads: not used.
        sha256: that graph and variables together must have.

    Raises:
        MissingExtra: when TensorFlow is not installed.
        BadInput: when there is no such model, or it gives no vector.

    References:
        Shor, Venugopalan: TRILLsson: distilled universal paralinguistic speech representations.
        Interspeech 2022.
    """
    if layers is not None:
        raise BadInput("has no layers to choose from", where=entry.name)
    if weights is None and not os.environ.get(FOLDER):
        raise BadInput(f"its weights are not here; get them with: {entry.command}", where=entry.name)
    folder = Path(weights) if weights is not None else Path(os.environ[FOLDER]) / entry.name
    for name in (GRAPH, VARIABLES):
        if not (folder / name).is_file():
            raise BadInput(f"holds no {name}; get the model with: {entry.command}", where=str(folder))
    found = _sha256(folder)
    if sha256 is not None and found != sha256:
        raise BadInput(f"SHA-256 of the model is {found}, expected {sha256}; not loaded", where=str(folder))
    tensorflow = require("tensorflow", "trillsson")
    try:
        model = tensorflow.saved_model.load(str(folder))
    except Exception as error:  # TensorFlow raises types of its own beside OSError and ValueError
        raise BadInput("is not a model that TensorFlow can load", where=str(folder)) from error
    give = _function(model, folder)

    def hear(samples: np.ndarray) -> np.ndarray:
        filled = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
        given = give(tensorflow.constant(filled[None], dtype=tensorflow.float32))
        vector = given.get(VECTOR) if isinstance(given, Mapping) else given
        values = np.asarray(vector, np.float32) if vector is not None else np.zeros(0)
        if values.ndim != 2 or len(values) != 1:
            raise BadInput(f"gives no {VECTOR!r} of shape (1, dimension)", where=str(folder))
        return values[0]

    dimension = len(hear(np.zeros(SHORTEST, np.float32)))
    return OneByOne(entry, f"{found[:12]}-1", in_parts(hear), dimension=dimension)


def _function(model: Any, folder: Path) -> Callable[[Any], Any]:
    """What is called with waveforms of shape `(1, samples)`: the model, or the function it serves with."""
    if callable(model):
        return model
    served = getattr(model, "signatures", {}).get("serving_default")
    if served is None:
        raise BadInput("is not a model that hears waveforms", where=str(folder))
    names = list(served.structured_input_signature[1])
    if len(names) != 1:
        raise BadInput(f"hears {names}, not one waveform", where=str(folder))
    return lambda waveforms: served(**{names[0]: waveforms})


def _sha256(folder: Path) -> str:
    whole = hashlib.sha256()
    for name in (GRAPH, VARIABLES):
        with (folder / name).open("rb") as stream:
            while block := stream.read(1 << 20):
                whole.update(block)
    return whole.hexdigest()
