"""LFCC as an encoder: the classic front end of anti-spoofing, without weights."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from earwitness.audio.lfcc import lfcc, with_deltas
from earwitness.encoders.catalogue import Entry
from earwitness.encoders.one_by_one import OneByOne
from earwitness.errors import BadInput


def load_lfcc(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - one thread suffices
) -> OneByOne:
    """LFCC with slopes and their slopes, as the baseline of ASVspoof 2021 hears it (`audio.lfcc`).

    Returns:
        20 coefficients, 20 slopes and 20 slopes of slopes, one frame every 15 ms.

    Raises:
        BadInput: when weights or layers are asked for.
    """
    if weights is not None or layers is not None:
        raise BadInput("has neither weights nor layers", where=entry.name)

    def hear(samples: np.ndarray) -> np.ndarray:
        if not len(samples):
            return np.zeros((0, entry.dimension), np.float32)
        return with_deltas(lfcc(samples, entry.sample_rate))

    return OneByOne(entry, "1", hear)
