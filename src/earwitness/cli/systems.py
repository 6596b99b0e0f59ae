"""`earwitness systems`: what can be trained, what its paper claims, and where each setting comes from."""

from __future__ import annotations

import cyclopts
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from earwitness.errors import require

systems = cyclopts.App(name="systems", help="List the systems: paper, claims, settings.")


@systems.command(name="list")
def list_() -> int:
    """List the systems."""
    require("torch", "train")
    from earwitness.systems.description import describe
    from earwitness.systems.registry import SYSTEMS

    table = Table(box=SIMPLE_HEAD)
    for column in ("system", "what it is", "recipes"):
        table.add_column(column)
    for name in sorted(SYSTEMS):
        found = describe(name)
        table.add_row(name, found.summary, ", ".join(found.recipes))
    Console(width=160).print(table)
    return 0


@systems.command
def show(name: str, *, recipe: str = "default", json: bool = False) -> int:
    """Show a system: paper, claims, and every setting with its source.

    Args:
        name: of the system.
        recipe: which of its recipes.
        json: print JSON in place of tables.
    """
    require("torch", "train")
    import msgspec

    from earwitness.systems.description import describe

    found = describe(name, recipe)
    if json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return 0
    console = Console(width=160)
    console.print(f"{found.name}: {found.summary}", highlight=False)
    console.print(f"paper: {found.paper}", highlight=False)
    console.print(f"recipes: {', '.join(found.recipes)}", highlight=False)
    for limit in found.limits:
        console.print(limit, highlight=False)
    claims = Table(box=SIMPLE_HEAD)
    for column in ("claim", "published"):
        claims.add_column(column)
    for claim, published in found.claims.items():
        claims.add_row(claim, str(published))
    console.print(claims if found.claims else "claims: none")
    table = Table(box=SIMPLE_HEAD)
    for column in ("setting", "value", "source"):
        table.add_column(column)
    for setting in found.settings:
        table.add_row(setting.key, str(setting.value), setting.source)
    console.print(table)
    return 0


@systems.command
def cost(
    *names: str,
    frames: int = 200,
    dimension: int = 1024,
    batch: int = 16,
    against: str = "aasist-frames",
    threads: int | None = None,
    json: bool = False,
) -> int:
    """Measure what back-ends cost on an encoder's frames: parameters, multiply-adds, time.

    Multiply-adds are those of convolutions and matrix products; time is that of scoring, where Nes2Net's
    batch norms are folded away. It is this machine's, and means something only beside the others'.

    Args:
        names: of systems that read frames; all of them without it.
        frames: of a clip.
        dimension: of a frame.
        batch: clips at once.
        against: the back-end that multiply-adds and time are compared with.
        threads: of torch.
        json: print JSON in place of a table.
    """
    require("torch", "train")
    import msgspec

    from earwitness.systems.back_end_cost import back_ends, costs_of
    from earwitness.systems.running import use_threads

    use_threads(threads)
    found = costs_of(
        list(dict.fromkeys([*(names or back_ends()), against])),
        frames=frames,
        dimension=dimension,
        batch=batch,
    )
    if json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return 0
    rival = found[against]
    table = Table(
        box=SIMPLE_HEAD,
        title=f"One clip of {frames} frames of {dimension} channels; threads: {rival.threads}",
    )
    for column in (
        "back-end",
        "parameters",
        "multiply-adds",
        f"than {against}",
        "milliseconds",
        f"than {against}",
    ):
        table.add_column(column, justify="left" if column == "back-end" else "right")
    for name, one in sorted(found.items(), key=lambda pair: pair[1].multiply_adds):
        work, wait = one.multiply_adds / rival.multiply_adds - 1, one.milliseconds / rival.milliseconds - 1
        table.add_row(
            name, f"{one.parameters:,}", f"{one.multiply_adds / 1e6:,.1f} M", f"{work:+.0%}",
            f"{one.milliseconds:.2f}", f"{wait:+.0%}",
        )  # fmt: skip
    Console(width=120).print(table)
    return 0
