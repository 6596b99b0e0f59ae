"""What there is to say about a system before it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from earwitness.errors import BadInput
from earwitness.systems.recipes import recipes_of
from earwitness.systems.registry import system as named
from earwitness.training.run import plain

OURS = "our choice"


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of a recipe.

    Args:
        key: as `--set` takes it.
        value: in this recipe.
        source: `published`, `repository` or `our choice`.
    """

    key: str
    value: Any
    source: str


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A system in words.

    Args:
        name: in the registry.
        summary: one line.
        paper: where it was published.
        claims: what it claims, with published figures.
        recipes: names of its recipes.
        limits: what must be said wherever its results are shown.
        settings: of the recipe that was asked for.
    """

    name: str
    summary: str
    paper: str
    claims: Mapping[str, Any]
    recipes: tuple[str, ...]
    limits: tuple[str, ...]
    settings: tuple[Setting, ...]


def describe(name: str, recipe: str = "default") -> Described:
    """Describe a system.

    Args:
        name: in the registry.
        recipe: which of its recipes.

    Raises:
        BadInput: when there is no such system or recipe.

    Example:
        >>> describe("linear-probe").settings[0].key
        'views.0.name'
    """
    found = named(name)
    recipes = recipes_of(found)
    if recipe not in recipes:
        raise BadInput(f"no such recipe; there are: {', '.join(recipes)}", where=recipe)
    sources: Mapping[str, Any] = getattr(found, "SOURCES", {})
    # A system with several recipes may give each its own sources.
    own = sources.get(recipe, sources) if isinstance(sources.get(recipe), Mapping) else sources
    settings = tuple(
        Setting(key=key, value=value, source=str(own.get(key, own.get(key.split(".")[0], OURS))))
        for key, value in _flat(msgspec.to_builtins(recipes[recipe]))
        if key != "system"
    )
    return Described(
        name=name,
        summary=(type(found).__doc__ or "").strip().splitlines()[0],
        paper=getattr(found, "PAPER", ""),
        claims=plain(getattr(found, "CLAIMS", {})),
        recipes=tuple(recipes),
        limits=tuple(getattr(found, "LIMITS", ())),
        settings=settings,
    )


def _flat(tree: Any, above: str = "") -> list[tuple[str, Any]]:
    if isinstance(tree, dict) and tree:
        pairs = list(tree.items())
    elif isinstance(tree, list | tuple) and tree and isinstance(tree[0], dict):
        pairs = [(str(at), one) for at, one in enumerate(tree)]
    else:
        return [(above, tree)]
    return [row for key, value in pairs for row in _flat(value, f"{above}.{key}" if above else str(key))]
