"""The contract of a system: one published method, as training and scoring see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    import torch

    from earwitness.task import Task
    from earwitness.training.data import Batch, Examples
    from earwitness.training.recipe import Recipe
    from earwitness.training.stage import Stage

Fitted = Mapping[str, Any]
"""What was fitted on training rows beside the weights (scaler, bank, centroids), as arrays and numbers;
`rows` holds the hash of the rows it saw."""


@runtime_checkable
class System(Protocol):
    """One published method.

    `RECIPE` holds its published settings, `CLAIMS` its published figures. What only some have: `LIMITS`,
    what must be said wherever its results are shown; `FOLLOWED`, whether held-back rows are scored after
    every stage; `supplement(folder)`, which adds figures of its own to a finished run and gives lines
    for the console; `see_unlabelled(module, examples, rows, test)`, which may look at the features (never
    the labels) of the test side, and says so in what it gives.
    """

    @property
    def RECIPE(self) -> Recipe:  # noqa: N802 - a constant of the system
        """Its published settings."""
        ...

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        """What it says of a corpus; classes are read from the table, so nobody types them twice."""
        ...

    def build(self, recipe: Recipe, dimensions: Mapping[str, tuple[int, ...]], task: Task) -> torch.nn.Module:
        """The network, freshly initialised.

        Args:
            recipe: its settings.
            dimensions: view -> shape without batch and time, such as (layers, dimension).
            task: what is to be said.
        """
        ...

    def stages(self, recipe: Recipe, rows: np.ndarray, examples: Examples) -> Sequence[Stage]:
        """In which order it is trained, on which rows; one stage is the rule."""
        ...

    def fit(self, module: torch.nn.Module, examples: Examples, rows: np.ndarray) -> Fitted:
        """What is fitted on training rows beside the weights, before the first stage."""
        ...

    def losses(
        self, module: torch.nn.Module, batch: Batch, stage: Stage
    ) -> Mapping[str, Mapping[str, torch.Tensor]]:
        """Path -> name -> scalar loss."""
        ...

    def score(self, module: torch.nn.Module, batch: Batch, fitted: Fitted) -> Mapping[str, np.ndarray]:
        """Target -> scores by clip (batch,) or (batch, classes); detection: higher = more bona fide."""
        ...

    def pool(self, scores: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Scores of rows -> one score a group (a session, a window's clip), groups in sorted order."""
        ...
