"""Analyses of the residual codec: strided transforms whose frames are quantised, and their ways back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from earwitness.making.griffin_lim import find_phases, invert_bands
from earwitness.making.spectrum import Real, frames_of, mel_bands, overlap_add, stft

Kind = Literal["mdct", "pca", "mel"]
KINDS: tuple[Kind, ...] = ("mdct", "pca", "mel")
PHASE_SEED = 0


class Transform(Protocol):
    """From samples to one vector a stride, and back."""

    def analyse(self, samples: NDArray[np.floating]) -> Real:
        """Frames (1 + ceil(samples / stride), dimension) of samples (samples,)."""
        ...

    def synthesise(self, frames: Real, length: int) -> Real:
        """Samples (length,) of frames."""
        ...


class Mdct:
    """The modified discrete cosine transform with a sine window: orthogonal, nothing is lost.

    Args:
        stride: samples a frame, which is also the dimension; even.

    Reference: Princen, Johnson and Bradley, ICASSP 1987.

    Example:
        >>> wave = np.sin(np.arange(1000) / 9)
        >>> transform = Mdct(64)
        >>> bool(np.allclose(transform.synthesise(transform.analyse(wave), 1000), wave))
        True
    """

    def __init__(self, stride: int) -> None:
        self.stride = stride
        self.window = np.sin(np.pi * (np.arange(2 * stride) + 0.5) / (2 * stride))

    def analyse(self, samples: NDArray[np.floating]) -> Real:
        """Coefficients, lowest first."""
        half = self.stride // 2
        a, b, c, d = np.split(frames_of(samples, 2 * self.stride, self.stride) * self.window, 4, axis=1)
        folded = np.concatenate([-c[:, ::-1] - d, a - b[:, ::-1]], axis=1)
        assert folded.shape[1] == 2 * half
        found: Real = dct(folded, type=4, norm="ortho", axis=1)
        return found

    def synthesise(self, frames: Real, length: int) -> Real:
        """Undo `analyse`: neighbouring frames cancel each other's aliases."""
        first, second = np.split(dct(frames, type=4, norm="ortho", axis=1), 2, axis=1)
        unfolded = np.concatenate([second, -second[:, ::-1], -first[:, ::-1], -first], axis=1)
        return overlap_add(unfolded * self.window, self.stride, length)


class Pca:
    """Overlapping frames through a learned basis and its transpose: a linear, strided auto-encoder.

    Args:
        basis: (2 * stride, dimension) orthonormal columns, from `Pca.basis_of`.
    """

    def __init__(self, basis: Real) -> None:
        self.basis = basis
        self.stride = len(basis) // 2
        self.window = np.sin(np.pi * (np.arange(2 * self.stride) + 0.5) / (2 * self.stride))

    @staticmethod
    def basis_of(recordings: Sequence[NDArray[np.floating]], stride: int, dimension: int) -> Real:
        """The directions of most energy of windowed frames, the strongest first.

        Args:
            recordings: each (samples,).
            stride: samples a frame.
            dimension: how many directions.

        Returns:
            (2 * stride, dimension); each column's largest entry is positive.
        """
        plain = Pca(np.eye(2 * stride))
        frames = np.concatenate([plain.analyse(samples) for samples in recordings])
        _, vectors = np.linalg.eigh(frames.T @ frames)
        basis = vectors[:, ::-1][:, :dimension]
        largest = np.abs(basis).argmax(axis=0)
        # eigenvectors have no sign of their own, so that another machine could turn them round
        return basis * np.sign(basis[largest, np.arange(basis.shape[1])])

    def analyse(self, samples: NDArray[np.floating]) -> Real:
        """Coordinates in the basis."""
        return frames_of(samples, 2 * self.stride, self.stride) * self.window @ self.basis

    def synthesise(self, frames: Real, length: int) -> Real:
        """The windowed frames, overlapped: what lies outside the basis is gone."""
        return overlap_add(frames @ self.basis.T * self.window, self.stride, length)


class Mel:
    """Logarithms of mel magnitudes; the way back invents the phases, as a vocoder's decoder does.

    Args:
        stride: samples a frame.
        rate: in Hz.
        bands: dimension.
        iterations: of the search for phases (Griffin-Lim).
    """

    FLOOR = 1e-4

    def __init__(self, stride: int, rate: int, bands: int = 80, iterations: int = 16) -> None:
        self.stride, self.size, self.iterations = stride, 4 * stride, iterations
        self.bands = mel_bands(bands, self.size, rate)

    def analyse(self, samples: NDArray[np.floating]) -> Real:
        """Natural logarithms of the bands' magnitudes, floored."""
        found: Real = np.log(np.abs(stft(samples, self.size, self.stride)) @ self.bands.T + self.FLOOR)
        return found

    def synthesise(self, frames: Real, length: int) -> Real:
        """Magnitudes by the bands, phases by the fast Griffin-Lim algorithm from a fixed start."""
        magnitudes = invert_bands(np.maximum(np.exp(frames) - self.FLOOR, 0), self.bands)
        rng = np.random.default_rng(PHASE_SEED)
        return find_phases(magnitudes, self.size, self.stride, length, self.iterations, 0.99, rng)
