"""The aligning step: gradients of several paths made into one that none of them works against."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import torch

from earwitness.errors import BadInput
from earwitness.layers.gradient_alignment import coefficients, cosines
from earwitness.training.processes import summed_over_processes
from earwitness.training.step import Losses, Named, Running, path_sum

Gradients = list[torch.Tensor | None]


class AlignGradients(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="align"):
    """One backward pass for each path, then one gradient out of all.

    Never more than one gradient a path is in memory. Where the paths' losses hang on one forward pass
    (BatchNorm over all copies), each backward pass goes through all of it; where each has a pass of
    its own, a step costs what plain training on the same copies does.

    Args:
        method: of `layers.gradient_alignment.coefficients`.
        decay: of GradVac.
        update: of GradVac.
        radius: of CAGrad.
        weights: factor of a named loss; 1 for those not named.
        groups: name -> regular expression, searched in parameter names: conflicts are also told for
            each of these groups (the alignment itself is over all parameters, as published).

    Reference: DPDA with gradient alignment; see `layers.gradient_alignment` for the methods.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor([1.0, 1.0]))
        >>> running = AlignGradients().begin([("weight", weight)], seed=0)
        >>> running.add({"clean": {"loss": weight[0]}, "augmented": {"loss": weight[1] - weight[0]}})
        >>> round(running.finish()["cosine"], 4), weight.grad.tolist()
        (-0.7071, [0.25, 0.75])
    """

    method: str = "pcgrad"
    decay: float = 0.5
    update: Literal["agreeing", "always"] = "agreeing"
    radius: float = 0.5
    weights: dict[str, float] = msgspec.field(default_factory=dict)
    groups: dict[str, str] = msgspec.field(default_factory=dict)

    def begin(self, named: Named, seed: int) -> Running:
        """The step at work on some parameters.

        Args:
            named: names and parameters whose `.grad` is filled.
            seed: of the order of projections where there are more than two paths.
        """
        return _Aligning(self, named, seed)


class _Aligning:
    def __init__(self, settings: AlignGradients, named: Named, seed: int) -> None:
        self.settings = settings
        self.parameters = [parameter for _, parameter in named]
        self.members = {
            group: [place for place, (name, _) in enumerate(named) if re.search(pattern, name)]
            for group, pattern in settings.groups.items()
        }
        self.targets: torch.Tensor | None = None
        self.generator = torch.Generator().manual_seed(seed)
        self.paths: dict[str, Gradients] = {}
        self.losses: dict[str, float] = {}

    def add(self, losses: Losses, share: float = 1.0) -> None:
        last = list(losses)[-1]
        for path, terms in losses.items():
            kept = self.paths.get(path, [None] * len(self.parameters))
            for parameter, gradient in zip(self.parameters, kept, strict=True):
                parameter.grad = gradient  # backward adds to it in place: no further copy
            total = path_sum(list(terms.items()), self.settings.weights) * share
            total.backward(retain_graph=path != last)
            self.paths[path] = [parameter.grad for parameter in self.parameters]
            self.losses[path] = self.losses.get(path, 0.0) + float(total.detach())

    def finish(self) -> dict[str, float]:
        names, paths = list(self.paths), list(self.paths.values())
        if len(paths) < 2:
            raise BadInput("aligns the gradients of two paths or more; this system has one", where="step")
        for gradients in paths:
            summed_over_processes([gradient for gradient in gradients if gradient is not None])
        grams = [_gram(gradients) for gradients in zip(*paths, strict=True)]
        gram = torch.stack(grams).sum(0)
        settings = self.settings
        told = {"loss": sum(self.losses.values())}
        if torch.isfinite(gram).all():  # else the loop stops on the loss or on the weights that it makes
            weights, self.targets = coefficients(
                gram, settings.method, self.targets, self.generator,
                decay=settings.decay, update=settings.update, radius=settings.radius,
            )  # fmt: skip
            _combine(self.parameters, paths, weights.tolist())
        else:
            told["loss"] = float("nan")
        told |= {f"loss {name}": loss for name, loss in self.losses.items()}
        told |= {f"norm {name}": float(gram[k, k]) ** 0.5 for k, name in enumerate(names)}
        told |= _conflict(gram, "")
        for group, places in self.members.items():
            if places:
                told |= _conflict(torch.stack([grams[place] for place in places]).sum(0), f" {group}")
        self.paths, self.losses = {}, {}
        return told

    def state(self) -> dict[str, torch.Tensor]:
        kept = {"generator": self.generator.get_state()}
        return kept if self.targets is None else kept | {"targets": self.targets}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        self.generator.set_state(tensors["generator"])
        self.targets = tensors.get("targets")


def _gram(gradients: Sequence[torch.Tensor | None]) -> torch.Tensor:
    """Inner products of one parameter's gradients, (paths, paths) float64; a path without one counts as 0."""
    paths = len(gradients)
    inner = torch.zeros(paths, paths, dtype=torch.float64)
    flat = [None if gradient is None else gradient.detach().flatten().float() for gradient in gradients]
    for row in range(paths):
        for column in range(row, paths):
            one, other = flat[row], flat[column]
            if one is not None and other is not None:
                inner[row, column] = inner[column, row] = float(torch.dot(one, other))
    return inner


def _combine(
    parameters: Sequence[torch.nn.Parameter], paths: Sequence[Gradients], weights: Sequence[float]
) -> None:
    """Leave the weighted sum in `.grad`, made in place of the first path's gradient."""
    for place, parameter in enumerate(parameters):
        found = [(gradients[place], w) for gradients, w in zip(paths, weights, strict=True)]
        reached = [(gradient, w) for gradient, w in found if gradient is not None]
        if not reached:
            parameter.grad = None
            continue
        whole, first = reached[0]
        if len(reached) == len(found):
            whole.mul_(first)
            for gradient, weight in reached[1:]:
                whole.add_(gradient, alpha=weight)
        else:
            # a parameter that not all paths reach (a head of one's own) gets the sum of what it has, as in
            # DPDA's PCGrad; its CAGrad takes the first path's, its GradVac the mean with zeros
            for gradient, _ in reached[1:]:
                whole.add_(gradient)
        parameter.grad = whole


def _conflict(gram: torch.Tensor, suffix: str) -> dict[str, float]:
    """Lowest cosine between two paths, and whether it is below 0 (its mean is the conflict rate)."""
    pairs = torch.triu_indices(len(gram), len(gram), 1)
    lowest = float(cosines(gram)[pairs[0], pairs[1]].min())
    return {f"cosine{suffix}": lowest, f"conflict{suffix}": float(lowest < 0)}
