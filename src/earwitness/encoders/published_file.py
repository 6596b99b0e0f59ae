"""Find and check a checkpoint that is published as one file outside of the hub."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.weights import FOLDER
from earwitness.errors import BadInput, require

if TYPE_CHECKING:
    import torch


def published_file(entry: Entry, given: str | os.PathLike[str] | None, pattern: str) -> Path:
    """The checkpoint: the file that is named, or the last one by name that fits below a folder.

    Args:
        entry: of the catalogue.
        given: the file, or a folder; else the folder in `EARWITNESS_WEIGHTS`.
        pattern: of `Path.glob`, below the folder.

    Raises:
        BadInput: when there is none, with the command that gets it.
    """
    if given is None and not os.environ.get(FOLDER):
        raise BadInput(f"its weights are not here; get them with: {entry.command}", where=entry.name)
    path = Path(given) if given is not None else Path(os.environ[FOLDER])
    if path.is_file():
        return path
    found = sorted(path.glob(pattern), key=lambda one: (len(one.name), one.name)) if path.is_dir() else []
    if not found:
        raise BadInput(f"holds no {pattern}; get it with: {entry.command}", where=str(path))
    return found[-1]


def published_state(
    path: Path, sha256: str | None, *, within: str | None = None
) -> tuple[str, Mapping[str, torch.Tensor]]:
    """SHA-256 of a checkpoint and its weights by name; nothing that is in it is run.

    Args:
        path: of the file.
        sha256: that it must have, where it is known.
        within: entry that holds the weights, where the file holds other things, too.

    Raises:
        BadInput: when it has another hash, is no file of weights, or wants code to be run.
    """
    torch = require("torch", "train")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if sha256 is not None and found != sha256:
        raise BadInput(f"SHA-256 of the weights is {found}, expected {sha256}; not loaded", where=str(path))
    try:
        state: Any = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise BadInput(
            "is not a file of weights, or wants code of its own to be run", where=str(path)
        ) from error
    if isinstance(state, dict) and within is not None and isinstance(state.get(within), dict):
        state = state[within]
    if not isinstance(state, dict):
        raise BadInput("holds no weights by name", where=str(path))
    return found, {name: value for name, value in state.items() if torch.is_tensor(value)}
