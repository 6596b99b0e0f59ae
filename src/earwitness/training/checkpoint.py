"""Checkpoints: one safetensors file, whole or not there, from which a killed training goes on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from earwitness.errors import BadInput
from earwitness.training.processes import leads


def save_tensors(path: Path, tensors: Mapping[str, torch.Tensor], record: Mapping[str, Any]) -> None:
    """Write tensors and a JSON record into one file, whole or not at all; of processes, the first.

    Args:
        path: of the safetensors file.
        tensors: name -> tensor.
        record: anything JSON can hold; stored in the file's metadata.
    """
    if not leads():
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    content = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    try:
        save_file(content, partial, metadata={"record": msgspec.json.encode(record, order="sorted").decode()})
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        raise BadInput(f"cannot be written: {error}", where=str(path)) from error
    finally:
        partial.unlink(missing_ok=True)


def load_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read what `save_tensors` wrote.

    Raises:
        BadInput: when the file is missing, torn, or not a checkpoint.
    """
    try:
        with safe_open(path, "pt") as content:
            metadata = content.metadata() or {}
            return {name: content.get_tensor(name) for name in content.keys()}, msgspec.json.decode(  # noqa: SIM118
                metadata["record"]
            )
    except (OSError, SafetensorError, KeyError, msgspec.DecodeError) as error:
        raise BadInput(f"is not a checkpoint of earwitness: {error}", where=str(path)) from error


def optimiser_tensors(
    optimiser: torch.optim.Optimizer,
) -> tuple[dict[str, torch.Tensor], dict[str, dict[str, float]]]:
    """An optimiser's state, parameter by parameter: tensors, and plain numbers."""
    tensors: dict[str, torch.Tensor] = {}
    numbers: dict[str, dict[str, float]] = {}
    for index, state in optimiser.state_dict()["state"].items():
        for name, value in state.items():
            if isinstance(value, torch.Tensor):
                tensors[f"optimiser/{index}/{name}"] = value
            elif value is not None:
                numbers.setdefault(str(index), {})[name] = value
    return tensors, numbers


def restore_optimiser(
    optimiser: torch.optim.Optimizer,
    tensors: Mapping[str, torch.Tensor],
    numbers: Mapping[str, Mapping[str, float]],
) -> None:
    """Put a state from `optimiser_tensors` into a freshly made, equal optimiser."""
    state: dict[int, dict[str, Any]] = {int(index): dict(values) for index, values in numbers.items()}
    for key, value in tensors.items():
        if key.startswith("optimiser/"):
            _, index, name = key.split("/", 2)
            state.setdefault(int(index), {})[name] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
