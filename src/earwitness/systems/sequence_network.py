"""A network that learns one corpus after the other, and what it remembers of itself on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.func import functional_call

from earwitness.systems.vector_fusion import FusionBody, FusionNetwork, FusionRecipe
from earwitness.task import Task

SLOTS: Mapping[str, tuple[str, ...]] = {
    "ewc": ("importance", "weighted", "constant"),
    "si": ("importance", "start", "path", "before", "slope"),
    "l2-sp": ("start",),
    "lwf": ("start",),
    "wise-ft": ("start",),
    "averaged": ("mean",),
    "soup": ("mean",),
}
"""Method -> what is kept beside the weights, each a vector as long as all of them (`constant` apart)."""
XI = 0.1
"""Of synaptic intelligence (its paper's damping xi), against weights that hardly moved."""


class SequenceNetwork(FusionNetwork):
    """A fusion network with room for copies of its weights, kept as buffers, so that they outlive a kill.

    Args:
        body: of the network.
        recipe: its settings.
        dimensions: width of each view.
        task: of one target.
        method: whose copies are kept.
    """

    def __init__(
        self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task, method: str
    ) -> None:
        super().__init__(body, recipe, dimensions, task)
        size = sum(parameter.numel() for parameter in self.parameters())
        for slot in SLOTS.get(method, ()):
            self.register_buffer(slot, torch.zeros(1 if slot == "constant" else size))
        self.register_buffer("counted", torch.zeros(()))
        self._other = False

    def flat(self) -> torch.Tensor:
        """(weights,) all parameters, one after the other."""
        return torch.cat([parameter.flatten() for parameter in self.parameters()])

    def load_flat(self, weights: torch.Tensor) -> None:
        """Take on weights that `flat` gave."""
        split = self._split(weights)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                parameter.copy_(split[name])

    def _split(self, weights: torch.Tensor) -> dict[str, torch.Tensor]:
        found, at = {}, 0
        for name, parameter in self.named_parameters():
            found[name] = weights[at : at + parameter.numel()].view_as(parameter)
            at += parameter.numel()
        return found

    def with_weights(self, weights: torch.Tensor, views: Sequence[torch.Tensor]) -> torch.Tensor:
        """(batch, classes) outputs under other weights, without gradients and dropout."""
        training, self._other = self.training, True
        try:
            self.eval()
            with torch.no_grad():
                outputs, _ = functional_call(self, self._split(weights), (views,))
        finally:
            self._other = False
            self.train(training)
        found: torch.Tensor = outputs[0]
        return found

    def forward(self, views: Sequence[torch.Tensor]) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]]:
        """Outputs; where a mean of weights is kept, it answers, and the newest weights learn."""
        if self.training or self._other or not self._answered_by_mean():
            return super().forward(views)
        return [self.with_weights(self.get_buffer("mean"), views)], {}

    def _answered_by_mean(self) -> bool:
        return hasattr(self, "mean") and bool(self.get_buffer("counted"))

    def count_in(self) -> None:
        """Count the present weights in the running mean."""
        self.get_buffer("counted").add_(1)
        mean = self.get_buffer("mean")
        mean.add_((self.flat().detach() - mean) / self.get_buffer("counted"))

    def settle(self) -> None:
        """Take on the running mean, and begin a new one."""
        if float(self.get_buffer("counted")):
            self.load_flat(self.get_buffer("mean").clone())
        self.get_buffer("counted").zero_()
        self.get_buffer("mean").zero_()


def remember_importance(network: SequenceNetwork, squares: torch.Tensor) -> None:
    """Add a corpus to what elastic weight consolidation holds on to.

    The sum of the penalties of all corpora, each with its own weights in the middle, is kept as one
    quadratic form.

    Args:
        network: its present weights are the middle.
        squares: (weights,) diagonal of the Fisher information.
    """
    now = network.flat().detach()
    network.get_buffer("importance").add_(squares)
    network.get_buffer("weighted").add_(squares * now)
    network.get_buffer("constant").add_((squares * now * now).sum())


def elastic_penalty(network: SequenceNetwork) -> torch.Tensor:
    """Half of the sum over corpora and weights of importance times squared change since that corpus."""
    now = network.flat()
    importance, weighted = network.get_buffer("importance"), network.get_buffer("weighted")
    whole = (importance * now * now).sum() - 2 * (weighted * now).sum() + network.get_buffer("constant")[0]
    return whole / 2


def start_penalty(network: SequenceNetwork) -> torch.Tensor:
    """Half of the squared distance from the weights that the corpus began with."""
    return ((network.flat() - network.get_buffer("start")) ** 2).sum() / 2


def path_penalty(network: SequenceNetwork) -> torch.Tensor:
    """Sum over weights of importance times squared change since the corpus began (synaptic intelligence)."""
    return (network.get_buffer("importance") * (network.flat() - network.get_buffer("start")) ** 2).sum()


def follow_path(network: SequenceNetwork, loss: torch.Tensor) -> None:
    """Add the last step to the path integral, and keep the slope of the loss for the next one.

    Args:
        network: in training, before a step.
        loss: of the task alone, as in the paper; many re-implementations take that with the penalty.
    """
    now = network.flat().detach()
    path, before, slope = (network.get_buffer(name) for name in ("path", "before", "slope"))
    path.sub_(slope * (now - before))
    parameters = list(network.parameters())
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    slope.copy_(
        torch.cat([
            torch.zeros_like(parameter).flatten() if gradient is None else gradient.flatten()
            for parameter, gradient in zip(parameters, found, strict=True)
        ])
    )  # fmt: skip
    before.copy_(now)


def end_path(network: SequenceNetwork) -> None:
    """Make importance of the path that a corpus took."""
    now = network.flat().detach()
    path, before, slope = (network.get_buffer(name) for name in ("path", "before", "slope"))
    path.sub_(slope * (now - before))
    change = now - network.get_buffer("start")
    network.get_buffer("importance").add_(path.clamp(min=0) / (change**2 + XI))
    begin_path(network)


def begin_path(network: SequenceNetwork) -> None:
    """Begin a corpus: its path starts at the present weights."""
    now = network.flat().detach()
    network.get_buffer("start").copy_(now)
    network.get_buffer("before").copy_(now)
    network.get_buffer("path").zero_()
    network.get_buffer("slope").zero_()


def fisher(network: nn.Module, losses: Sequence[torch.Tensor]) -> torch.Tensor:
    """Diagonal of the empirical Fisher information: mean squared gradient of the loss of single rows.

    With the true labels, as most implementations do; the paper draws labels from the model.

    Args:
        network: whose parameters.
        losses: one scalar a row.

    Returns:
        (weights,) in the order of the parameters.
    """
    parameters = list(network.parameters())
    total = torch.zeros(sum(parameter.numel() for parameter in parameters))
    for loss in losses:
        found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
        total += torch.cat([
            torch.zeros_like(parameter).flatten() if gradient is None else gradient.flatten() ** 2
            for parameter, gradient in zip(parameters, found, strict=True)
        ])  # fmt: skip
    return total / max(len(losses), 1)
