"""Copy-synthesis by a channel vocoder: band envelopes on a carrier of pulses and noise."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from earwitness.making.copying import RATE, CopySynthesis
from earwitness.making.excitation import excite, pitch
from earwitness.making.maker import Samples, Setting
from earwitness.making.spectrum import istft, mel_bands, stft


class ChannelVocoder(CopySynthesis):
    """Band envelopes laid on an excitation.

    Draws the number of bands (16 to 48) and the breath in voiced sounds (0.05 to 0.5).

    Reference: Dudley (1939), "Remaking speech", J. Acoust. Soc. Am. 11, 169-177.
    """

    engine: ClassVar[str] = "channel-vocoder"
    family: ClassVar[str] = "source-filter"

    def draw(self, rng: np.random.Generator) -> dict[str, Setting]:
        """Draw bands and breath."""
        return {"bands": int(rng.integers(16, 49)), "breath": round(float(rng.uniform(0.05, 0.5)), 3)}

    def resynthesise(
        self, samples: Samples, settings: dict[str, Setting], rng: np.random.Generator
    ) -> Samples:
        """Shape the excitation's spectra by the ratio of band energies."""
        size, hop = 512, 128
        bands = mel_bands(int(settings["bands"]), size, RATE)
        driven = excite(pitch(samples, RATE, hop), RATE, hop, len(samples), rng, float(settings["breath"]))
        carrier = stft(driven, size, hop)
        wanted = np.sqrt(np.abs(stft(samples, size, hop)) ** 2 @ bands.T)
        present = np.sqrt(np.abs(carrier) ** 2 @ bands.T)
        gains = (wanted / np.maximum(present, 1e-6)) @ bands / np.maximum(bands.sum(axis=0), 1e-3)
        return istft(carrier * gains, size, hop, len(samples)).astype(np.float32)
