"""Where a score stands among the scores of the validation, as densities and as counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.evidence.report.axis import Axis


def density(values: ArrayLike, grid: ArrayLike) -> NDArray[np.float64]:
    """Estimate the density of some scores with Gaussian kernels.

    The bandwidth follows the rule of thumb, with the interquartile range against heavy tails.

    Args:
        values: scores, `(n,)`, at least one.
        grid: where the density is wanted, `(points,)`.

    Returns:
        Density at every point of the grid, `(points,)`, in 1 / unit of the scores.

    Raises:
        ValueError: without any value.

    Reference:
        Silverman, Density Estimation for Statistics and Data Analysis, 1986, eq. 3.31.

    Example:
        >>> density([-1.0, 1.0], [0.0, 9.0]).round(2).tolist()
        [0.16, 0.0]
    """
    scores = np.asarray(values, np.float64)
    points = np.asarray(grid, np.float64)
    if not scores.size:
        raise ValueError("a density needs at least one value")
    quarter, three = np.percentile(scores, [25, 75])
    spreads = [s for s in (scores.std(), (three - quarter) / 1.349) if s > 0]
    bandwidth = max(0.9 * min(spreads, default=0.0) * scores.size**-0.2, 0.05)
    # Counts on a fine raster first: the cost stays the same for a hundred scores or a million.
    low, high = min(scores.min(), points.min()), max(scores.max(), points.max())
    cells = np.linspace(low, high, 2048) if high > low else np.array([low - 1, low, low + 1])
    counts, edges = np.histogram(scores, bins=cells)
    centres = (edges[:-1] + edges[1:]) / 2
    filled = counts > 0
    distance = (points[:, None] - centres[filled][None, :]) / bandwidth
    kernels = np.exp(-0.5 * distance**2) @ counts[filled]
    return kernels / (scores.size * bandwidth * np.sqrt(2 * np.pi))


@dataclass(frozen=True)
class Standing:
    """How a score compares with those of the validation.

    Args:
        bona_fide: number of held-back bona fide recordings.
        spoof: number of held-back spoofs.
        bona_fide_below: how many bona fide recordings scored as low as this or lower.
        spoof_above: how many spoofs scored as high as this or higher.
    """

    bona_fide: int
    spoof: int
    bona_fide_below: int
    spoof_above: int


def standing(llr: float, bona_fide: ArrayLike, spoof: ArrayLike) -> Standing:
    """Count the held-back recordings that lie on the far side of a score.

    Args:
        llr: natural-log likelihood ratio of the recording, bona fide over spoof.
        bona_fide: held-back calibrated scores of bona fide recordings, `(n,)`.
        spoof: held-back calibrated scores of spoofs, `(m,)`.

    Returns:
        The counts.

    Example:
        >>> standing(1.0, [0.5, 2.0, 3.0], [-1.0, 1.5])
        Standing(bona_fide=3, spoof=2, bona_fide_below=1, spoof_above=1)
    """
    real, fake = np.asarray(bona_fide, np.float64), np.asarray(spoof, np.float64)
    return Standing(real.size, fake.size, int((real <= llr).sum()), int((fake >= llr).sum()))


def hills(bona_fide: ArrayLike, spoof: ArrayLike, axis: Axis, *, height: float) -> tuple[str, str]:
    """Draw both densities as closed SVG paths: bona fide above the base line, spoof below.

    One scale serves both, so that equal areas mean equal shares.

    Args:
        bona_fide: held-back calibrated scores of bona fide recordings, `(n,)`.
        spoof: held-back calibrated scores of spoofs, `(m,)`.
        axis: of natural-log likelihood ratios; the drawing is 1000 units wide.
        height: of each half, in units of the drawing; the base line lies at `height`.

    Returns:
        Path of the bona fide hill and of the spoof hill; empty where a class has no scores.

    Example:
        >>> up, down = hills([1.0, 2.0], [], Axis(-3.0, 3.0), height=50)
        >>> up[:8], down
        ('M0,50 L0', '')
    """
    grid = np.linspace(axis.low, axis.high, 201)
    sizes = [np.asarray(values, np.float64) for values in (bona_fide, spoof)]
    curves = [density(values, grid) if values.size else None for values in sizes]
    top = max((curve.max() for curve in curves if curve is not None), default=1.0) or 1.0
    paths = []
    for curve, direction in zip(curves, (-1.0, 1.0), strict=True):
        if curve is None:
            paths.append("")
            continue
        x = 1000 * axis.share(grid)
        y = height + direction * 0.94 * height * curve / top
        line = " ".join(f"L{a:.0f},{b:.1f}" for a, b in zip(x, y, strict=True))
        paths.append(f"M0,{height:.0f} {line} L1000,{height:.0f} Z")
    return paths[0], paths[1]
