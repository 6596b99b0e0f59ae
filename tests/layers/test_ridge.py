from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from earwitness.layers.ridge import SoftMinimum, ridge_weights


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.1, 3.0, 100.0]), st.booleans())
def test_is_weighted_ridge_regression_either_way(seed: int, ridge: float, tall: bool) -> None:
    rng = np.random.default_rng(seed)
    rows, dimension = (40, 7) if tall else (7, 40)
    vectors, target = rng.normal(size=(rows, dimension)), rng.normal(size=(rows, 3))
    weight = rng.uniform(0.1, 2, rows)
    expected = Ridge(alpha=ridge * dimension).fit(vectors, target, sample_weight=weight)
    solved, offset = ridge_weights(vectors, target, weight, ridge)
    assert np.allclose(solved, expected.coef_, atol=1e-8)
    assert np.allclose(offset, expected.intercept_, atol=1e-8)


def test_soft_minimum_lies_between_minimum_and_mean() -> None:
    scores = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    joined = SoftMinimum(3.0)(scores)
    assert bool((joined >= scores.amin(-1) - 1e-6).all())
    assert bool((joined <= scores.mean(-1) + 1e-6).all())
