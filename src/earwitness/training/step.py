"""Steps: from per-path losses to gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    import torch

Losses = Mapping[str, Mapping[str, "torch.Tensor"]]
"""path -> name -> scalar; one path is the rule, DPDA has a clean and an augmented one."""


class Step(Protocol):
    """Fills `.grad` of the parameters from the losses of each path."""

    def __call__(self, losses: Losses, parameters: Sequence[torch.nn.Parameter]) -> dict[str, float]:
        """Fill the gradients; return what is worth a curve (norms, cosines)."""
        ...


class SumAndBackpropagate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sum"):
    """The default: the sum of all losses of all paths, one backward pass.

    Args:
        weights: factor of a named loss; 1 for those not named.

    Example:
        >>> import torch
        >>> weight = torch.nn.Parameter(torch.tensor(3.0))
        >>> curve = SumAndBackpropagate()({"clean": {"square": weight**2}}, [weight])
        >>> float(weight.grad)
        6.0
    """

    weights: dict[str, float] = msgspec.field(default_factory=dict)

    def __call__(self, losses: Losses, parameters: Sequence[torch.nn.Parameter]) -> dict[str, float]:
        """Fill the gradients of the summed loss.

        Args:
            losses: path -> name -> scalar tensor.
            parameters: whose `.grad` is filled; those the loss does not reach keep `None`.

        Returns:
            The summed loss under "loss".
        """
        terms = [
            self.weights.get(name, 1.0) * value for path in losses.values() for name, value in path.items()
        ]
        total = sum(terms[1:], start=terms[0])
        for parameter in parameters:
            parameter.grad = None
        total.backward()
        return {"loss": float(total.detach())}
