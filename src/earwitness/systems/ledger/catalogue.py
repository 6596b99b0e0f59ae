"""Which claims can be put to the test; each experiment is imported only when it is asked for."""

from __future__ import annotations

import importlib
from types import ModuleType

from earwitness.errors import BadInput

REPRODUCTIONS = {
    "cross-corpus-ser": "earwitness.systems.ledger.cross_corpus_ser",
    "dpda": "earwitness.systems.ledger.dpda",
    "finder": "earwitness.systems.ledger.finder",
    "fuser": "earwitness.systems.ledger.fuser",
    "hydra": "earwitness.systems.ledger.hydra",
    "mata": "earwitness.systems.ledger.mata",
    "nes2net": "earwitness.systems.ledger.nes2net",
    "physiological": "earwitness.systems.ledger.physiological",
    "qamo": "earwitness.systems.ledger.qamo",
    "random-selection": "earwitness.systems.ledger.random_selection",
    "scar": "earwitness.systems.ledger.scar",
    "sequifi": "earwitness.systems.ledger.sequifi",
    "tango": "earwitness.systems.ledger.tango",
}
"""Name -> module with `Size` (settings, all with defaults) and `reproduce(corpus, store, out, *, size,
encoders, progress) -> Entry`."""


def reproduction(name: str) -> ModuleType:
    """An experiment by name.

    Args:
        name: key of `REPRODUCTIONS`.

    Raises:
        BadInput: when there is no such experiment.

    Example:
        >>> reproduction("nes2net").Size().rounds
        5
    """
    if name not in REPRODUCTIONS:
        raise BadInput(f"no such claim; there are: {', '.join(sorted(REPRODUCTIONS))}", where=name)
    return importlib.import_module(REPRODUCTIONS[name])
