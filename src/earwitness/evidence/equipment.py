"""What an analysis works with: the instrument and the encoder, loaded once for any number of recordings."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import earwitness
from earwitness.assets import asset
from earwitness.audio.path_names import FileName, written
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.errors import BadInput
from earwitness.evidence.finding import Model, Voice
from earwitness.evidence.instrument import Instrument, shipped
from earwitness.evidence.localiser import Localiser
from earwitness.evidence.side_instrument import SideInstrument, shipped_sides

if TYPE_CHECKING:
    from earwitness.encoders.ge2e import VoiceEmbedding


class Equipment:
    """Loaded instruments and the encoder whose frames they share.

    Args:
        instrument: folder of the detection instrument; the shipped one when `None`.
        encoder: the encoder's ONNX file; the shipped one that the instrument names when `None`.
        threads: chunks encoded at once; one for each processor that is free to us when `None`.
            Findings do not depend on it.
        quality: whether listening quality is predicted too (DNSMOS, most of the time a short clip takes).
        sides: task -> side instrument (`source`, `codec`); those that ship and speak when `None`.
        localiser: folder of a localiser (`earwitness export`); none ships.
        resolution: length of the localiser's frames, in seconds; the one it shows when `None`.

    Raises:
        BadInput: when a file is missing or altered, or encoder and instrument do not fit.
    """

    def __init__(
        self,
        instrument: str | Path | None = None,
        *,
        encoder: str | Path | None = None,
        threads: int | None = None,
        quality: bool = True,
        sides: Mapping[str, SideInstrument] | None = None,
        localiser: str | Path | None = None,
        resolution: float | None = None,
    ) -> None:
        if threads is not None and threads < 1:
            raise BadInput(f"must be at least 1, not {threads}", where="threads")
        if resolution is not None and localiser is None:
            raise BadInput("is of a localiser; name one with --localiser", where="--resolution")
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

        self.sides = dict(shipped_sides(use, self.encoder.revision) if sides is None else sides)
        self.localiser = None if localiser is None else Localiser(localiser, resolution=resolution)
        if self.localiser is not None:
            self.localiser.places(self.encoder)  # refused before any work begins
        self.quality = quality
        self.workers = ThreadPoolExecutor(self.encoder.threads, thread_name_prefix="quality")
        self._references: list[tuple[str, VoiceEmbedding | None]] = []
        self.reference_hashes: tuple[str, ...] = ()

    def enrol(self, references: Sequence[FileName]) -> None:
        """Take recordings of a known voice to compare with; none = no comparison.

        Raises:
            BadInput: when a reference cannot be read.
        """
        self._references = []
        self.reference_hashes = ()
        for reference in references:
            from earwitness.evidence.voice import reference_voice  # its network is seldom needed

            path = os.fsdecode(reference)
            self._references.append((written(path), reference_voice(path)))
            with open(path, "rb") as file:  # noqa: PTH123
                self.reference_hashes += (hashlib.file_digest(file, "sha256").hexdigest(),)

    @property
    def compares(self) -> bool:
        """Whether there is a reference voice."""
        return bool(self._references)

    def compare(self, heard: VoiceEmbedding | None) -> Voice:
        """Whether a voice is that of the references.

        Args:
            heard: of the recording in question; `None` when it held too little speech.
        """
        from earwitness.evidence.voice import voice

        return voice(heard, self._references)

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
