"""Which recipe a run uses: a system's published one or a variant, a file, and single settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from earwitness.encoders.catalogue import CATALOGUE
from earwitness.errors import BadInput
from earwitness.training.recipe import Recipe, read_recipe, with_settings
from earwitness.training.system import System


def recipes_of(system: System) -> Mapping[str, Recipe]:
    """A system's recipes by name; `default` is its `RECIPE`."""
    return {"default": system.RECIPE, **getattr(system, "RECIPES", {})}


def chosen_recipe(
    system: System,
    named: str | None,
    settings: Sequence[str] = (),
    *,
    encoder: str | None = None,
    layers: Sequence[int] | None = None,
) -> Any:
    """The recipe of a run.

    Args:
        system: whose recipe.
        named: a .toml or .json file, the name of one of the system's recipes, or `None`.
        settings: `key=value` each; see `with_settings`.
        encoder: of every view that has one. Where it differs from the recipe's and no layers are named,
            its last hidden state is read.
        layers: of every view that has an encoder.

    Raises:
        BadInput: when there is no such recipe, or a setting is wrong.

    Example:
        >>> from earwitness.systems.registry import system
        >>> chosen_recipe(system("linear-probe"), None, ["batch=7"]).batch
        7
    """
    known = recipes_of(system)
    if named is None:
        recipe: Any = system.RECIPE
    elif named in known:
        recipe = known[named]
    elif Path(named).suffix in (".toml", ".json"):
        recipe = read_recipe(named, system.RECIPE)
    else:
        raise BadInput(
            f"is neither a .toml or .json file nor a recipe of {system.RECIPE.system}; "
            f"there are: {', '.join(known)}",
            where=named,
        )
    if encoder is not None or layers is not None:
        views = tuple(
            view if view.encoder is None else msgspec.structs.replace(
                view,
                encoder=encoder or view.encoder,
                layers=tuple(layers) if layers is not None else _layers(view.layers, view.encoder, encoder),
            )
            for view in recipe.views
        )  # fmt: skip
        recipe = msgspec.structs.replace(recipe, views=views)
    return with_settings(recipe, settings)


def _layers(old: tuple[int, ...], encoder: str, wanted: str | None) -> tuple[int, ...]:
    if wanted in (None, encoder):
        return old
    known = CATALOGUE.get(str(wanted))
    return () if known is None or known.layers < 2 else (known.layers - 1,)
