"""Trial lists of public corpora, by name."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

from earwitness.corpora.trials import Trials
from earwitness.errors import BadInput

LISTS = {
    "asvspoof5": ("validation", "test"),
    "voxceleb1": ("O", "E", "H", "O-original", "E-original", "H-original"),
}
"""Corpus -> its trial lists. VoxCeleb's are the cleaned ones; `-original` those with label errors."""


def trials(name: str, root: str | os.PathLike[str], which: str) -> Trials:
    """A trial list of a corpus.

    Args:
        name: key of `LISTS`.
        root: where the copy of the corpus is.
        which: of its lists.

    Returns:
        The trials; sides are ids of the corpus, or enrolled speakers.

    Raises:
        BadInput: when the corpus has no such list, or its file is missing or not sound.

    Example:
        >>> LISTS["voxceleb1"][:3]
        ('O', 'E', 'H')
    """
    if name not in LISTS:
        raise BadInput(f"has no trial lists; these have: {', '.join(LISTS)}", where=name)
    if which not in LISTS[name]:
        raise BadInput(f"has no trial list {which!r}; there are: {', '.join(LISTS[name])}", where=name)
    module: ModuleType = importlib.import_module(f"earwitness.corpora.public.{name}")
    found: Trials = module.trials(root, which)
    return found
