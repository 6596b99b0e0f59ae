"""Steps: from per-path losses to gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from earwitness.training.processes import summed_over_processes

if TYPE_CHECKING:
    import torch

Losses = Mapping[str, Mapping[str, "torch.Tensor"]]
"""path -> name -> scalar; one path is the rule, DPDA has a clean and an augmented one."""
Named = Sequence[tuple[str, "torch.nn.Parameter"]]


class Running(Protocol):
    """A step at work: it takes in losses, then leaves one gradient in every parameter's `.grad`."""

    def add(self, losses: Losses, share: float = 1.0) -> None:
        """Take in the losses of (a part of) a batch.

        Args:
            losses: path -> name -> scalar tensor.
            share: of the part in the whole batch, 0 to 1; the losses are means over their part.
        """
        ...

    def finish(self) -> dict[str, float]:
        """Fill `.grad`; what is worth a curve: the "loss", and norms or cosines where there are paths."""
        ...

    def state(self) -> dict[str, torch.Tensor]:
        """What the next step depends on, for a checkpoint."""
        ...

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from a state."""
        ...


class SumAndBackpropagate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sum"):
    """The default: the sum of all losses of all paths, one backward pass.

    Args:
        weights: factor of a named loss; 1 for those not named.

    Example:
        >>> import torch
        >>> weight = torch.nn.Parameter(torch.tensor(3.0))
        >>> running = SumAndBackpropagate().begin([("weight", weight)], seed=0)
        >>> running.add({"clean": {"square": weight**2}})
        >>> running.finish()["loss"], weight.grad.item()
        (9.0, 6.0)
    """

    weights: dict[str, float] = msgspec.field(default_factory=dict)

    def begin(self, named: Named, seed: int) -> Running:
        """The step at work on some parameters.

        Args:
            named: names and parameters whose `.grad` is filled; those the loss does not reach keep `None`.
            seed: without effect.
        """
        del seed
        return _Summing(self.weights, [parameter for _, parameter in named])


class _Summing:
    def __init__(self, weights: Mapping[str, float], parameters: Sequence[torch.nn.Parameter]) -> None:
        self.weights, self.parameters = weights, parameters
        self.loss, self.fresh = 0.0, True

    def add(self, losses: Losses, share: float = 1.0) -> None:
        if self.fresh:
            for parameter in self.parameters:
                parameter.grad = None
            self.loss, self.fresh = 0.0, False
        total = path_sum([named for path in losses.values() for named in path.items()], self.weights) * share
        total.backward()
        self.loss += float(total.detach())

    def finish(self) -> dict[str, float]:
        self.fresh = True
        summed_over_processes([p.grad for p in self.parameters if p.grad is not None])
        return {"loss": self.loss}

    def state(self) -> dict[str, torch.Tensor]:
        return {}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        del tensors


def path_sum(named: Sequence[tuple[str, torch.Tensor]], weights: Mapping[str, float]) -> torch.Tensor:
    """Weighted sum of some named losses.

    Args:
        named: (name, scalar), at least one.
        weights: factor of a name; 1 for those not named.
    """
    terms = [weights.get(name, 1.0) * value for name, value in named]
    return sum(terms[1:], start=terms[0])
