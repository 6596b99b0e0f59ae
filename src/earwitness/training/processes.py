"""Training in several processes (`torchrun`): who does which rows, and gradients made one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import distributed


def process() -> tuple[int, int]:
    """Number of this process and how many there are; (0, 1) outside of `torchrun`.

    Example:
        >>> process()
        (0, 1)
    """
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def own_parts(rows: np.ndarray, accumulate: int) -> list[tuple[np.ndarray, float]]:
    """The parts of a batch that this process goes through, one after the other.

    Args:
        rows: (n,) of the whole batch.
        accumulate: parts that a process cuts its rows into, so that less is in memory at once.

    Returns:
        Rows of each part that is not empty, and its share of the whole batch.

    Example:
        >>> [(rows.tolist(), share) for rows, share in own_parts(np.arange(4), 2)]
        [([0, 1], 0.5), ([2, 3], 0.5)]
    """
    number, processes = process()
    own = np.array_split(rows, processes)[number]
    parts = np.array_split(own, min(accumulate, max(len(own), 1)))
    return [(part, len(part) / len(rows)) for part in parts if len(part)]


def summed_over_processes(tensors: Sequence[torch.Tensor]) -> None:
    """Each tensor replaced by its sum over all processes; nothing to do where there is one.

    Args:
        tensors: the same shapes in every process.
    """
    if process()[1] == 1:
        return
    waiting = [distributed.all_reduce(tensor, async_op=True) for tensor in tensors]
    for work in waiting:
        work.wait()
