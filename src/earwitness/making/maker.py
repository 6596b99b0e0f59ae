"""What every way of making a recording gives: the samples, and where they came from."""

from __future__ import annotations

from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from earwitness.audio.recording import Recording

Samples = NDArray[np.float32]
Setting = str | int | float


class Provenance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a recording was made.

    Args:
        engine: the program or algorithm ("espeak-ng", "world").
        family: engines that share their nature ("espeak", "flite", "kokoro", "source-filter",
            "spectral"); whole families are held back when a detector is validated.
        voice: the voice or variant; empty for copy-synthesis, which keeps the speaker's.
        language: BCP 47 tag; empty when it is that of the recording that was copied.
        source: SHA-256 of the samples that were copied, or the text that was spoken.
        settings: every setting that was drawn, so that the recording can be made again.
    """

    engine: str
    family: str
    voice: str = ""
    language: str = ""
    source: str = ""
    settings: dict[str, Setting] = {}


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A made recording with its provenance.

    Args:
        samples: mono, shape (samples,), float32.
        sample_rate: in Hz.
        provenance: how it was made.
    """

    samples: Samples
    sample_rate: int
    provenance: Provenance

    @property
    def recording(self) -> Recording:
        """The samples as a `Recording`, with their content hash."""
        return Recording.of(self.samples, self.sample_rate)


class Maker(Protocol):
    """A way of making a recording: text-to-speech, a vocoder, a codec, a splice."""

    @property
    def engine(self) -> str:
        """The program or algorithm."""
        ...

    @property
    def family(self) -> str:
        """Engines that share their nature."""
        ...

    def make(self, source: str | Recording, rng: np.random.Generator) -> Made:
        """Make one recording.

        Args:
            source: the text to be spoken, or the recording to be resynthesised.
            rng: all chance comes from here; the same state gives the same samples.

        Raises:
            BadInput: when the source is of the wrong kind or cannot be made.
        """
        ...
