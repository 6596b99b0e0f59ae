"""Divergences: their floors, limits and symmetries."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.layers.divergence import (
    bhattacharyya,
    canonical_correlation,
    chernoff,
    jensen_shannon,
    renyi,
    renyi_floor,
)

seeds = st.integers(0, 9_999)


def distributions(seed: int, rows: int = 4, dimension: int = 6) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.softmax(3 * torch.randn(rows, dimension, generator=rng, dtype=torch.float64), -1)


@given(seed=seeds, dimension=st.integers(1, 300), beta=st.floats(0.2, 5), delta=st.floats(0, 1))
def test_equal_distributions_give_the_floor(seed: int, dimension: int, beta: float, delta: float) -> None:
    p = distributions(seed, 2, dimension)
    expected = renyi_floor(dimension, beta=beta, delta=delta)
    torch.testing.assert_close(
        renyi(p, p, beta=beta, delta=delta), torch.full((2,), expected).double(), atol=1e-5, rtol=1e-5
    )


@given(seed=seeds, beta=st.floats(0.2, 5))
def test_others_lie_above_it(seed: int, beta: float) -> None:
    p, q = distributions(seed), distributions(seed + 1)
    assert (renyi(p, q, beta=beta, delta=0.0) >= -1e-9).all()
    for distance in (chernoff, bhattacharyya, jensen_shannon):
        assert (distance(p, q) >= -1e-9).all()
        torch.testing.assert_close(distance(p, p), torch.zeros(4, dtype=torch.float64), atol=1e-9, rtol=0)


def test_the_published_floor() -> None:
    assert renyi_floor(256) == pytest.approx(math.log(52.2), abs=1e-4)


@given(seed=seeds)
def test_near_one_the_order_is_kullback_leibler(seed: int) -> None:
    p, q = distributions(seed), distributions(seed + 1)
    divergence = (p * (p / q).log()).sum(-1)
    torch.testing.assert_close(renyi(p, q, beta=1.0, delta=0.0), divergence, atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(renyi(p, q, beta=1.0001, delta=0.0), divergence, atol=5e-3, rtol=5e-3)


@given(seed=seeds)
def test_symmetries(seed: int) -> None:
    p, q = distributions(seed), distributions(seed + 1)
    torch.testing.assert_close(jensen_shannon(p, q), jensen_shannon(q, p))
    torch.testing.assert_close(bhattacharyya(p, q), bhattacharyya(q, p))
    torch.testing.assert_close(chernoff(p, q, skew=0.3), chernoff(q, p, skew=0.7))
    assert (jensen_shannon(p, q) <= math.log(2) + 1e-9).all()


def test_distributions_without_overlap() -> None:
    one, other = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    for distance in (jensen_shannon, chernoff, bhattacharyya, lambda p, q: renyi(p, q, delta=0.0)):
        assert torch.isfinite(distance(one, other)).all()


@given(seed=seeds)
def test_canonical_correlation_does_not_depend_on_the_bases(seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(100, 3, generator=rng, dtype=torch.float64) for _ in range(2))
    turn = torch.linalg.qr(torch.randn(3, 3, generator=rng, dtype=torch.float64))[0]
    found = canonical_correlation(x, y, ridge=1e-6)
    torch.testing.assert_close(canonical_correlation(x @ turn, y, ridge=1e-6), found, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(canonical_correlation(y, x, ridge=1e-6), found, atol=1e-6, rtol=1e-6)
    assert 0 <= found <= 3
    assert canonical_correlation(x, x @ turn, ridge=1e-6).item() == pytest.approx(3, abs=1e-3)


def test_out_of_range_is_refused() -> None:
    p = distributions(0)
    for call in (
        lambda: renyi(p, p, beta=0.0),
        lambda: renyi(p, p, delta=-1.0),
        lambda: chernoff(p, p, skew=1.0),
        lambda: canonical_correlation(p[:1], p[:1]),
    ):
        with pytest.raises(BadInput):
            call()
