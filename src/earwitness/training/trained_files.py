"""Trained systems on disk: weights and what was fitted beside them, in one safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from earwitness.errors import BadInput
from earwitness.training.checkpoint import load_tensors, save_tensors
from earwitness.training.recipe import Recipe, recipe_hash
from earwitness.training.run import plain

FILE = "weights.safetensors"


def save_trained(
    path: Path, module: torch.nn.Module, fitted: Mapping[str, Any], recipe: Recipe, record: Mapping[str, Any]
) -> None:
    """Write a trained system, whole or not at all.

    Args:
        path: of the file.
        module: its network.
        fitted: arrays and numbers.
        recipe: by which it was trained.
        record: anything else worth keeping, such as the seed.
    """
    tensors = {f"module/{name}": value.cpu() for name, value in module.state_dict().items()}
    numbers = {}
    for name, value in fitted.items():
        if isinstance(value, np.ndarray):
            tensors[f"fitted/{name}"] = torch.from_numpy(np.ascontiguousarray(value))
        else:
            numbers[name] = value
    about = {**record, "system": recipe.system, "recipe": recipe_hash(recipe), "fitted": numbers}
    save_tensors(path, tensors, plain(about))


def load_trained(
    path: Path, module: torch.nn.Module, recipe: Recipe
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Put trained weights into a freshly built network.

    Args:
        path: of the file.
        module: built by the same system from the same recipe; changed in place, left in eval mode.
        recipe: that is asked for.

    Returns:
        What was fitted, and the record.

    Raises:
        BadInput: when the file is of another system or recipe, or its weights do not fit.
    """
    tensors, record = load_tensors(path)
    if record.get("system") != recipe.system:
        raise BadInput(f"is of {record.get('system')!r}, not of {recipe.system!r}", where=str(path))
    if record.get("recipe") != recipe_hash(recipe):
        raise BadInput("is of another recipe", where=str(path))
    weights = {name[7:]: value for name, value in tensors.items() if name.startswith("module/")}
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise BadInput(f"does not fit the network: {_first(error)}", where=str(path)) from error
    module.eval()
    fitted = dict(record.get("fitted", {}))
    fitted |= {name[7:]: value.numpy() for name, value in tensors.items() if name.startswith("fitted/")}
    return fitted, record


def _first(error: RuntimeError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[1] if len(lines) > 1 else lines[0]
