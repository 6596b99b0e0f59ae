"""What every encoder is: recordings in, frames or vectors out, the same in any company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Encoder(Protocol):
    """A frozen representation of speech.

    The encoding of a recording is the same alone, in any batch and in any order.

    Attributes:
        name: in the catalogue.
        revision: changes whenever the values may change.
        sample_rate: that it hears, in Hz.
        dimension: channels of a frame or of the vector.
        frame_rate: frames in a second; `None` for one vector a recording.
        layers: hidden states that it gives, in order; empty where there is one output.
        policy: how a clip's length is treated (`cropped`: as it is).
        precision: of the arithmetic.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - said above
    @property
    def revision(self) -> str: ...  # noqa: D102
    @property
    def sample_rate(self) -> int: ...  # noqa: D102
    @property
    def dimension(self) -> int: ...  # noqa: D102
    @property
    def frame_rate(self) -> float | None: ...  # noqa: D102
    @property
    def layers(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def policy(self) -> str: ...  # noqa: D102
    @property
    def precision(self) -> str: ...  # noqa: D102

    def encode(self, waveforms: Sequence[np.ndarray], sample_rate: int) -> list[np.ndarray]:
        """Encode whole recordings.

        Args:
            waveforms: each of shape `(samples,)`, float, full scale 1.
            sample_rate: of all of them, in Hz.

        Returns:
            One array for each: `(layers, frames, dimension)`, `(frames, dimension)` or
            `(dimension,)`, float32.
        """
        ...
