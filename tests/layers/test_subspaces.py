"""Curved subspaces: shares sum to one, mixtures are those of the formula, the flat limit, gradients."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.layers.poincare import distance, exp0, log0
from earwitness.layers.subspaces import Attention, CurvedSubspaces

CURVES = [0.1, 0.5, 1.0, 2.0]


def layer(
    attention: Attention = "task", *, curved: bool = True, curvatures: list[float] | None = None
) -> CurvedSubspaces:
    torch.manual_seed(0)
    return CurvedSubspaces(16, 8, 3, attention, curvatures or CURVES, curved=curved).double()


@given(
    seed=st.integers(0, 99), scale=st.floats(0.01, 50), attention=st.sampled_from(["task", "shared", "none"])
)
@settings(max_examples=25, deadline=None)
def test_shares_sum_to_one_and_mixtures_are_of_the_points(
    seed: int, scale: float, attention: Attention
) -> None:
    torch.manual_seed(seed)
    found, vectors = layer(attention), scale * torch.randn(5, 16).double()
    points = found.points(vectors)
    assert (points.norm(dim=-1) * found.curvature[:, 0].sqrt() < 1).all()
    weights = found.weights(vectors)
    assert torch.allclose(weights.sum(-1), torch.ones(5, 3).double())
    as_written = weights @ log0(points, found.curvature)
    assert torch.allclose(found(vectors), as_written, atol=1e-9)
    if attention != "task":
        assert torch.equal(weights[:, 0], weights[:, 1])


def test_shares_fall_with_the_distance_to_the_query() -> None:
    found, vectors = layer(), torch.randn(4, 16).double()
    assert found.queries is not None
    assert found.query_maps is not None
    points = found.points(vectors)
    asked = found.query_maps(found.queries).unflatten(-1, (-1, 8))
    asked = exp0(asked / asked.norm(dim=-1, keepdim=True).clamp(min=1), found.curvature)
    apart = torch.stack([
        torch.stack([distance(points[:, k], asked[t, k], found.curvature[k]) for k in range(4)], -1)
        for t in range(3)
    ], 1)  # fmt: skip
    assert torch.allclose(found.weights(vectors), (-apart).softmax(-1))


def test_almost_no_curvature_is_twice_flat() -> None:
    curved, flat = layer(curvatures=[1e-5] * 4), layer(curved=False, curvatures=[1.0] * 4)
    flat.load_state_dict(
        {name: value for name, value in curved.state_dict().items() if name != "free"}, strict=False
    )
    assert flat.log_temperature is not None
    with torch.no_grad():
        flat.log_temperature -= torch.log(torch.tensor(2.0))  # the distance of flat space is half as long
    vectors = torch.randn(6, 16).double()
    assert torch.allclose(curved(vectors), flat(vectors), atol=1e-3)


@pytest.mark.parametrize("curved", [True, False])
def test_every_part_learns_and_stays_finite(curved: bool) -> None:
    found = layer(curved=curved)
    vectors = torch.cat([torch.zeros(1, 16), 1e6 * torch.ones(1, 16), torch.randn(3, 16)]).double()
    found(vectors).square().sum().backward()
    moved = {name: parameter.grad for name, parameter in found.named_parameters() if parameter.requires_grad}
    assert all(gradient is not None and torch.isfinite(gradient).all() for gradient in moved.values())
    assert ("free" in moved) == curved
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in moved.values())
    fixed = CurvedSubspaces(16, 8, 3, "task", CURVES, learned=False)
    assert "free" not in {name for name, parameter in fixed.named_parameters() if parameter.requires_grad}
    assert torch.allclose(fixed.curvature[:, 0], torch.tensor(CURVES))
