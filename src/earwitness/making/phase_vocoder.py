"""Copy-synthesis by a phase vocoder: stretched in time and brought back, so that phases are rebuilt."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from earwitness.making.copying import CopySynthesis
from earwitness.making.maker import Samples, Setting
from earwitness.making.spectrum import Complex, istft, stft


class PhaseVocoder(CopySynthesis):
    """Stretched by a drawn factor (0.6 to 0.85 or 1.2 to 1.6) and by its inverse.

    Reference: Flanagan, Golden (1966), Bell Syst. Tech. J. 45, 1493-1509.
    """

    engine: ClassVar[str] = "phase-vocoder"
    family: ClassVar[str] = "spectral"

    def draw(self, rng: np.random.Generator) -> dict[str, Setting]:
        """Draw the factor and the size of the transform."""
        slow = bool(rng.integers(2))
        factor = rng.uniform(1.2, 1.6) if slow else rng.uniform(0.6, 0.85)
        return {"factor": round(float(factor), 3), "size": int(rng.choice([512, 1024]))}

    def resynthesise(
        self,
        samples: Samples,
        settings: dict[str, Setting],
        rng: np.random.Generator,  # noqa: ARG002 - nothing is left to chance
    ) -> Samples:
        """There and back again."""
        size, factor = int(settings["size"]), float(settings["factor"])
        there = stretch(samples, factor, size)
        return stretch(there, len(samples) / len(there), size)[: len(samples)].astype(np.float32)


def stretch(samples: np.ndarray, factor: float, size: int) -> np.ndarray:
    """Change the duration without the pitch.

    Args:
        samples: shape (samples,).
        factor: new duration over old, above 0.
        size: of the transform, in samples; the hop is a quarter.

    Returns:
        Shape (round(samples * factor),).

    Example:
        >>> len(stretch(np.zeros(1000), 1.5, 512))
        1500
    """
    hop = size // 4
    spectra = stft(samples, size, hop)
    length = round(len(samples) * factor)
    at = np.arange(1 + -(-length // hop)) / factor
    left = np.minimum(at.astype(int), len(spectra) - 2)
    share = np.clip(at - left, 0, 1)[:, None]
    magnitudes = (1 - share) * np.abs(spectra[left]) + share * np.abs(spectra[left + 1])
    expected = 2 * np.pi * hop * np.arange(size // 2 + 1) / size
    advance = np.angle(spectra[left + 1]) - np.angle(spectra[left]) - expected
    advance = advance - 2 * np.pi * np.round(advance / (2 * np.pi)) + expected
    phases = np.angle(spectra[:1]) + np.cumsum(np.vstack([np.zeros_like(advance[:1]), advance[:-1]]), axis=0)
    rebuilt: Complex = magnitudes * np.exp(1j * phases)
    return istft(rebuilt, size, hop, length)
