"""What all copy-synthesis has in common: a recording in, its resynthesis out, nothing else changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from earwitness.audio.recording import Recording
from earwitness.audio.resample import resample
from earwitness.errors import BadInput
from earwitness.making.maker import Made, Provenance, Samples, Setting

RATE = 16_000
"""All resynthesis is done at this rate, in Hz: that of the encoders."""


class CopySynthesis(ABC):
    """A vocoder: speech is taken apart into parameters and built again from them.

    A subclass names its `engine` and its `family`: `source-filter` (an excitation through an
    envelope) or `spectral` (magnitudes or sinusoids with phases found anew). It draws its
    settings and resynthesises.
    """

    engine: ClassVar[str]
    family: ClassVar[str]

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> dict[str, Setting]:
        """Draw the settings of one copy."""

    @abstractmethod
    def resynthesise(
        self, samples: Samples, settings: dict[str, Setting], rng: np.random.Generator
    ) -> Samples:
        """Take apart and build again.

        Args:
            samples: shape (samples,), at `RATE`.
            settings: from `draw`.
            rng: for noise excitation and starting phases.

        Returns:
            Shape (samples,), as long as what came in, of any level.
        """

    def make(self, source: str | Recording, rng: np.random.Generator) -> Made:
        """Copy a recording.

        Args:
            source: at least 0.1 s of any rate; brought to 16 kHz.
            rng: draws the settings, the noise and the phases.

        Returns:
            The copy at 16 kHz, with the length and the RMS level of the source.

        Raises:
            BadInput: when the source is a text, too short, or silent.
        """
        if isinstance(source, str):
            raise BadInput("needs a recording to copy, not a text", where=self.engine)
        samples = resample(source.samples, source.sample_rate, RATE)
        level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
        if len(samples) < RATE // 10 or level < 1e-6:
            raise BadInput("is shorter than 0.1 s or silent; nothing to copy", where=source.path)
        settings = self.draw(rng)
        copy = np.asarray(self.resynthesise(samples, settings, rng), np.float64)
        copy = np.pad(copy[: len(samples)], (0, max(0, len(samples) - len(copy))))
        copy *= level / max(float(np.sqrt(np.mean(np.square(copy)))), 1e-9)
        peak = float(np.abs(copy).max())
        if not np.isfinite(peak):
            raise BadInput(f"{self.engine} gave values that are not finite", where=source.path)
        return Made(
            samples=(copy / max(1.0, peak / 0.999)).astype(np.float32),
            sample_rate=RATE,
            provenance=Provenance(
                engine=self.engine, family=self.family, source=source.sha256, settings=settings
            ),
        )
