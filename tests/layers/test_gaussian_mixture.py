"""The mixture against scikit-learn's and against what EM promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.mixture import GaussianMixture

from earwitness.errors import BadInput
from earwitness.layers.gaussian_mixture import Mixture, fit, log_density


def clusters(seed: int, size: int = 600) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 6, (3, 4)) + 40
    return centres[rng.integers(0, 3, size)] + rng.normal(0, [1, 0.1, 3, 0.5], (size, 4))


def test_log_density_is_that_of_scikit_learn() -> None:
    data = clusters(0)
    theirs = GaussianMixture(3, covariance_type="diag", random_state=0).fit(data)
    ours = Mixture(theirs.weights_, theirs.means_, theirs.covariances_)
    np.testing.assert_allclose(log_density(data, ours), theirs.score_samples(data), atol=1e-3)


def test_reaches_the_likelihood_of_scikit_learn() -> None:
    data = clusters(1, 3000)
    theirs = GaussianMixture(3, covariance_type="diag", random_state=0, max_iter=50).fit(data)
    ours = fit(data, 3, rounds=50, rng=np.random.default_rng(0))
    assert log_density(data, ours).mean() > theirs.score_samples(data).mean() - 0.01


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000))
def test_a_round_never_lowers_the_likelihood(seed: int) -> None:
    data = clusters(seed)
    likelihood = [
        log_density(data, fit(data, 4, rounds=rounds, rng=np.random.default_rng(0), variance_floor=0)).mean()
        for rounds in range(1, 6)
    ]
    # Exactly so in exact arithmetic; float32 products leave a thousandth of a nat.
    assert np.all(np.diff(likelihood) > -2e-3)


def test_scale_and_place_do_not_matter() -> None:
    data = clusters(2)
    one = fit(data, 3, rounds=5, rng=np.random.default_rng(0))
    other = fit(data * 1000 - 5e4, 3, rounds=5, rng=np.random.default_rng(0))
    np.testing.assert_allclose(other.means, one.means * 1000 - 5e4, rtol=1e-3)
    np.testing.assert_allclose(
        log_density(data * 1000 - 5e4, other), log_density(data, one) - 4 * np.log(1000), atol=2e-2
    )


def test_repeated_and_constant_frames_stay_finite() -> None:
    data = np.concatenate([np.zeros((50, 2)), np.ones((50, 2))])
    data = np.concatenate([data, np.full((100, 1), 7.0)], axis=1)
    mixture = fit(data, 5, rounds=5, rng=np.random.default_rng(0))
    assert np.isfinite(log_density(data, mixture)).all()
    assert mixture.weights.sum() == pytest.approx(1)


def test_same_seed_same_mixture() -> None:
    data = clusters(3)
    one, other = (fit(data, 3, rounds=3, rng=np.random.default_rng(5)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_too_few_frames() -> None:
    with pytest.raises(BadInput, match="too few"):
        fit(np.zeros((3, 2)), 4, rounds=1, rng=np.random.default_rng(0))
