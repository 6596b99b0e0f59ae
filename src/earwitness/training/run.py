"""The run folder: a trained system with its evidence."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

import earwitness
from earwitness.errors import BadInput
from earwitness.training.processes import leads
from earwitness.training.recipe import Recipe, recipe_hash, recipe_json
from earwitness.whole_file import write_whole

_PACKAGES = ("torch", "numpy", "scipy", "onnx", "onnxruntime", "polars", "soundfile", "soxr", "safetensors")


class RunFolder:
    """Writes what a training leaves; every file is there whole or not at all; of processes, the first.

    Args:
        path: of the folder; made when it is not there.

    Raises:
        BadInput: when the folder cannot be made or written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"cannot be made: {error.strerror}", where=str(path)) from error

    def write_recipe(self, recipe: Recipe, *, data: Mapping[str, str], classes: Sequence[str] = ()) -> None:
        """What was trained, on what, with which versions.

        Args:
            recipe: as used.
            data: name -> SHA-256 of what was trained or scored on.
            classes: labels of the network's outputs, in order.

        Raises:
            BadInput: when the folder holds a run of another recipe.
        """
        old = self.path / "recipe.json"
        if old.exists() and old.read_bytes() != recipe_json(recipe) + b"\n":
            raise BadInput("holds a run of another recipe; choose a new folder", where=str(self.path))
        if leads():
            write_whole(old, recipe_json(recipe) + b"\n")
        self.write_json(
            "provenance.json",
            {
                "earwitness": earwitness.__version__,
                "recipe_sha256": recipe_hash(recipe),
                "seeds": recipe.seeds,
                "data": dict(data),
                "classes": list(classes),
                "python": platform.python_version(),
                "machine": platform.machine(),
                "packages": versions(),
            },
        )

    def write_json(self, name: str, content: object) -> Path:
        """Write any record as indented JSON, keys in their order; NaN is written as null."""
        path = self.path / name
        if leads():
            write_whole(path, msgspec.json.format(msgspec.json.encode(plain(content)), indent=1) + b"\n")
        return path

    def write_scores(self, table: pl.DataFrame, name: str = "scores.parquet") -> Path:
        """Write per-trial scores: one row an id, each id once.

        Raises:
            BadInput: when an id comes twice or a score is not finite.
        """
        keys = [column for column in ("id", "round", "seed") if column in table.columns]
        if table.select(keys).is_duplicated().any():
            raise BadInput("a trial comes twice", where=name)
        if "score" in table.columns and not table["score"].is_finite().all():
            raise BadInput("a score is not finite", where=name)
        path = self.path / name
        if not leads():
            return path
        partial = path.with_name(f".{name}.partial")
        try:
            table.write_parquet(partial)
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise BadInput(f"cannot be written: {error.strerror}", where=str(path)) from error
        return path


def versions() -> dict[str, str]:
    """Versions of the packages that can change a result; those not installed are left out."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def plain(value: Any) -> Any:
    """A value as JSON can hold it: numpy numbers, arrays and structs made plain.

    Example:
        >>> plain({"eer": np.float64(0.25), "n": np.arange(2)})
        {'eer': 0.25, 'n': [0, 1]}
    """
    if isinstance(value, msgspec.Struct):
        return plain(msgspec.to_builtins(value))
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(entry) for entry in value]
    if isinstance(value, Path):
        return str(value)
    return None if isinstance(value, float) and not np.isfinite(value) else value
