"""Several curved subspaces of one vector, weighed anew for every task by distances to a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn

from earwitness.layers.poincare import clip_norm, exp0, tangent_distances

Attention = Literal["task", "shared", "none"]


class CurvedSubspaces(nn.Module):
    """Linear maps onto Poincare balls of different curvature; each task mixes what it needs of them.

    Args:
        inputs: dimension of the vector.
        space: dimension of each subspace.
        tasks: how many mixtures.
        attention: `task`: a query for each task; `shared`: one for all; `none`: the mean of the subspaces.
        curvatures: of each subspace at the beginning, above 0.
        curved: else all is flat: maps are identities, distances straight lines.
        learned: whether curvatures are learned, through softplus.
        queries: dimension of a query.

    Example:
        >>> layer = CurvedSubspaces(256, 64, 3, "task", [0.1, 0.5, 1.0, 2.0])
        >>> tuple(layer(torch.randn(5, 256)).shape), tuple(layer.weights(torch.randn(5, 256)).shape)
        ((5, 3, 64), (5, 3, 4))
    """

    def __init__(
        self, inputs: int, space: int, tasks: int, attention: Attention, curvatures: Sequence[float],
        *, curved: bool = True, learned: bool = True, queries: int = 64,
    ) -> None:  # fmt: skip
        super().__init__()
        self.space, self.tasks, self.curved = space, tasks, curved
        count = len(curvatures)
        self.maps = nn.Linear(inputs, count * space)
        free = torch.tensor(list(curvatures)).expm1().log()
        self.free = nn.Parameter(free, requires_grad=learned and curved)
        asked = {"task": tasks, "shared": 1, "none": 0}[attention]
        self.queries = nn.Parameter(torch.randn(asked, queries) / queries**0.5) if asked else None
        self.query_maps = nn.Linear(queries, count * space, bias=False) if asked else None
        self.log_temperature = nn.Parameter(torch.zeros(asked)) if asked else None

    @property
    def curvature(self) -> torch.Tensor:
        """(subspaces, 1), above 0."""
        return nn.functional.softplus(self.free)[:, None]

    def points(self, vectors: torch.Tensor) -> torch.Tensor:
        """Points (batch, subspaces, space) on the balls; the tangent vectors themselves where all is flat."""
        tangent = self._tangent(self.maps(vectors))
        return exp0(tangent, self.curvature) if self.curved else tangent

    def weights(self, vectors: torch.Tensor) -> torch.Tensor:
        """How much of each subspace a task takes: (batch, tasks, subspaces), each row sums to 1."""
        return self._weights(self._tangent(self.maps(vectors)))

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Map (batch, inputs) to tangent mixtures (batch, tasks, space)."""
        tangent = self._tangent(self.maps(vectors))
        # log0(exp0(v)) is v: the mixture takes the tangent vectors themselves, at no cost and no rounding
        return self._weights(tangent) @ tangent

    def _tangent(self, mapped: torch.Tensor) -> torch.Tensor:
        return clip_norm(mapped.unflatten(-1, (-1, self.space)))

    def _weights(self, tangent: torch.Tensor) -> torch.Tensor:
        batch, count, _ = tangent.shape
        if self.queries is None or self.query_maps is None or self.log_temperature is None:
            return tangent.new_full((batch, self.tasks, count), 1 / count)
        asked = self._tangent(self.query_maps(self.queries))
        if self.curved:
            apart = tangent_distances(tangent, asked, self.curvature)
        else:
            apart = torch.linalg.vector_norm(tangent[:, None] - asked, dim=-1)
        found = (-apart / self.log_temperature.exp()[:, None]).softmax(-1)
        return found.expand(batch, self.tasks, count)
