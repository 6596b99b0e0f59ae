"""What a back-end costs: parameters, multiply-adds, measured time."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
import torch
from torch.utils.flop_counter import FlopCounterMode


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Of one clip through a back-end, in inference.

    Args:
        parameters: of the network.
        multiply_adds: of convolutions and matrix products, for one clip.
        milliseconds: median time a clip, in a batch.
        frames: of the clip.
        dimension: of a frame.
        batch: clips at once, for the time.
        threads: of torch.
    """

    parameters: int
    multiply_adds: int
    milliseconds: float
    frames: int
    dimension: int
    batch: int
    threads: int


def multiply_adds(network: Callable[[torch.Tensor], torch.Tensor], given: torch.Tensor) -> int:
    """Multiply-adds of convolutions and matrix products in one forward pass.

    Args:
        network: called with `given`.
        given: its input.

    Example:
        >>> multiply_adds(torch.nn.Linear(3, 5), torch.zeros(2, 3))
        30
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(given)
    return int(counter.get_total_flops()) // 2


def cost_of(network: torch.nn.Module, shape: tuple[int, ...], *, batch: int = 16, runs: int = 9) -> Cost:
    """The cost of a network in inference.

    Args:
        network: takes (batch, *shape); left in eval mode.
        shape: of one clip without the batch, (..., time, dimension).
        batch: clips at once, for the time.
        runs: of which the median is taken.

    Example:
        >>> from earwitness.layers.nested_res2net import Nes2Net
        >>> cost_of(Nes2Net(1024, 1), (200, 1024), batch=1, runs=1).multiply_adds
        53632000
    """
    network.eval()
    one, many = torch.randn(1, *shape), torch.randn(batch, *shape)
    counted = multiply_adds(network, one)
    times = []
    with torch.inference_mode():
        network(many)
        for _ in range(runs):
            began = time.perf_counter()
            network(many)
            times.append(time.perf_counter() - began)
    return Cost(
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        multiply_adds=counted,
        milliseconds=1000 * sorted(times)[len(times) // 2] / batch,
        frames=shape[-2],
        dimension=shape[-1],
        batch=batch,
        threads=torch.get_num_threads(),
    )
