"""Copy-synthesis by mel spectrogram and Griffin-Lim: magnitudes kept in bands, phases invented."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from earwitness.making.copying import RATE, CopySynthesis
from earwitness.making.maker import Samples, Setting
from earwitness.making.spectrum import Complex, Real, istft, mel_bands, stft


class GriffinLim(CopySynthesis):
    """Mel magnitudes inverted to a spectrogram, phases by the fast Griffin-Lim algorithm.

    Draws the number of mel bands (40, 64, 80 or 128), of iterations (8 to 40) and the momentum.

    Reference: Perraudin, Balazs, Sondergaard (2013), "A fast Griffin-Lim algorithm", WASPAA.
    """

    engine: ClassVar[str] = "griffin-lim"
    family: ClassVar[str] = "spectral"

    def draw(self, rng: np.random.Generator) -> dict[str, Setting]:
        """Draw bands, iterations and momentum."""
        return {
            "bands": int(rng.choice([40, 64, 80, 128])),
            "iterations": int(rng.integers(8, 41)),
            "momentum": float(rng.choice([0.0, 0.99])),
        }

    def resynthesise(
        self, samples: Samples, settings: dict[str, Setting], rng: np.random.Generator
    ) -> Samples:
        """Invert the mel magnitudes, then find phases."""
        size, hop = 1024, 256
        bands = mel_bands(int(settings["bands"]), size, RATE)
        magnitudes = invert_bands(np.abs(stft(samples, size, hop)) @ bands.T, bands)
        return find_phases(
            magnitudes, size, hop, len(samples), int(settings["iterations"]), float(settings["momentum"]), rng
        ).astype(np.float32)


def invert_bands(energies: Real, bands: Real, iterations: int = 12) -> Real:
    """Magnitudes that are not negative and give the band energies (multiplicative updates).

    Args:
        energies: shape (frames, bands).
        bands: shape (bands, bins).
        iterations: of Lee and Seung's update, eq. 4 of NIPS 2000.

    Returns:
        Shape (frames, bins).
    """
    guess = np.maximum(energies @ (bands / np.maximum(bands.sum(axis=1, keepdims=True), 1e-9)), 1e-9)
    target = energies @ bands
    gram = bands.T @ bands
    for _ in range(iterations):
        guess *= target / np.maximum(guess @ gram, 1e-12)
    return guess


def find_phases(
    magnitudes: Real,
    size: int,
    hop: int,
    length: int,
    iterations: int,
    momentum: float,
    rng: np.random.Generator,
) -> Real:
    """A signal whose short-time magnitudes come close to those given.

    Args:
        magnitudes: shape (frames, size // 2 + 1).
        size: of the transform, in samples.
        hop: in samples.
        length: of the signal, in samples.
        iterations: at least 1.
        momentum: 0 is the plain algorithm, 0.99 the fast one.
        rng: draws the starting phases.

    Returns:
        Shape (length,).
    """
    phases: Complex = np.exp(2j * np.pi * rng.random(magnitudes.shape))
    before: Complex = np.zeros_like(phases)
    for _ in range(iterations):
        consistent = stft(istft(magnitudes * phases, size, hop, length), size, hop)
        pushed = consistent + momentum * (consistent - before)
        before = consistent
        phases = pushed / np.maximum(np.abs(pushed), 1e-12)
    return istft(magnitudes * phases, size, hop, length)
