"""Resynthesis of any sound by noise: band envelopes kept, everything within a band drawn anew."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from earwitness.making.copying import RATE, CopySynthesis
from earwitness.making.maker import Samples, Setting
from earwitness.making.spectrum import istft, mel_bands, stft


class NoiseBands(CopySynthesis):
    """Gaussian noise whose band energies follow those of the sound.

    Draws the number of bands (12 to 64) and the size of the transform (512 or 1024 samples).

    Reference: Shannon, Zeng, Kamath, Wygonski, Ekelid (1995), "Speech recognition with primarily
    temporal cues", Science 270, 303-304; as a model of sound textures: McDermott, Simoncelli (2011),
    Neuron 71, 926-940, of whose statistics only the band envelopes are kept here.
    """

    engine: ClassVar[str] = "noise-bands"
    family: ClassVar[str] = "texture"

    def draw(self, rng: np.random.Generator) -> dict[str, Setting]:
        """Draw bands and size."""
        return {"bands": int(rng.integers(12, 65)), "size": int(rng.choice([512, 1024]))}

    def resynthesise(
        self, samples: Samples, settings: dict[str, Setting], rng: np.random.Generator
    ) -> Samples:
        """Shape noise by the ratio of band energies."""
        size = int(settings["size"])
        hop = size // 4
        bands = mel_bands(int(settings["bands"]), size, RATE)
        carrier = stft(rng.standard_normal(len(samples)), size, hop)
        wanted = np.sqrt(np.abs(stft(samples, size, hop)) ** 2 @ bands.T)
        present = np.sqrt(np.abs(carrier) ** 2 @ bands.T)
        gains = (wanted / np.maximum(present, 1e-6)) @ bands / np.maximum(bands.sum(axis=0), 1e-3)
        return istft(carrier * gains, size, hop, len(samples)).astype(np.float32)
