"""Random numbers that depend on what they are for, and on nothing else."""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When in a training something is read: what augmentation and cuts are drawn from.

    Args:
        seed: of the training.
        epoch: counted from 0, over all stages.
    """

    seed: int
    epoch: int


def generator(*parts: str | int) -> np.random.Generator:
    """A random generator that depends on nothing but its parts.

    Args:
        parts: for instance seed, epoch, id and copy.

    Example:
        >>> float(generator(1, "order").random()) == float(generator(1, "order").random())
        True
    """
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, np.uint32))
