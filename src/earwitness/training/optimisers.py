"""Optimisers by the names that recipes give them."""

from __future__ import annotations

from typing import Any

import torch

from earwitness.training.recipe import Optimiser


def make_optimiser(settings: Optimiser, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    """The torch optimiser of a recipe."""
    if settings.name == "lbfgs":
        parameters = [parameter for group in groups for parameter in group["params"]]
        return torch.optim.LBFGS(
            parameters, lr=settings.learning_rate, max_iter=25, line_search_fn="strong_wolfe"
        )
    if settings.name == "sgd":
        return torch.optim.SGD(groups, lr=settings.learning_rate, momentum=settings.betas[0])
    kind = torch.optim.Adam if settings.name == "adam" else torch.optim.AdamW
    return kind(groups, lr=settings.learning_rate, betas=settings.betas)
