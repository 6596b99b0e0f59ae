"""Tables and figures of a card, as Markdown."""

from __future__ import annotations

from typing import Any


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table, and an empty one after it."""
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *["| " + " | ".join(row) + " |" for row in rows],
        "",
    ]


def percent(value: float) -> str:
    """A share, 0 to 1, in percent with one decimal."""
    return f"{100 * value:.1f}"


def _interval(figure: dict[str, Any]) -> str:
    return f"[{percent(figure['low'])}, {percent(figure['high'])}]"


def figure(figure: dict[str, Any]) -> str:
    """A share in percent with its interval."""
    return f"{percent(figure['value'])} {_interval(figure)}"
