"""What random selection saves, as the ledger tells it: a picture and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from earwitness.systems.ledger.entry import Table
from earwitness.systems.random_selection import SelectionRecipe
from earwitness.systems.selection_cost import HeadCost, head_costs
from earwitness.systems.selection_picture import costs_picture
from earwitness.training.checkpoint import load_tensors
from earwitness.training.trained_files import FILE


def dimension_of(run: Path) -> int:
    """Width of the vectors, from what a finished run says of its network."""
    (weights, *_) = sorted(run.glob(f"rounds/*/{FILE}"))
    tensors, _ = load_tensors(weights)
    return len(tensors["module/standardise.0.centre"])


def costs_of(
    recipe: SelectionRecipe, dimension: int, share: float, shares: Sequence[float], runs: int
) -> tuple[dict[str, HeadCost], str]:
    """Costs of the CNN head against the kept share.

    Args:
        recipe: of random selection.
        dimension: of the vectors.
        share: kept by PCA, too.
        shares: kept by further random draws.
        runs: of which the median latency is taken.

    Returns:
        Costs by what is kept, and a picture of them (SVG).
    """
    shares = sorted({*shares, share, 1.0})
    recipes = {}
    for kept in shares:
        reducer = "none" if kept == 1.0 else "random"
        recipes["all" if kept == 1.0 else f"random {kept:.0%}"] = msgspec.structs.replace(
            recipe, reducer=reducer, share=kept
        )
    recipes["pca"] = msgspec.structs.replace(recipe, reducer="pca", share=share)
    costs = head_costs(recipes, dimension, runs=runs)
    whole = costs["all"]
    drawn = list(costs.values())[: len(shares)]
    relative = {
        "parameters": [one.parameters / whole.parameters for one in drawn],
        "multiply-adds": [one.multiply_adds / whole.multiply_adds for one in drawn],
        "time, 1 clip": [one.milliseconds["1"] / whole.milliseconds["1"] for one in drawn],
        "time, 64 clips": [one.milliseconds["64"] / whole.milliseconds["64"] for one in drawn],
    }
    return costs, costs_picture(shares, relative, subtitle=f"CNN head of {dimension} numbers, one machine")


def cost_table(costs: Mapping[str, HeadCost]) -> Table:
    """Costs as they are read."""
    return Table(
        title="Costs of the CNN head",
        columns=("kept", "parameters", "fitted numbers", "multiply-adds", "1 clip", "64 clips"),
        rows=tuple(
            (
                name, f"{one.parameters:,}", f"{one.fitted:,}", f"{one.multiply_adds / 1e6:.2f} M",
                f"{one.milliseconds['1']:.2f} ms", f"{one.milliseconds['64']:.2f} ms",
            )
            for name, one in costs.items()
        ),
    )  # fmt: skip
