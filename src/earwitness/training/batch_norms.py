"""Statistics of batch norms under averaged weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from earwitness.training.data import Examples
from earwitness.training.recipe import Recipe
from earwitness.training.stage import Stage

if TYPE_CHECKING:
    from earwitness.training.system import System


@torch.no_grad()
def reestimate_batch_norms(
    system: System, module: torch.nn.Module, examples: Examples, stage: Stage, recipe: Recipe, device: str
) -> None:
    """Means and variances of batch norms, from the rows of a stage, for averaged weights.

    Averaged weights give activations whose statistics are not the mean of the old ones.
    """
    norms = [
        part for part in module.modules()
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm) and part.num_batches_tracked is not None
    ]  # fmt: skip
    if not norms:
        return
    counts = [torch.empty(0) if n.num_batches_tracked is None else n.num_batches_tracked for n in norms]
    kept = [(norm.momentum, count.clone()) for norm, count in zip(norms, counts, strict=True)]
    module.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all batches
        norm.train()
    for start in range(0, len(stage.rows), recipe.batch):
        rows = stage.rows[start : start + recipe.batch]
        if len(rows) > 1:
            system.losses(module, examples.batch(rows).to(device), stage)
    for norm, count, (momentum, tracked) in zip(norms, counts, kept, strict=True):
        norm.momentum = momentum
        count.copy_(tracked)
