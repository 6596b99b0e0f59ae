"""What an analysis works with: the instrument and the encoder, loaded once for any number of recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

import earwitness
from earwitness.assets import asset
from earwitness.audio.path_names import FileName
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.errors import BadInput
from earwitness.evidence.finding import Model, Voice
from earwitness.evidence.instrument import Instrument, shipped


class Comparison(Protocol):
    """Hears a recording once and says whether it is the reference's voice."""

    def push(self, samples: npt.NDArray[np.float32]) -> None:
        """Take the next samples, 16 kHz."""

    def push_mask(self, mask: npt.NDArray[np.bool_]) -> None:
        """Take the next values of the speech mask, one for each 20 ms."""

    def finish(self) -> Voice:
        """What the whole recording says."""


class Equipment:
    """Loaded instruments and the encoder whose frames they share.

    Args:
        instrument: folder of the detection instrument; the shipped one when `None`.
        encoder: the encoder's ONNX file; the shipped one that the instrument names when `None`.
        threads: chunks encoded at once; one for each processor that is free to us when `None`.
            Findings do not depend on it.

    Raises:
        BadInput: when a file is missing or altered, or encoder and instrument do not fit.
    """

    def __init__(
        self,
        instrument: str | Path | None = None,
        *,
        encoder: str | Path | None = None,
        threads: int | None = None,
    ) -> None:
        if threads is not None and threads < 1:
            raise BadInput(f"must be at least 1, not {threads}", where="threads")
        self.detection = Instrument(shipped() if instrument is None else instrument)
        use = self.detection.manifest.encoder
        path = asset(use.asset) if encoder is None else Path(encoder)
        self.encoder = OnnxEncoder(path, layers=use.layers, threads=threads, normalise=use.normalise)
        if (self.encoder.dimension, self.encoder.frame_rate) != (use.dimension, use.frame_rate):
            raise BadInput("frames are not those that the instrument was trained on", where=str(path))
        if use.revision and use.revision != self.encoder.revision:
            raise BadInput(
                f"is revision {self.encoder.revision}; the instrument was trained on {use.revision}",
                where=str(path),
            )

    def enrol(self, references: Sequence[FileName]) -> None:
        """Take recordings of a known voice to compare with; none = no comparison.

        Raises:
            BadInput: when a reference cannot be read or holds too little speech.
        """
        if references:
            raise BadInput("voices cannot be compared yet", where="--reference")

    def comparison(self) -> Comparison | None:
        """A new comparison with the reference voice, if there is one."""
        return None

    @property
    def model(self) -> Model:
        """Which instruments speak, for the findings."""
        manifest = self.detection.manifest
        return Model(
            name=manifest.name,
            version=manifest.version,
            sha256=self.detection.sha256,
            earwitness=earwitness.__version__,
        )
