"""Resynthesis of any sound from its own grains: each is replaced by the one most like it elsewhere."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from earwitness.making.copying import RATE, CopySynthesis
from earwitness.making.maker import Samples, Setting
from earwitness.making.spectrum import frames_of, mel_bands, overlap_add


class Grains(CopySynthesis):
    """Concatenative resynthesis: overlapping grains, none in its own place, each at the level it replaces.

    Draws the length of a grain (256, 512 or 1024 samples) and of how many likest one is drawn (1 to 3).

    Reference: Schwarz (2006), "Concatenative sound synthesis: the early years", J. New Music Research
    35(1), 3-22.
    """

    engine: ClassVar[str] = "grains"
    family: ClassVar[str] = "texture"

    def draw(self, rng: np.random.Generator) -> dict[str, Setting]:
        """Draw length and choice."""
        return {"size": int(rng.choice([256, 512, 1024])), "of": int(rng.integers(1, 4))}

    def resynthesise(
        self, samples: Samples, settings: dict[str, Setting], rng: np.random.Generator
    ) -> Samples:
        """Exchange the grains and add them up."""
        size = int(settings["size"])
        grains = frames_of(samples, size, size // 2)
        # Grains that overlap this one hold part of it: they are no replacement.
        chosen = likest(grains, int(settings["of"]), apart=2, rng=rng)
        level = np.sqrt(np.mean(grains**2, axis=1))
        gains = level / np.maximum(level[chosen], 1e-6)
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
        laid = grains[chosen] * np.minimum(gains, 10)[:, None] * window
        return overlap_add(laid, size // 2, len(samples)).astype(np.float32)


def likest(grains: np.ndarray, of: int, *, apart: int, rng: np.random.Generator) -> np.ndarray:
    """For each grain another one with a spectrum like its own.

    Args:
        grains: shape (grains, size), at `RATE`.
        of: how many likest ones it is drawn from, at least 1.
        apart: how many places a replacement must be away; where none is, the farthest counts.
        rng: draws among the likest.

    Returns:
        Shape (grains,): numbers of grains.
    """
    size = grains.shape[1]
    spectra = np.abs(np.fft.rfft(grains * np.hanning(size), axis=1))
    shape = np.log(spectra @ mel_bands(24, size, RATE).T + 1e-6)
    # Likeness of colour, not of level: the level is set afterwards.
    shape -= shape.mean(axis=1, keepdims=True)
    squares = (shape**2).sum(axis=1)
    distance = squares[:, None] + squares[None, :] - 2 * shape @ shape.T
    away = np.abs(np.arange(len(grains))[:, None] - np.arange(len(grains))[None, :])
    distance = np.where(away >= apart, distance, 1e12 - away)
    count = min(of, len(grains))
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :count]
    return nearest[np.arange(len(grains)), rng.integers(count, size=len(grains))]
