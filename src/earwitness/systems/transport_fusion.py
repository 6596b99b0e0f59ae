"""Fusions that carry one view over to the other by optimal transport: batch, bank and recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.layers.transport import exchange, exchange_with_bank
from earwitness.systems.vector_fusion import (
    Embedded,
    Fused,
    FusionBody,
    FusionNetwork,
    FusionRecipe,
    VectorFusion,
    vectors_of,
)
from earwitness.task import Task
from earwitness.training.data import Examples

BANK_SEED = 0


class TransportRecipe(FusionRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of the exchange. In training it is always among the rows of a batch.

    Args:
        fusion: `ot` exchanges the views; `concat` leaves each as it is.
        epsilon: of the plan, on costs of at most 1; a choice of the public re-implementation.
        iterations: likewise.
        inference: `bank` puts each clip beside fixed training rows, so that its score is its own; `batch`
            beside the clips that happen to be scored with it, as the papers do.
        bank: rows of the bank: the training rows nearest to as many k-means centroids of all views
            together. Centroids of each view by itself, the alternative, would belong to no clip.
    """

    fusion: Literal["ot", "concat"] = "ot"
    epsilon: float = 0.05
    iterations: int = 50
    inference: Literal["bank", "batch"] = "bank"
    bank: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bank < 1 or self.iterations < 1 or not self.epsilon > 0:
            raise BadInput("bank and iterations must be 1 or more, epsilon above 0", where="recipe")
        if self.fusion == "ot" and self.accumulate > 1:
            raise BadInput("the exchange is among a whole batch; it can't be cut", where="recipe.accumulate")


class TransportBody(FusionBody):
    """A body whose two embeddings (batch, width) may be exchanged.

    Args:
        recipe: of the exchange.
    """

    def __init__(self, recipe: TransportRecipe) -> None:
        super().__init__()
        self.recipe = recipe

    def exchanged(self, embedded: Embedded, bank: Embedded | None) -> Embedded:
        """The second view carried to the first, and the first to the second."""
        settings = {"epsilon": self.recipe.epsilon, "iterations": self.recipe.iterations}
        first, second = embedded
        if bank is None:
            return exchange(first, second, **settings)  # type: ignore[arg-type]
        return exchange_with_bank(first, second, *bank, **settings)  # type: ignore[arg-type]


class TransportNetwork(FusionNetwork):
    """A fusion with a bank of training rows beside it, kept as they came from the encoders."""

    def __init__(self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task) -> None:
        super().__init__(body, recipe, dimensions, task)
        assert isinstance(recipe, TransportRecipe)
        self.settings = recipe
        for at, dimension in enumerate(dimensions):
            self.register_buffer(f"bank{at}", torch.zeros(recipe.bank, dimension))
        self._bank: Embedded | None = None
        self.register_load_state_dict_post_hook(_forget)

    def banks(self) -> list[torch.Tensor]:
        """Vectors of the bank's rows, (bank, dimension) a view."""
        return [self.get_buffer(f"bank{at}") for at in range(len(self.standardise))]

    def fuse(self, embedded: Embedded) -> Fused:
        """Exchange among the batch in training, beside the bank in scoring (or as the recipe says)."""
        if self.training or self.settings.fusion == "concat":
            return self.body.fuse(embedded, None)
        bank = self._embedded_bank()
        if self.settings.inference == "bank":
            return self.body.fuse(embedded, bank)
        rows = len(embedded[0])
        # a last batch that is not full is filled with training rows, never with other clips
        lacking = torch.arange(max(self.recipe.batch - rows, 0)) % len(bank[0])
        full = tuple(torch.cat([one, kept[lacking]]) for one, kept in zip(embedded, bank, strict=True))
        fused, own = self.body.fuse(full, None)
        return fused[:rows], own

    def _embedded_bank(self) -> Embedded:
        if self._bank is not None:
            return self._bank
        bank = self.embed(self.banks())
        if torch.is_inference_mode_enabled():  # the weights stand still until `train` or a load
            self._bank = bank
        return bank

    def train(self, mode: bool = True) -> TransportNetwork:
        """Training or eval mode; what was made of the bank before is forgotten."""
        self._bank = None
        return super().train(mode)


def _forget(network: nn.Module, _: object) -> None:
    assert isinstance(network, TransportNetwork)
    network._bank = None


class TransportFusion(VectorFusion):
    """A fusion with a bank, but for `RECIPE` and the body."""

    def network(
        self, body: FusionBody, recipe: FusionRecipe, dimensions: Sequence[int], task: Task
    ) -> FusionNetwork:
        """The network with its bank."""
        return TransportNetwork(body, recipe, dimensions, task)

    def fit(self, module: nn.Module, examples: Examples, rows: np.ndarray) -> Mapping[str, object]:
        """Centre, scale and bank; the ids of the bank's rows are kept."""
        fitted = super().fit(module, examples, rows)
        assert isinstance(module, TransportNetwork)
        if module.settings.fusion == "concat":
            return fitted
        vectors = vectors_of(module, examples, rows)
        scaled = [
            standardise(torch.from_numpy(values).float()).numpy()
            for standardise, values in zip(module.standardise, vectors, strict=True)
        ]
        chosen = representatives(np.concatenate(scaled, 1), module.settings.bank)
        for bank, values in zip(module.banks(), vectors, strict=True):
            bank.copy_(torch.from_numpy(values[np.resize(chosen, len(bank))]))
        return {**fitted, "bank": [examples.ids[rows[at]] for at in chosen]}


def representatives(vectors: np.ndarray, count: int) -> np.ndarray:
    """The rows nearest to k-means centroids.

    Args:
        vectors: (n, dimension).
        count: of centroids; all rows where there are no more.

    Returns:
        At most `count` row numbers, ascending, none twice.

    Example:
        >>> representatives(np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]]), 2).tolist()
        [1, 4]
    """
    from sklearn.cluster import KMeans

    if len(vectors) <= count:
        return np.arange(len(vectors))
    found = KMeans(count, n_init=1, random_state=BANK_SEED).fit(vectors)
    return np.unique(found.transform(vectors).argmin(0))
