"""Gradient alignment: the specification's vectors, the references, and what must hold for any gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchjd.aggregation import PCGradWeighting

from earwitness.errors import BadInput, MissingExtra
from earwitness.layers.gradient_alignment import align, coefficients, cosines

METHODS = ("mean", "pcgrad", "gradvac", "cagrad")
AGGREGATORS = ("MGDA", "IMTLG", "AlignedMTL")
CONFLICT = torch.tensor([[1.0, 0.0], [-1.0, 1.0]], dtype=torch.float64)
AGREEING = torch.tensor([[1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)


def gradients(seed: int, paths: int = 2, size: int = 7) -> torch.Tensor:
    return torch.randn(paths, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_pcgrad() -> None:
    torch.testing.assert_close(align(CONFLICT, "pcgrad").tolist(), [0.25, 0.75])
    torch.testing.assert_close(align(AGREEING, "pcgrad"), AGREEING.mean(0))


def test_gradvac() -> None:
    state = torch.zeros(2, 2, dtype=torch.float64)
    assert align(CONFLICT, "gradvac", state).tolist() == pytest.approx([0.25, 0.75], abs=1e-6)
    assert not state.any()  # a conflict does not move the targets
    state = torch.full((2, 2), 0.9, dtype=torch.float64)
    assert align(AGREEING, "gradvac", state).tolist() == pytest.approx([1.79856, 0.76619], abs=1e-5)
    assert state[0, 1].item() == pytest.approx(0.803553, abs=1e-6)


def test_gradvac_as_its_paper_has_it_follows_conflicts_too() -> None:
    state = torch.zeros(2, 2, dtype=torch.float64)
    align(CONFLICT, "gradvac", state, update="always")
    assert state[0, 1].item() == pytest.approx(-0.5 / np.sqrt(2))


def test_cagrad() -> None:
    assert align(CONFLICT, "cagrad").tolist() == pytest.approx([0.2, 0.4], abs=1e-6)
    assert align(AGREEING, "cagrad").tolist() == pytest.approx([1.247214, 0.4], abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_torchjd_agrees(seed: int) -> None:
    gram = (g := gradients(seed)) @ g.T
    torch.testing.assert_close(2 * coefficients(gram, "pcgrad")[0], PCGradWeighting()(gram))  # they sum


@pytest.mark.parametrize("name", AGGREGATORS)
def test_torchjds_other_aggregators_by_name(name: str) -> None:
    weights, _ = coefficients(CONFLICT @ CONFLICT.T, name)
    assert weights.shape == (2,)
    assert ((weights @ CONFLICT) @ CONFLICT.T >= -1e-3).all()  # none of them goes against a path here


def test_an_aggregator_whose_solver_is_missing_says_so() -> None:
    with pytest.raises(MissingExtra, match="quadprog-projector"):
        coefficients(CONFLICT @ CONFLICT.T, "UPGrad")


@given(seed=st.integers(0, 10_000), method=st.sampled_from(METHODS), paths=st.integers(1, 5))
def test_scale_and_rotation_are_kept(seed: int, method: str, paths: int) -> None:
    g = gradients(seed, paths)
    turn = torch.linalg.qr(gradients(seed + 1, 7))[0]
    whole = align(g, method)
    torch.testing.assert_close(align(g @ turn, method), whole @ turn, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(align(100 * g, method), 100 * whole, atol=1e-4, rtol=1e-5)


@given(seed=st.integers(0, 10_000), paths=st.integers(1, 5))
def test_without_conflict_pcgrad_is_the_mean(seed: int, paths: int) -> None:
    g = gradients(seed, paths).abs()
    torch.testing.assert_close(align(g, "pcgrad"), g.mean(0))


@given(seed=st.integers(0, 10_000))
def test_two_paths_of_pcgrad_never_go_against_either(seed: int) -> None:
    g = gradients(seed, 2, 3)
    assert (g @ align(g, "pcgrad") >= -1e-9).all()


@given(seed=st.integers(0, 1_000), method=st.sampled_from(METHODS))
def test_swapping_two_paths_changes_nothing(seed: int, method: str) -> None:
    g = gradients(seed)
    torch.testing.assert_close(align(g.flip(0), method), align(g, method), atol=1e-7, rtol=1e-6)


@given(seed=st.integers(0, 300), paths=st.integers(2, 4))
def test_cagrad_finds_the_least_point(seed: int, paths: int) -> None:
    g = gradients(seed, paths)
    inner = (g @ g.T).numpy()
    reach = 0.5 * np.sqrt(inner.mean())

    def value(w: np.ndarray) -> float:
        return float(w @ inner.mean(1) + reach * np.sqrt(max(w @ inner @ w, 0.0)))

    weights = coefficients(g @ g.T, "cagrad")[0].numpy() * (1 + 0.25) - 1 / paths
    found = value(weights / max(weights.sum(), 1e-12))
    rng = np.random.default_rng(seed)
    assert found <= min(value(w) for w in rng.dirichlet(np.ones(paths), 200)) + 1e-4 * (1 + abs(found))


def test_the_order_of_many_paths_is_drawn_from_the_seed() -> None:
    g = gradients(3, 5, 4)
    drawn = [align(g, "pcgrad", generator=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    torch.testing.assert_close(drawn[0], drawn[1], atol=0, rtol=0)
    assert not torch.allclose(drawn[0], drawn[2])


@pytest.mark.parametrize("method", METHODS)
def test_a_path_without_gradient_is_no_trouble(method: str) -> None:
    g = torch.tensor([[1.0, 2.0], [0.0, 0.0]], dtype=torch.float64)
    assert torch.isfinite(align(g, method)).all()
    assert torch.isfinite(align(torch.zeros(2, 3, dtype=torch.float64), method)).all()


def test_half_precision_keeps_its_type() -> None:
    assert align(CONFLICT.to(torch.bfloat16), "pcgrad").dtype == torch.bfloat16


def test_cosines() -> None:
    found = cosines(CONFLICT @ CONFLICT.T)
    assert found[0, 1].item() == pytest.approx(-1 / np.sqrt(2))
    assert not cosines(torch.zeros(2, 2)).any()


def test_what_cannot_be_aligned_is_refused() -> None:
    with pytest.raises(BadInput, match="no such alignment"):
        coefficients(torch.eye(2), "surgery")
    with pytest.raises(BadInput, match="not finite"):
        coefficients(torch.full((2, 2), torch.nan), "pcgrad")
    with pytest.raises(BadInput, match=r"\(paths, paths\)"):
        coefficients(torch.ones(2, 3), "pcgrad")
    with pytest.raises(BadInput, match=r"\(paths, parameters\)"):
        align(torch.ones(3), "pcgrad")
