"""Get a model from the Hugging Face hub when the user asks for it, and turn a pickle into safetensors."""

from __future__ import annotations

import os
from pathlib import Path

from earwitness.encoders.catalogue import Entry
from earwitness.errors import BadInput, require

PATTERNS = ["config.json", "preprocessor_config.json", "*.safetensors", "*.safetensors.index.json"]
"""What is downloaded: settings and weights, never code and never a pickle beside safetensors."""
PICKLE = "pytorch_model.bin"


def get(entry: Entry, folder: str | os.PathLike[str], *, revision: str = "main") -> Path:
    """Download a model in the hub's layout; a model published as a pickle alone is converted.

    Args:
        entry: of the catalogue, with an id on the hub.
        folder: below which `owner--model` is made; name it in `EARWITNESS_WEIGHTS` afterwards.
        revision: branch, tag or commit.

    Returns:
        The model's folder.

    Raises:
        BadInput: when it is not on the hub or the hub cannot be reached.
        MissingExtra: when huggingface_hub is not installed.
    """
    hub = require("huggingface_hub", "train")
    if entry.hub is None:
        raise BadInput(f"is not on the hub; {entry.command or 'it needs no weights'}", where=entry.name)
    path = Path(folder) / entry.hub.replace("/", "--")
    settings = {"repo_id": entry.hub, "revision": revision, "local_dir": path}
    try:
        hub.snapshot_download(allow_patterns=list(entry.files) or PATTERNS, **settings)
        if not entry.files and not list(path.glob("*.safetensors")):
            hub.snapshot_download(allow_patterns=[PICKLE], **settings)
    except Exception as error:  # types of the hub's and of its network library
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadInput(f"cannot be got from the hub: {reason}", where=entry.hub) from error
    if entry.files:
        missing = [name for name in entry.files if not list(path.glob(name))]
        if missing:
            raise BadInput(f"holds no {missing[0]} on the hub", where=entry.hub)
    elif not list(path.glob("*.safetensors")):
        convert(path)
    return path


def convert(folder: str | os.PathLike[str]) -> Path:
    """Turn `pytorch_model.bin` into `model.safetensors`; of the pickle only tensors are read.

    Args:
        folder: in the hub's layout.

    Returns:
        The written file.

    Raises:
        BadInput: when there is no such pickle, or it holds anything but tensors.
    """
    torch = require("torch", "train")
    saving = require("safetensors.torch", "train")
    source = Path(folder) / PICKLE
    if not source.is_file():
        raise BadInput(f"holds no {PICKLE}", where=str(folder))
    try:
        state = torch.load(source, map_location="cpu", weights_only=True)
        tensors = {name: value.contiguous().clone() for name, value in state.items()}
    except Exception as error:  # what a hostile or damaged pickle raises is not of one type
        raise BadInput("is not a pickle of tensors alone; not read", where=str(source)) from error
    target = Path(folder) / "model.safetensors"
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        saving.save_file(tensors, unfinished, metadata={"format": "pt"})
        unfinished.replace(target)
    except OSError as error:
        raise BadInput(error.strerror or "cannot be written", where=str(target)) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target
