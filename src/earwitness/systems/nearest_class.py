"""Linear discriminants on speech statistics: distances to known classes, and numbers by ridge regression."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from earwitness.errors import BadInput

Real = NDArray[np.float64]


class Space(msgspec.Struct, frozen=True, kw_only=True):
    """Where distances are taken: standardised and turned to the directions of most spread.

    Args:
        centre: (dimension,).
        basis: (dimension, directions), scaled by each channel's deviation.
    """

    centre: Real
    basis: Real

    @classmethod
    def fit(cls, values: NDArray[np.floating], directions: int) -> Space:
        """The principal directions of standardised rows.

        Args:
            values: (rows, dimension).
            directions: at most; no more than rows - 1.

        Raises:
            BadInput: when there are fewer than two rows.
        """
        if len(values) < 2:
            raise BadInput("needs two rows or more", where="space")
        given = np.asarray(values, np.float64)
        centre, spread = given.mean(axis=0), given.std(axis=0)
        # a channel that never moves says nothing and must not be blown up on other rows
        scale = np.where(spread > 1e-6, 1 / np.maximum(spread, 1e-6), 0.0)
        standard = (given - centre) * scale
        most = min(directions, len(values) - 1)
        # by the rows' inner products: there are fewer rows than channels
        powers, vectors = np.linalg.eigh(standard @ standard.T)
        powers, vectors = powers[::-1][:most], vectors[:, ::-1][:, :most]
        basis = standard.T @ (vectors / np.sqrt(np.maximum(powers, 1e-9)))
        return cls(centre=centre, basis=basis * scale[:, None])

    def of(self, values: NDArray[np.floating]) -> Real:
        """Coordinates (rows, directions)."""
        return (np.asarray(values, np.float64) - self.centre) @ self.basis


class Nearest(msgspec.Struct, frozen=True, kw_only=True):
    """Squared Mahalanobis distances to the means of classes that share a covariance.

    Args:
        classes: their names.
        space: of the distances.
        turned: (directions, directions): coordinates times it have unit covariance within a class.
        means: (classes, directions), turned.
        whole: (directions, directions), the same for all rows together.
        middle: (directions,), of all rows, turned by `whole`.
    """

    classes: tuple[str, ...]
    space: Space
    turned: Real
    means: Real
    whole: Real
    middle: Real

    @classmethod
    def fit(
        cls,
        values: NDArray[np.floating],
        labels: NDArray[np.str_],
        *,
        directions: int = 256,
        shrink: float = 0.2,
    ) -> Nearest:
        """Fit means and covariances, every class counting alike.

        Args:
            values: (rows, dimension).
            labels: (rows,) class of each.
            directions: of the space.
            shrink: share of the covariance that is replaced by that of a ball, 0 to 1.

        Raises:
            BadInput: when there are fewer than two classes.
        """
        names = tuple(np.unique(labels).tolist())
        if len(names) < 2:
            raise BadInput("needs two classes or more", where="classes")
        space = Space.fit(values, directions)
        here = space.of(values)
        parts = [here[labels == name] for name in names]
        means = np.stack([part.mean(axis=0) for part in parts])
        within = np.mean([_square(part - mean) for part, mean in zip(parts, means, strict=True)], axis=0)
        middle = means.mean(axis=0)
        whole = np.mean([_square(part - middle) for part in parts], axis=0)
        turned, all_turned = _whitening(within, shrink), _whitening(whole, shrink)
        return cls(
            classes=names, space=space, turned=turned, means=means @ turned, whole=all_turned,
            middle=middle @ all_turned,
        )  # fmt: skip

    def distances(self, values: NDArray[np.floating]) -> Real:
        """(rows, classes): how much farther a class's mean lies than the middle of all; low = typical of it.

        Reference: the relative Mahalanobis distance of Ren et al., 2021: what is unusual in every respect
        alike does not count as unlike a class.
        """
        here = self.space.of(values)
        own = np.square((here @ self.turned)[:, None] - self.means).sum(axis=2)
        return own - np.square(here @ self.whole - self.middle).sum(axis=1)[:, None]


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """A number above 0 by ridge regression in log2.

    Args:
        space: of the coordinates.
        weights: (directions,).
        offset: in log2.
    """

    space: Space
    weights: Real
    offset: float

    @classmethod
    def fit(
        cls, space: Space, values: NDArray[np.floating], truth: NDArray[np.floating],
        weight: NDArray[np.floating], *, ridge: float = 10.0,
    ) -> Numbers:  # fmt: skip
        """Fit by least squares.

        Args:
            space: of the coordinates.
            values: (rows, dimension).
            truth: (rows,) above 0.
            weight: (rows,) of each row; only shares matter.
            ridge: rows' worth of the pull of every unit-variance direction towards 0.
        """
        here = space.of(values)
        spread = np.maximum(here.std(axis=0), 1e-9)
        here = here / spread
        logs, share = np.log2(truth), weight / weight.mean()
        offset = float(np.average(logs, weights=share))
        middle = np.average(here, axis=0, weights=share)
        centred = here - middle
        gram = (centred * share[:, None]).T @ centred + ridge * np.eye(here.shape[1])
        slope = np.linalg.solve(gram, (centred * share[:, None]).T @ (logs - offset))
        return cls(space=space, weights=slope / spread, offset=offset - float(middle @ slope))

    def logs(self, values: NDArray[np.floating]) -> Real:
        """(rows,) in log2."""
        found: Real = self.space.of(values) @ self.weights + self.offset
        return found


def _square(values: Real) -> Real:
    return values.T @ values / max(1, len(values))


def _whitening(covariance: Real, shrink: float) -> Real:
    size = len(covariance)
    mixed = (1 - shrink) * covariance + shrink * np.trace(covariance) / size * np.eye(size)
    powers, vectors = np.linalg.eigh(mixed)
    found: Real = vectors / np.sqrt(np.maximum(powers, 1e-12))
    return found
