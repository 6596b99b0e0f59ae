"""Training in several processes (`torchrun`): who does which rows, and gradients made one."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import distributed

_LONGEST = datetime.timedelta(days=2)
"""That a process waits for another, which may be encoding a corpus."""


def process() -> tuple[int, int]:
    """Number of this process and how many there are; (0, 1) outside of `torchrun`.

    Example:
        >>> process()
        (0, 1)
    """
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


@contextmanager
def joined(device: str = "cpu") -> Iterator[bool]:
    """Join the processes that `torchrun` started; alone without it.

    Args:
        device: that computes; `cuda` gives each process a device of its own.

    Yields:
        Whether this process is the one that writes and speaks.

    Example:
        >>> with joined() as leading:
        ...     print(leading)
        True
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or distributed.is_initialized():
        yield leads()
        return
    if device.startswith("cuda"):
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo", timeout=_LONGEST)
    try:
        yield leads()
    finally:
        distributed.destroy_process_group()


def leads() -> bool:
    """Whether this process writes files and speaks: the first, or the only one."""
    return process()[0] == 0


def wait_for_all() -> None:
    """Go on when every process has come here."""
    if process()[1] > 1:
        distributed.barrier()


def numbers_summed(point: Mapping[str, float], prefix: str) -> dict[str, float]:
    """Numbers of which every process has a part, made whole: those whose name begins with `prefix`.

    Args:
        point: name -> number; the same names in every process.
        prefix: of the names.
    """
    names = [name for name in point if name.startswith(prefix)]
    if process()[1] == 1 or not names:
        return dict(point)
    whole = torch.tensor([point[name] for name in names], dtype=torch.float64)
    distributed.all_reduce(whole)
    return {**point, **dict(zip(names, whole.tolist(), strict=True))}


def buffers_of_the_first(module: torch.nn.Module) -> None:
    """Statistics such as those of BatchNorm become the first process's, so that all judge alike."""
    if process()[1] > 1:
        for buffer in module.buffers():
            distributed.broadcast(buffer, 0)


def apart(module: torch.nn.Module) -> str | None:
    """What training in several processes makes different from training in one; `None` where nothing does.

    Args:
        module: that is trained.
    """
    count = sum(isinstance(part, torch.nn.modules.batchnorm._BatchNorm) for part in module.modules())
    if process()[1] == 1 or not count:
        return None
    return (
        f"{count} BatchNorm layers normalise the rows of each of the {process()[1]} processes by themselves "
        "(on CPU they cannot be synchronised): the result is not that of one process"
    )


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
    # A batch of fewer rows than processes is computed by all of them: none may come without gradients.
    few = len(rows) < processes
    own = rows if few else np.array_split(rows, processes)[number]
    parts = np.array_split(own, min(accumulate, max(len(own), 1)))
    return [(part, len(part) / len(rows) / (processes if few else 1)) for part in parts if len(part)]


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
