"""Copy-synthesis by a smooth cepstral envelope of minimum phase, excited by pulses and noise."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from earwitness.making.copying import RATE, CopySynthesis
from earwitness.making.excitation import excite, pitch
from earwitness.making.maker import Samples, Setting
from earwitness.making.spectrum import Real, frames_of, minimum_phase, overlap_add, stft


class Cepstral(CopySynthesis):
    """The cepstral vocoder of early statistical synthesis.

    Draws the number of cepstral coefficients (20 to 40) and the breath (0.05 to 0.3).

    Reference: Oppenheim (1969), "Speech analysis-synthesis system based on homomorphic
    filtering", J. Acoust. Soc. Am. 45, 458-465.
    """

    engine: ClassVar[str] = "cepstral"
    family: ClassVar[str] = "source-filter"

    def draw(self, rng: np.random.Generator) -> dict[str, Setting]:
        """Draw coefficients and breath."""
        return {"coefficients": int(rng.integers(20, 41)), "breath": round(float(rng.uniform(0.05, 0.3)), 3)}

    def resynthesise(
        self, samples: Samples, settings: dict[str, Setting], rng: np.random.Generator
    ) -> Samples:
        """Filter the excitation frame by frame in the frequency domain."""
        size, hop = 1024, 128
        envelope = smooth_envelope(np.abs(stft(samples, size, hop)), int(settings["coefficients"]))
        driven = excite(pitch(samples, RATE, hop), RATE, hop, len(samples), rng, float(settings["breath"]))
        span = 2 * hop
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(span) / span)
        # Room on both sides, so that the filter's ringing does not wrap round into the frame.
        room = size - hop
        pieces = np.pad(frames_of(driven, span, hop) * window, ((0, 0), (room, room)))
        wide = np.empty((len(envelope), size + 1))
        wide[:, ::2] = envelope
        wide[:, 1::2] = np.sqrt(envelope[:, :-1] * envelope[:, 1:])
        rung = np.fft.irfft(np.fft.rfft(pieces) * minimum_phase(wide), 2 * size)
        return overlap_add(rung, hop, len(samples)).astype(np.float32)


def smooth_envelope(magnitudes: Real, coefficients: int) -> Real:
    """Spectral envelope by keeping the first cepstral coefficients.

    Args:
        magnitudes: shape (frames, bins).
        coefficients: how many to keep, the energy included.

    Returns:
        Shape (frames, bins).
    """
    size = 2 * (magnitudes.shape[1] - 1)
    cepstrum = np.fft.irfft(np.log(np.maximum(magnitudes, 1e-5)), size)
    cepstrum[:, coefficients : size - coefficients + 1] = 0
    return np.exp(np.fft.rfft(cepstrum).real)
