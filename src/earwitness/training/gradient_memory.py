"""The step of A-GEM: a gradient that does not work against what is remembered."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import torch

from earwitness.training.processes import summed_over_processes
from earwitness.training.step import Losses, Named, Running, path_sum

MEMORY = "memory"
"""Path of the loss over remembered rows."""


class GradientMemory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="memory"):
    """The gradient of the other paths, without its part against that of the path `memory`.

    Where there is no such path, or the two agree, it is the plain gradient.

    Reference: Chaudhry et al., Efficient lifelong learning with A-GEM, ICLR 2019, equation 11.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor([0.0, 0.0]))
        >>> running = GradientMemory().begin([("weight", weight)], seed=0)
        >>> running.add({"new": {"loss": weight[0] - weight[1]}, "memory": {"loss": weight[1]}})
        >>> running.finish()["conflict"], weight.grad.tolist()
        (1.0, [1.0, 0.0])
    """

    def begin(self, named: Named, seed: int) -> Running:
        """The step at work on some parameters.

        Args:
            named: names and parameters whose `.grad` is filled.
            seed: without effect.
        """
        del seed
        return _Remembering([parameter for _, parameter in named])


class _Remembering:
    def __init__(self, parameters: list[torch.nn.Parameter]) -> None:
        self.parameters = parameters
        self.new = [torch.zeros_like(parameter) for parameter in parameters]
        self.old = [torch.zeros_like(parameter) for parameter in parameters]
        self.loss, self.remembered = 0.0, False

    def add(self, losses: Losses, share: float = 1.0) -> None:
        last = list(losses)[-1]
        for path, terms in losses.items():
            total = path_sum(list(terms.items()), {}) * share
            found = torch.autograd.grad(total, self.parameters, retain_graph=path != last, allow_unused=True)
            home = self.old if path == MEMORY else self.new
            for kept, gradient in zip(home, found, strict=True):
                if gradient is not None:
                    kept += gradient
            if path == MEMORY:
                self.remembered = True
            else:
                self.loss += float(total.detach())

    def finish(self) -> dict[str, float]:
        summed_over_processes([*self.new, *self.old])
        told = {"loss": self.loss}
        if self.remembered:
            inner = sum(float((new * old).sum()) for new, old in zip(self.new, self.old, strict=True))
            told["conflict"] = float(inner < 0)
            if inner < 0:
                size = sum(float((old * old).sum()) for old in self.old)
                for new, old in zip(self.new, self.old, strict=True):
                    new -= (inner / size) * old
        for parameter, new in zip(self.parameters, self.new, strict=True):
            parameter.grad = new.clone()
        for kept in (*self.new, *self.old):
            kept.zero_()
        self.loss, self.remembered = 0.0, False
        return told

    def state(self) -> dict[str, torch.Tensor]:
        return {}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        del tensors
