"""What a head costs that reads a part of a vector: parameters, multiply-adds, measured latency."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import msgspec
import torch

from earwitness.systems.back_end_cost import multiply_adds
from earwitness.systems.random_selection import RandomSelection, SelectionRecipe
from earwitness.systems.vector_fusion import FusionNetwork
from earwitness.task import DETECTION


class HeadCost(msgspec.Struct, frozen=True, kw_only=True):
    """Of one head in inference, reduction included.

    Args:
        parameters: that are learnt.
        fitted: numbers that the reducer keeps besides.
        multiply_adds: for one clip.
        milliseconds: batch size -> median time of a batch.
    """

    parameters: int
    fitted: int
    multiply_adds: int
    milliseconds: dict[str, float]


def head_costs(
    recipes: Mapping[str, SelectionRecipe],
    dimension: int,
    *,
    batches: Sequence[int] = (1, 64),
    runs: int = 200,
) -> dict[str, HeadCost]:
    """Costs of several heads, taken in turns, so that what else the machine does hits all alike.

    Args:
        recipes: name -> settings, of one view.
        dimension: of the encoder's vector.
        batches: clips at once.
        runs: of which the median is taken.

    Example:
        >>> from earwitness.systems.random_selection import RECIPE
        >>> costs = head_costs({"half": RECIPE}, 512, batches=(1,), runs=1)
        >>> costs["half"].parameters  # 256 + 24,704 of the CNN, 8,192 x 128 + 128, and 2 x 128 + 2
        1073922
    """
    networks: dict[str, FusionNetwork] = {}
    for name, recipe in recipes.items():
        (view,) = recipe.views
        networks[name] = RandomSelection().build(recipe, {view.name: (dimension,)}, DETECTION).eval()
    times: dict[str, dict[int, list[float]]] = {name: {size: [] for size in batches} for name in networks}
    with torch.inference_mode():
        for size in batches:
            given = [torch.randn(size, dimension)]
            for network in networks.values():
                network(given)
            for _ in range(runs):
                for name, network in networks.items():
                    began = time.perf_counter()
                    network(given)
                    times[name][size].append(time.perf_counter() - began)
    return {
        name: HeadCost(
            parameters=sum(parameter.numel() for parameter in network.parameters()),
            fitted=sum(buffer.numel() for buffer in network.body.get_submodule("reducers").buffers()),
            multiply_adds=multiply_adds(_outputs(network), torch.randn(1, dimension)),
            milliseconds={
                str(size): 1000 * sorted(taken)[len(taken) // 2] for size, taken in times[name].items()
            },
        )
        for name, network in networks.items()
    }  # fmt: skip


def _outputs(network: FusionNetwork) -> Callable[[torch.Tensor], torch.Tensor]:
    def outputs(given: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = network([given])[0][0]
        return found

    return outputs


def head_parameters(kept: int, filters: Sequence[int], hidden: int, outputs: int = 2) -> int:
    """Parameters of a CNN head in closed form: kernels of 3, two halvings or more, one hidden layer.

    Args:
        kept: numbers of the vector.
        filters: of the convolutions.
        hidden: width of the dense layer.
        outputs: of the head.

    Example:
        >>> head_parameters(512, (64, 128), 128), head_parameters(256, (64, 128), 128)
        (2122498, 1073922)
    """
    convolutions = sum(
        3 * before * after + after for before, after in zip((1, *filters[:-1]), filters, strict=True)
    )
    flat = filters[-1] * (kept // 2 ** len(filters))
    return convolutions + flat * hidden + hidden + hidden * outputs + outputs
