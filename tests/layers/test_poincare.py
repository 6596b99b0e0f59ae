"""The Poincare ball: its identities, its limit, and the reference."""

from __future__ import annotations

import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from earwitness.layers.poincare import (
    LearnedCurvature,
    add,
    clip_norm,
    distance,
    exp0,
    inside,
    log0,
    tangent_distances,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it scripts functions, of which torch warns
    import geoopt

curvatures = st.floats(0.05, 5.0)
seeds = st.integers(0, 9_999)


def tangents(seed: int, count: int = 6, dimension: int = 5) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    v = torch.randn(count, dimension, generator=rng, dtype=torch.float64)
    return clip_norm(v * torch.rand(count, 1, generator=rng, dtype=torch.float64) * 3)


@given(seed=seeds, c=curvatures)
def test_there_and_back(seed: int, c: float) -> None:
    v = tangents(seed)
    torch.testing.assert_close(log0(exp0(v, c), c), v, atol=1e-9, rtol=1e-9)
    single = v.float()
    torch.testing.assert_close(log0(exp0(single, c), c), single, atol=1e-5, rtol=0)


@given(seed=seeds, c=curvatures)
def test_points_are_inside(seed: int, c: float) -> None:
    assert (exp0(tangents(seed), c).norm(dim=-1) < 1 / c**0.5).all()


@given(seed=seeds, c=curvatures)
def test_distance_is_a_distance(seed: int, c: float) -> None:
    x, y, z = (exp0(tangents(seed + k), c) for k in range(3))
    torch.testing.assert_close(distance(x, y, c), distance(y, x, c), atol=1e-8, rtol=1e-8)
    torch.testing.assert_close(distance(x, x, c), torch.zeros(6, dtype=torch.float64), atol=1e-7, rtol=0)
    assert (distance(x, z, c) <= distance(x, y, c) + distance(y, z, c) + 1e-8).all()
    torch.testing.assert_close(add(-x, add(x, y, c), c), y, atol=1e-8, rtol=1e-8)


@given(seed=seeds, c=curvatures)
def test_geoopt_agrees(seed: int, c: float) -> None:
    ball = geoopt.PoincareBall(c=torch.tensor(c, dtype=torch.float64))
    v, w = tangents(seed), tangents(seed + 1)
    x, y = exp0(v, c), exp0(w, c)
    torch.testing.assert_close(x, ball.expmap0(v), atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(log0(x, c), ball.logmap0(x), atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(add(x, y, c), ball.mobius_add(x, y), atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(distance(x, y, c), ball.dist(x, y), atol=1e-7, rtol=1e-7)


@given(seed=seeds, c=curvatures)
def test_distances_from_tangents_are_those_of_the_points(seed: int, c: float) -> None:
    v, w = tangents(seed)[:, None], torch.cat([tangents(seed + 1, 2), tangents(seed)[:1]])[:, None]
    curvature = torch.tensor([[c]], dtype=torch.float64)
    found = tangent_distances(v, w, curvature)
    as_written = distance(exp0(v, c)[:, None], exp0(w, c)[None], c)
    torch.testing.assert_close(found, as_written, atol=1e-7, rtol=1e-7)
    single = tangent_distances(v.float(), w.float(), curvature.float())
    torch.testing.assert_close(single.double(), as_written, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("c", [0.0, 1e-9, 1e-5])
def test_without_curvature_space_is_flat(c: float) -> None:
    v, w = tangents(1), tangents(2)
    torch.testing.assert_close(exp0(v, c), v, atol=1e-3, rtol=0)
    torch.testing.assert_close(log0(v, c), v, atol=1e-3, rtol=0)
    torch.testing.assert_close(add(v, w, c), v + w, atol=1e-3, rtol=0)
    torch.testing.assert_close(distance(v, w, c), 2 * (v - w).norm(dim=-1), atol=1e-3, rtol=0)


def test_the_two_branches_meet() -> None:
    for c in (1.0, 2.0):
        below, above = (torch.tensor([[s * 1e-3 / c**0.5, 0.0]], dtype=torch.float64) for s in (0.999, 1.001))
        for function in (exp0, log0):
            slope = (function(above, c) - function(below, c)) / (above - below).clamp(min=1e-30)
            torch.testing.assert_close(slope[0, 0].item(), 1.0, atol=1e-5, rtol=0)


@pytest.mark.parametrize("function", [exp0, log0])
def test_gradients_at_the_origin(function: object) -> None:
    v = torch.zeros(2, 3, requires_grad=True)
    c = torch.tensor(1.0, requires_grad=True)
    function(v, c).sum().backward()
    torch.testing.assert_close(v.grad, torch.ones(2, 3))
    assert torch.isfinite(c.grad)
    x = torch.zeros(1, 3, requires_grad=True)
    distance(x, torch.zeros(1, 3), 1.0).sum().backward()
    assert torch.isfinite(x.grad).all()


def test_one_curvature_for_each_of_several_balls() -> None:
    c = torch.tensor([0.5, 1.0, 2.0])[:, None]
    v = tangents(1, 3).float()
    whole = exp0(v, c)
    for ball in range(3):
        torch.testing.assert_close(whole[ball], exp0(v[ball], float(c[ball])))


def test_rounded_points_are_brought_inside() -> None:
    edge = torch.tensor([[1.0, 0.0], [0.2, 0.1]])
    moved = inside(edge, 1.0)
    torch.testing.assert_close(moved[0], torch.tensor([0.999, 0.0]))
    torch.testing.assert_close(moved[1], edge[1])
    assert torch.isfinite(log0(moved, 1.0)).all()


def test_a_learned_curvature_stays_above_zero() -> None:
    curvature = LearnedCurvature(0.1)
    torch.testing.assert_close(curvature().item(), 0.1, atol=1e-6, rtol=0)
    optimiser = torch.optim.SGD(curvature.parameters(), lr=10.0)
    for _ in range(20):
        optimiser.zero_grad()
        curvature().backward()
        optimiser.step()
    assert curvature() > 0
