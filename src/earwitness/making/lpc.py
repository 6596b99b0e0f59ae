"""Copy-synthesis by linear prediction: an all-pole filter excited by pulses and noise."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

from earwitness.making.copying import RATE, CopySynthesis
from earwitness.making.excitation import excite, pitch
from earwitness.making.maker import Samples, Setting
from earwitness.making.spectrum import Real, frames_of, overlap_add


class Lpc(CopySynthesis):
    """The classical LPC vocoder.

    Draws the order (12 to 24) and the breath in voiced sounds (0.1 to 0.35).

    Reference: Atal, Hanauer (1971), J. Acoust. Soc. Am. 50, 637-655.
    """

    engine: ClassVar[str] = "lpc"
    family: ClassVar[str] = "source-filter"

    def draw(self, rng: np.random.Generator) -> dict[str, Setting]:
        """Draw order and breath."""
        return {"order": int(rng.integers(12, 25)), "breath": round(float(rng.uniform(0.1, 0.35)), 3)}

    def resynthesise(
        self, samples: Samples, settings: dict[str, Setting], rng: np.random.Generator
    ) -> Samples:
        """Filter each frame's excitation by its all-pole filter and overlap the frames."""
        size, hop, emphasis = 512, 128, 0.95
        sharp = lfilter([1, -emphasis], [1], samples.astype(np.float64))
        window = np.hanning(size + 1)[:size]
        filters, gains = predictors(frames_of(sharp, size, hop) * window, int(settings["order"]))
        driven = excite(pitch(samples, RATE, hop), RATE, hop, len(samples), rng, float(settings["breath"]))
        # Each frame is filtered from a little before its start, so that the filter has settled.
        lead = size // 2
        pieces = frames_of(np.concatenate([np.zeros(lead), driven]), size + lead, hop)
        out = np.empty((len(filters), size))
        offset = lead // hop // 2
        for index in range(len(filters)):
            piece = pieces[min(index + offset, len(pieces) - 1)]
            out[index] = lfilter([gains[index]], filters[index], piece)[lead:]
        return lfilter([1], [1, -emphasis], overlap_add(out * window, hop, len(samples))).astype(np.float32)


def predictors(frames: Real, order: int) -> tuple[Real, Real]:
    """Linear prediction of each frame by the autocorrelation method.

    Args:
        frames: windowed, shape (frames, size).
        order: of the predictor.

    Returns:
        Denominators of the all-pole filters, shape (frames, order + 1), each beginning with 1;
        gains, shape (frames,).
    """
    size = frames.shape[1]
    power = np.abs(np.fft.rfft(frames, 2 * size)) ** 2
    correlation = np.fft.irfft(power)[:, : order + 1] / size
    correlation[:, 0] = correlation[:, 0] * 1.0001 + 1e-10
    filters = np.ones((len(frames), order + 1))
    gains = np.empty(len(frames))
    for index, row in enumerate(correlation):
        taps = solve_toeplitz(row[:-1], row[1:])
        filters[index, 1:] = -taps
        gains[index] = np.sqrt(max(row[0] - taps @ row[1:], 1e-12))
    return filters, gains
