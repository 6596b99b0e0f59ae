"""The rounds of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from earwitness.corpora.protocols.naming import Protocol, named

if TYPE_CHECKING:
    from earwitness.training.recipe import Recipe


def protocol_of(text: str, recipe: Recipe) -> Protocol:
    """The protocol of that name; the recipe says how much is held back, where the name does not.

    Args:
        text: as `corpora.protocols.naming.named` takes it ("official", "speaker-folds:5").
        recipe: its `validation` is the share.

    Raises:
        BadInput: when there is no such protocol.

    Example:
        >>> from earwitness.training.recipe import Recipe
        >>> protocol_of("speaker-folds:5", Recipe(system="x", views=(), validation=0.2)).text
        'speaker-folds:5,validation=0.2'
    """
    protocol = named(text)
    if "validation" in protocol.settings:
        return protocol
    settings = protocol.settings | {"validation": f"{recipe.validation:g}"}
    return msgspec.structs.replace(protocol, settings=settings)
