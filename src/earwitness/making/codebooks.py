"""Codebooks of a residual vector quantiser: k-means on what the codebooks before have left over."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earwitness.errors import BadInput
from earwitness.whole_file import write_whole

Real = NDArray[np.floating]
Codes = NDArray[np.int64]
_BLOCK = 4096


def kmeans(vectors: Real, entries: int, rng: np.random.Generator, iterations: int = 8) -> Real:
    """Centres of clusters by Lloyd's algorithm; the first centre stays at zero.

    With zero among the entries a further codebook can never make an error larger.

    Args:
        vectors: (vectors, dimension), at least as many as entries.
        entries: how many centres, zero among them.
        rng: draws the first centres, and new ones for clusters that lost all.
        iterations: of assignment and mean.

    Returns:
        (entries, dimension) float32.

    Reference: Lloyd, Least squares quantization in PCM, IEEE Trans. IT, 1982.
    """
    if len(vectors) < entries:
        raise BadInput(f"{len(vectors)} vectors are too few for {entries} entries", where="codebook")
    values = np.asarray(vectors, np.float32)
    centres = values[rng.choice(len(values), entries, replace=False)]
    centres[0] = 0
    for _ in range(iterations):
        nearest = assign(values, centres)
        count = np.bincount(nearest, minlength=entries)
        order = np.argsort(nearest, kind="stable")
        held = np.flatnonzero(count)
        starts = (np.cumsum(count) - count)[held]
        centres[held] = np.add.reduceat(values[order], starts, axis=0) / count[held, None]
        empty = np.flatnonzero(count == 0)
        centres[empty] = values[rng.choice(len(values), len(empty), replace=False)]
        centres[0] = 0
    return centres


def assign(vectors: Real, centres: Real) -> Codes:
    """Nearest centre of each vector, (vectors,).

    Example:
        >>> assign(np.array([[0.1], [0.9]]), np.array([[0.0], [1.0]])).tolist()
        [0, 1]
    """
    lengths = (centres * centres).sum(axis=1) / 2
    found = [
        np.argmin(lengths - vectors[start : start + _BLOCK] @ centres.T, axis=1)
        for start in range(0, len(vectors), _BLOCK)
    ]
    return np.concatenate(found) if found else np.zeros(0, np.int64)


class Codebooks:
    """Residual codebooks with the scaling of the vectors that they code.

    Args:
        entries: (codebooks, entries, dimension) float32, entry 0 of each is zero.
        mean: (dimension,), taken off before.
        weight: (dimension,), multiplied after that; errors are measured behind it.
        basis: of a learned transform; empty where it has none.
    """

    def __init__(self, entries: Real, mean: Real, weight: Real, basis: Real) -> None:
        self.entries, self.mean, self.weight, self.basis = entries, mean, weight, basis

    @classmethod
    def fit(
        cls, frames: Real, *, quantizers: int, bits: int, weighting: float, centred: bool,
        rng: np.random.Generator, basis: Real | None = None, most: int = 16,
    ) -> Codebooks:  # fmt: skip
        """Fit one codebook after the other on what is left over.

        Args:
            frames: (frames, dimension) of training recordings.
            quantizers: how many codebooks.
            bits: of a code: 2 to that power entries.
            weighting: every dimension is divided by its RMS to this power: 0 minimises the error of the
                signal, 1 gives all dimensions the same say.
            centred: whether the mean is taken off.
            rng: draws training frames and first centres.
            basis: of the transform, kept beside.
            most: training frames an entry, at most.

        Raises:
            BadInput: when there are fewer frames than entries.
        """
        mean = frames.mean(axis=0) if centred else np.zeros(frames.shape[1])
        spread = np.sqrt(np.square(frames - mean).mean(axis=0))
        weight = np.maximum(spread, 1e-4 * max(float(spread.max()), 1e-12)) ** -weighting
        wanted = min(len(frames), most * 2**bits)
        left = ((frames - mean) * weight)[rng.choice(len(frames), wanted, replace=False)].astype(np.float32)
        books = []
        for _ in range(quantizers):
            book = kmeans(left, 2**bits, rng)
            left = left - book[assign(left, book)]
            books.append(book)
        return cls(np.stack(books), mean, weight, np.zeros((0, 0)) if basis is None else basis)

    def encode(self, frames: Real, quantizers: int) -> Codes:
        """Codes (frames, quantizers) of frames (frames, dimension), the coarsest first."""
        left = ((frames - self.mean) * self.weight).astype(np.float32)
        codes = np.zeros((len(frames), quantizers), np.int64)
        for place in range(quantizers):
            codes[:, place] = assign(left, self.entries[place])
            left -= self.entries[place][codes[:, place]]
        return codes

    def decode(self, codes: Codes) -> Real:
        """Frames (frames, dimension) of codes (frames, quantizers): the sum of their entries."""
        total = np.zeros((len(codes), len(self.mean)))
        for place in range(codes.shape[1]):
            total += self.entries[place][codes[:, place]]
        return total / self.weight + self.mean

    def write(self, path: Path) -> None:
        """Write to an .npz file, whole or not at all."""
        held = io.BytesIO()
        np.savez(held, entries=self.entries, mean=self.mean, weight=self.weight, basis=self.basis)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, held.getvalue())

    @classmethod
    def read(cls, path: Path) -> Codebooks:
        """Read what `write` wrote.

        Raises:
            BadInput: when the file is not one of these.
        """
        try:
            with np.load(path, allow_pickle=False) as held:
                return cls(held["entries"], held["mean"], held["weight"], held["basis"])
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise BadInput("is no file of codebooks", where=str(path)) from error
