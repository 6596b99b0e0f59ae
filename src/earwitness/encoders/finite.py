"""Refuse what is no number before it reaches a store."""

from __future__ import annotations

import numpy as np

from earwitness.errors import BadInput


def finite(values: np.ndarray, name: str) -> np.ndarray:
    """Values as they are, if all of them are numbers.

    Sound beyond all measure (a float file of 1e19 full scales) overflows in the networks' float32.

    Args:
        values: that an encoder gives for one recording.
        name: of the encoder.

    Raises:
        BadInput: when a value is NaN or infinite.

    Example:
        >>> finite(np.array([1.0, 2.0]), "mine").tolist()
        [1.0, 2.0]
    """
    if not np.isfinite(values).all():
        raise BadInput("its encoding is not finite (NaN or infinite values), so it is not kept", where=name)
    return values
