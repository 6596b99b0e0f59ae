"""`earwitness compare`: runs side by side, on the same trials."""

from __future__ import annotations

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from earwitness.errors import BadInput, require


def compare(*runs: Path, replicates: int = 1000, seed: int = 0, json: bool = False) -> int:
    """Figures of runs, and how much each differs from the first, with paired intervals.

    Args:
        runs: folders of finished runs that were tested on the same trials; the first is compared with each.
        replicates: bootstrap replicates.
        seed: of the bootstrap.
        json: print JSON in place of the table.
    """
    require("torch", "train")
    import msgspec

    from earwitness.systems.comparing import compare_runs

    if len(runs) < 2:
        raise BadInput("needs two runs or more", where="compare")
    found = compare_runs(runs, replicates=replicates, seed=seed)
    if json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return 0
    table = Table(box=SIMPLE_HEAD)
    for column in (
        "run",
        "system",
        found.metric,
        "95 % interval",
        "best seed",
        "parameters",
        "minus the first",
    ):
        table.add_column(column)
    for one in found.runs:
        mean, difference = one.figures.mean, one.minus_first
        table.add_row(
            one.name,
            one.system,
            f"{mean.value:.4f}",
            f"{mean.low:.4f} to {mean.high:.4f}",
            f"{one.figures.best.value:.4f}",
            f"{one.parameters:,}",
            "" if difference is None
            else f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]",
        )  # fmt: skip
    Console(width=160).print(table)
    print(f"{found.runs[0].figures.mean.n} trials; mean over seeds; lower is better: {found.lower}")
    return 0
