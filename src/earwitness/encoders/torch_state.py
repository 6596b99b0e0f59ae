"""Read the weights of a torch network out of an upstream file, running nothing that is in it."""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING

from earwitness.errors import BadInput, require

if TYPE_CHECKING:
    import torch
    from torch import nn


def state_of(content: bytes, where: str, *, within: str | None = None) -> dict[str, torch.Tensor]:
    """Name -> tensor, from a file that torch has written.

    Args:
        content: bytes of the file.
        where: it came from, for messages.
        within: name of the entry that holds the weights, if the file holds other things, too.

    Raises:
        BadInput: when it is none, is damaged, or wants code to be run.
    """
    torch = require("torch", "train")
    try:
        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise BadInput("is not a file of weights, or wants code of its own to be run", where=where) from error
    if within is not None and isinstance(found, dict):
        found = found.get(within)
    if not isinstance(found, dict) or not all(torch.is_tensor(value) for value in found.values()):
        raise BadInput("holds no weights by name", where=where)
    return found


def fill(module: nn.Module, state: dict[str, torch.Tensor], where: str) -> nn.Module:
    """Put weights into a network that fits them, for use and not for training.

    Args:
        module: the network.
        state: name -> tensor.
        where: they came from, for messages.

    Returns:
        The network itself.

    Raises:
        BadInput: when a weight is missing, left over or has another shape.
    """
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        reason = " ".join(str(error).split("\n\t")[1:2]) or str(error)
        raise BadInput(f"does not fit: {reason.strip()}", where=where) from error
    return module.eval().requires_grad_(False)
