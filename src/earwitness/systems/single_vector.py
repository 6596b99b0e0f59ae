"""The baselines of the fusions: one encoder's vector (or several, put side by side) in a small network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from earwitness.layers.embedding_cnn import EmbeddingCnn
from earwitness.systems.vector_fusion import (
    PAIR,
    Embedded,
    Fused,
    FusionBody,
    FusionRecipe,
    VectorFusion,
)


class SideBySide(FusionBody):
    """Views after one another, each through its network first where there is one.

    Args:
        dimensions: width of each view.
        filters: of a CNN for each view; none = the vectors as they are.

    Example:
        >>> SideBySide((512, 256), (64, 128)).outputs, SideBySide((512,), ()).outputs
        (24576, 512)
    """

    def __init__(self, dimensions: Sequence[int], filters: Sequence[int]) -> None:
        super().__init__()
        networks = [EmbeddingCnn(dimension, filters) for dimension in dimensions] if filters else []
        self.networks = nn.ModuleList(networks)
        self.outputs = sum(network.outputs for network in networks) if filters else sum(dimensions)

    def embed(self, views: Sequence[torch.Tensor]) -> Embedded:
        """(batch, ...) of each view."""
        if not self.networks:
            return tuple(views)
        return tuple(network(view) for network, view in zip(self.networks, views, strict=True))

    def fuse(self, embedded: Embedded, bank: Embedded | None) -> Fused:
        """All of them, side by side."""
        del bank
        return embedded[0] if len(embedded) == 1 else torch.cat(embedded, 1), {}


class VectorCnn(VectorFusion):
    """A convolutional network that reads an encoder's vector as a sequence: the papers' CNN baseline."""

    RECIPE = FusionRecipe(system="cnn", views=PAIR[:1], filters=(64, 128), hidden=(128,))
    SOURCES: Mapping[str, str] = dict.fromkeys(
        ("filters", "hidden", "batch", "epochs", "optimiser.name", "optimiser.learning_rate"), "published"
    )
    PAPER = "baseline of MATA, PARROT and COFFE"
    VIEWS = None

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """A CNN for each view."""
        return SideBySide(dimensions, recipe.filters)


class VectorFcn(VectorFusion):
    """Dense layers on an encoder's vector: the papers' FCN baseline."""

    RECIPE = FusionRecipe(system="fcn", views=PAIR[:1], filters=(), hidden=(90, 45))
    SOURCES: Mapping[str, str] = dict.fromkeys(
        ("hidden", "batch", "epochs", "optimiser.name", "optimiser.learning_rate"), "published"
    )
    PAPER = "baseline of TRIO"
    VIEWS = None

    def body(self, recipe: FusionRecipe, dimensions: Sequence[int]) -> FusionBody:
        """Nothing before the dense layers."""
        del recipe
        return SideBySide(dimensions, ())
