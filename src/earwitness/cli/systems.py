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
