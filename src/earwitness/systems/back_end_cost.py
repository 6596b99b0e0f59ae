"""What a back-end costs: parameters, multiply-adds, measured time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec
import torch
from torch.utils.flop_counter import FlopCounterMode

from earwitness.errors import BadInput
from earwitness.systems.frame_detector import FrameDetector
from earwitness.systems.registry import SYSTEMS, system
from earwitness.training.recipe import with_settings

VARIANTS = {"nes2net-x": ("nes2net", "variant=x")}
"""Further names: a system with a setting."""


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


def back_ends() -> list[str]:
    """Names of the systems that read an encoder's frames and nothing else, and of their variants."""
    from earwitness.systems.tuned_detector import TunedDetector

    found = []
    for name in SYSTEMS:
        one = system(name)
        if (
            isinstance(one, FrameDetector)
            and not isinstance(one, TunedDetector)
            and one.RECIPE.views[0].encoder
        ):
            found.append(name)
    return sorted([*found, *VARIANTS])


def costs_of(
    names: Sequence[str], *, frames: int = 200, dimension: int = 1024, batch: int = 16, runs: int = 9
) -> dict[str, Cost]:
    """What back-ends cost on the same frames, by their default recipes and as many layers as these read.

    Args:
        names: of `back_ends`.
        frames: of a clip.
        dimension: of a frame.
        batch: clips at once, for the time.
        runs: of which the median is taken.

    Raises:
        BadInput: when there is no such back-end, or the dimension does not fit one.

    Example:
        >>> costs_of(["nes2net"], batch=1, runs=1)["nes2net"].parameters
        510769
    """
    if min(frames, dimension, batch, runs) < 1:
        raise BadInput("frames, dimension, batch and runs must be 1 or more", where="cost")
    known = back_ends()
    found = {}
    for name in names:
        if name not in known:
            raise BadInput(f"no such back-end; there are: {', '.join(known)}", where=name)
        base, *settings = VARIANTS.get(name, (name,))
        one = system(base)
        recipe = with_settings(one.RECIPE, settings)
        view = msgspec.structs.replace(recipe.views[0], length=frames, short="repeat")
        recipe = msgspec.structs.replace(recipe, views=(view,))  # some networks are built for one length
        shape = (max(len(view.layers), 1), dimension)
        torch.manual_seed(0)
        found[name] = cost_of(
            one.build(recipe, {view.name: shape}), (shape[0], frames, dimension), batch=batch, runs=runs
        )
    return found
