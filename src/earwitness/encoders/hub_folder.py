"""Find a model in the hub's layout and refuse what is wrong with it, before anything is loaded."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import msgspec

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.weights import FOLDER
from earwitness.errors import BadInput

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
"""Endings of weight files that are pickles: reading one can run any code."""


class HubFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A model whose files are all there and checked.

    Args:
        path: the folder.
        config: content of `config.json`.
        processor: content of `preprocessor_config.json`, empty where there is none.
        sha256: of the weights; of several files, of their hashes one after the other.
    """

    path: Path
    config: dict[str, Any]
    processor: dict[str, Any]
    sha256: str

    @property
    def model_type(self) -> str:
        """Which of transformers' models it is."""
        return str(self.config.get("model_type", ""))


def find(entry: Entry, given: str | os.PathLike[str] | None = None, *, holds: str = "config.json") -> Path:
    """The folder that holds a model's files.

    It is looked for in this order: the path given by the user, the folder named by
    `EARWITNESS_WEIGHTS` (below it `owner/model`, `owner--model`, the model's or the entry's
    name), and what the hub's own tools have already downloaded. Nothing is downloaded here.

    Args:
        entry: of the catalogue.
        given: folder in the hub's layout, its `model.safetensors`, or a cache folder of the hub.
        holds: file by which the folder is known.

    Raises:
        BadInput: when it is nowhere to be found, with the command that gets it.
    """
    if given is not None:
        path = Path(given)
        if path.suffix in PICKLES and not path.is_dir():
            raise BadInput(_pickle(path.name, path.parent), where=str(path))
        if path.is_file() and path.suffix == ".safetensors":
            path = path.parent
        if not path.is_dir():
            raise BadInput("no such folder; it must hold config.json and model.safetensors", where=str(path))
        return _snapshot(path) or path
    names = [entry.name]
    if entry.hub is not None:
        owner, model = entry.hub.split("/")
        names = [entry.hub, f"{owner}--{model}", f"models--{owner}--{model}", model, entry.name]
    roots = [(Path(os.environ[FOLDER]), names)] if os.environ.get(FOLDER) else []
    roots.append((_hub_cache(), [name for name in names if name.startswith("models--")]))
    for root, below in roots:
        for name in below:
            path = root / name
            path = _snapshot(path) or path
            if (path / holds).is_file():
                return path
    raise BadInput(f"its weights are not here; get them with: {_command(entry)}", where=entry.name)


def check(path: Path, *, sha256: str | None = None) -> HubFolder:
    """Read the settings of a model and check its weights.

    Args:
        path: folder in the hub's layout.
        sha256: that the weights must have, where it is known.

    Raises:
        BadInput: when a file is missing or damaged, the weights are a pickle or have another
            SHA-256 than the catalogue, the user or the hub's download says, or the model wants
            code of its own to be run.
    """
    config = _json(path / "config.json")
    if config is None:
        raise BadInput("holds no config.json; a model must lie here as the hub has it", where=str(path))
    if config.get("auto_map"):
        raise BadInput("wants code of its own to be run, which is never done", where=str(path))
    hashes = []
    for file in _weight_files(path):
        found, told = _sha256(file), _told_by_the_hub(file)
        if told is not None and found != told:
            raise BadInput(
                f"SHA-256 of the weights is {found}, the hub said {told}; not loaded", where=str(file)
            )
        hashes.append(found)
    whole = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
    if sha256 is not None and whole != sha256:
        raise BadInput(f"SHA-256 of the weights is {whole}, expected {sha256}; not loaded", where=str(path))
    return HubFolder(
        path=path,
        config=config,
        processor=_json(path / "preprocessor_config.json") or {},
        sha256=whole,
    )


def _weight_files(path: Path) -> list[Path]:
    single, index = path / "model.safetensors", path / "model.safetensors.index.json"
    if single.is_file():
        return [single]
    if index.is_file():
        parts = sorted(set((_json(index) or {}).get("weight_map", {}).values()))
        if not parts or any("/" in part or not part.endswith(".safetensors") for part in parts):
            raise BadInput("names no weight files beside it", where=str(index))
        for part in parts:
            if not (path / part).is_file():
                raise BadInput(f"is missing, though {index.name} names it", where=str(path / part))
        return [path / part for part in parts]
    pickles = sorted(file.name for file in path.iterdir() if file.suffix in PICKLES)
    if pickles:
        raise BadInput(_pickle(pickles[0], path), where=str(path))
    raise BadInput("holds no model.safetensors", where=str(path))


def _pickle(name: str, folder: Path) -> str:
    return (
        f"{name} is a pickle, which could run any code; convert it once with: "
        f"earwitness encoders convert {folder}"
    )


def _json(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise BadInput("is not a JSON object; get it again", where=str(path)) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _told_by_the_hub(file: Path) -> str | None:
    """The hash that a download by the hub's tools left behind: in the link's or a record's name."""
    if file.is_symlink():
        name = file.resolve().name
        return name if re.fullmatch("[0-9a-f]{64}", name) else None
    record = file.parent / ".cache" / "huggingface" / "download" / f"{file.name}.metadata"
    lines = record.read_text(encoding="utf-8").split() if record.is_file() else []
    return lines[1] if len(lines) > 1 and re.fullmatch("[0-9a-f]{64}", lines[1]) else None


def _snapshot(path: Path) -> Path | None:
    """The newest snapshot of a cache folder (`models--owner--model`), by its reference to `main`."""
    main = path / "refs" / "main"
    if not main.is_file():
        return None
    return path / "snapshots" / main.read_text(encoding="utf-8").strip()


def _hub_cache() -> Path:
    """Where the hub's tools keep their downloads, by their own variables."""
    if os.environ.get("HF_HUB_CACHE"):
        return Path(os.environ["HF_HUB_CACHE"])
    home = os.environ.get("HF_HOME")
    return (Path(home) if home else Path.home() / ".cache" / "huggingface") / "hub"


def _command(entry: Entry) -> str:
    return entry.command or f"earwitness encoders get {entry.name}"
