"""Copy-synthesis by a sum of sinusoids: the peaks of each short-time spectrum, phases invented."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from earwitness.making.copying import RATE, CopySynthesis
from earwitness.making.maker import Samples, Setting
from earwitness.making.spectrum import Real, overlap_add, stft


class Sinusoidal(CopySynthesis):
    """Sinusoidal analysis and synthesis without the original phases.

    Draws the number of sinusoids (30 to 100) and the hop (64 or 128 samples).

    Reference: McAulay, Quatieri (1986), IEEE Trans. ASSP 34(4), 744-754.
    """

    engine: ClassVar[str] = "sinusoidal"
    family: ClassVar[str] = "spectral"

    def draw(self, rng: np.random.Generator) -> dict[str, Setting]:
        """Draw sinusoids and hop."""
        return {"sinusoids": int(rng.integers(30, 101)), "hop": int(rng.choice([64, 128]))}

    def resynthesise(
        self, samples: Samples, settings: dict[str, Setting], rng: np.random.Generator
    ) -> Samples:
        """Pick peaks, carry phases from peak to nearest peak, add up."""
        size, hop = 512, int(settings["hop"])
        spectra = stft(samples, size, hop)
        hertz, heights = peaks(np.abs(spectra), size, int(settings["sinusoids"]))
        phases = carried_phases(hertz, hop, rng)
        span = 2 * hop
        at = np.arange(span) - hop
        frames = np.zeros((len(hertz), span))
        for index in range(len(hertz)):
            turn = 2 * np.pi * hertz[index][:, None] * at / RATE + phases[index][:, None]
            frames[index] = heights[index] @ np.cos(turn)
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(span) / span)
        return overlap_add(frames * window, hop, len(samples)).astype(np.float32)


def peaks(magnitudes: Real, size: int, count: int) -> tuple[Real, Real]:
    """The highest peaks of each spectrum, refined by a parabola through their logarithms.

    Args:
        magnitudes: shape (frames, size // 2 + 1).
        size: of the transform, in samples.
        count: of peaks to keep.

    Returns:
        Frequencies in Hz and magnitudes, both (frames, count); magnitude 0 where there are fewer.
    """
    middle, left, right = magnitudes[:, 1:-1], magnitudes[:, :-2], magnitudes[:, 2:]
    top = np.where((middle > left) & (middle >= right), middle, 0.0)
    best = np.argsort(-top, axis=1, kind="stable")[:, :count]
    height = np.take_along_axis(top, best, axis=1)
    a, b, c = (
        np.log(np.maximum(np.take_along_axis(values, best, axis=1), 1e-9)) for values in (left, middle, right)
    )
    bend = a - 2 * b + c
    shift = np.where(np.abs(bend) > 1e-9, 0.5 * (a - c) / np.where(bend == 0, 1, bend), 0.0)
    return (best + 1 + np.clip(shift, -0.5, 0.5)) * RATE / size, height


def carried_phases(hertz: Real, hop: int, rng: np.random.Generator) -> Real:
    """Phases that run on from the nearest peak of the frame before, or are drawn.

    Args:
        hertz: shape (frames, count).
        hop: in samples.
        rng: draws the phases of the first frame and of new peaks.

    Returns:
        Shape (frames, count), in radians.
    """
    phases = np.empty_like(hertz)
    phases[0] = rng.uniform(0, 2 * np.pi, hertz.shape[1])
    for index in range(1, len(hertz)):
        nearest = np.abs(hertz[index][:, None] - hertz[index - 1][None, :]).argmin(axis=1)
        before = hertz[index - 1][nearest]
        run_on = phases[index - 1][nearest] + np.pi * (before + hertz[index]) * hop / RATE
        fresh = rng.uniform(0, 2 * np.pi, hertz.shape[1])
        phases[index] = np.where(np.abs(before - hertz[index]) < 60, run_on, fresh)
    return phases
