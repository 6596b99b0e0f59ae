"""A mixture of Gaussians with diagonal covariances, fitted by expectation maximisation.

The log densities of all components are two matrix products in float32 on centred and scaled
frames, and no more than a block of responsibilities is held at once; scikit-learn's needs
float64 for the same steadiness and holds them all.

Reference: Bishop: Pattern recognition and machine learning, section 9.2. Springer 2006.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from earwitness.errors import BadInput

_BLOCK = 16_384


class Mixture(NamedTuple):
    """Weights, means and variances of a mixture.

    Args:
        weights: `(components,)`, summing to 1.
        means: `(components, dimension)`.
        variances: `(components, dimension)`, above 0.
    """

    weights: np.ndarray
    means: np.ndarray
    variances: np.ndarray


def _joint(frames: np.ndarray, mixture: Mixture) -> np.ndarray:
    """Log of weight times density, `(frames, components)` float32."""
    precision = 1.0 / mixture.variances
    constant = (
        np.log(np.maximum(mixture.weights, np.finfo(np.float64).tiny))
        - 0.5 * np.log(2 * np.pi * mixture.variances).sum(1)
        - 0.5 * (mixture.means**2 * precision).sum(1)
    )
    linear = (mixture.means * precision).T.astype(np.float32)
    joint = frames @ linear
    joint -= frames**2 @ (0.5 * precision).T.astype(np.float32)
    joint += constant.astype(np.float32)
    return joint


def _responsibilities(joint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posterior of the components, in place, and the log density of each frame."""
    top = joint.max(axis=1, keepdims=True)
    joint -= top
    np.exp(joint, out=joint)
    total = joint.sum(axis=1, keepdims=True)
    joint /= total
    return joint, (np.log(total) + top)[:, 0]


def _blocks(frames: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(frames), _BLOCK):
        yield frames[start : start + _BLOCK]


def log_density(frames: np.ndarray, mixture: Mixture) -> np.ndarray:
    """Log density of frames under a mixture.

    Args:
        frames: `(frames, dimension)`.
        mixture: from `fit`.

    Returns:
        `(frames,)` float64, natural logarithm.

    Example:
        >>> one = Mixture(np.ones(1), np.zeros((1, 1)), np.ones((1, 1)))
        >>> log_density(np.zeros((1, 1)), one).round(4).tolist()
        [-0.9189]
    """
    # Centred and scaled like the frames that were fitted, so that float32 products lose nothing.
    centre = mixture.weights @ mixture.means
    scale = np.sqrt(mixture.weights @ (mixture.variances + (mixture.means - centre) ** 2))
    scaled = Mixture(mixture.weights, (mixture.means - centre) / scale, mixture.variances / scale**2)
    near = ((frames - centre) / scale).astype(np.float32)
    parts = [_responsibilities(_joint(block, scaled))[1] for block in _blocks(near)]
    return np.concatenate(parts).astype(np.float64) - np.log(scale).sum()


def _means_by_k_means(frames: np.ndarray, components: int, rng: np.random.Generator) -> np.ndarray:
    """Start from random frames, then a few rounds of k-means."""
    means = frames[rng.choice(len(frames), components, replace=False)].astype(np.float32)
    for _ in range(5):
        sums, counts = np.zeros(means.shape), np.zeros(components)
        for block in _blocks(frames):
            nearest = (0.5 * (means**2).sum(1) - block @ means.T).argmin(1)
            np.add.at(sums, nearest, block)
            counts += np.bincount(nearest, minlength=components)
        filled = counts > 0
        means[filled] = sums[filled] / counts[filled, None]
    return means


def fit(
    frames: np.ndarray,
    components: int,
    *,
    rounds: int,
    rng: np.random.Generator,
    variance_floor: float = 1e-3,
) -> Mixture:
    """Fit a mixture by expectation maximisation, started by k-means.

    Args:
        frames: `(frames, dimension)`, at least as many as components.
        components: number of Gaussians.
        rounds: of expectation maximisation.
        rng: draws the first means.
        variance_floor: as a share of the variance of all frames in a dimension; keeps a
            component from closing in on repeated frames.

    Returns:
        The mixture, float64.

    Raises:
        BadInput: when there are fewer frames than components.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> data = np.concatenate([rng.normal(-5, 1, (500, 1)), rng.normal(5, 1, (500, 1))])
        >>> sorted(fit(data, 2, rounds=10, rng=rng).means.round().ravel().tolist())
        [-5.0, 5.0]
    """
    if len(frames) < components:
        raise BadInput(f"{len(frames)} frames are too few for {components} components")
    # Undone at the end.
    centre, scale = frames.mean(0, dtype=np.float64), frames.std(0, dtype=np.float64)
    scale = np.where(scale > 0, scale, 1.0)
    frames = ((frames - centre) / scale).astype(np.float32)
    means = _means_by_k_means(frames, components, rng).astype(np.float64)
    mixture = Mixture(np.full(components, 1 / components), means, np.ones_like(means))
    for _ in range(rounds):
        mixture = _one_round(frames, mixture, variance_floor)
    return Mixture(mixture.weights, mixture.means * scale + centre, mixture.variances * scale**2)


def _one_round(frames: np.ndarray, mixture: Mixture, floor: float) -> Mixture:
    counts = np.zeros(len(mixture.weights))
    sums, squares = np.zeros(mixture.means.shape), np.zeros(mixture.means.shape)
    for block in _blocks(frames):
        share, _ = _responsibilities(_joint(block, mixture))
        counts += share.sum(0, dtype=np.float64)
        sums += share.T @ block
        squares += share.T @ block**2
    # A component that nothing belongs to keeps its place and gets no weight.
    filled = counts > 1e-8
    divisor = np.where(filled, counts, 1.0)[:, None]
    means = np.where(filled[:, None], sums / divisor, mixture.means)
    variances = np.where(filled[:, None], squares / divisor - means**2, mixture.variances)
    return Mixture(counts / counts.sum(), means, np.maximum(variances, floor))
