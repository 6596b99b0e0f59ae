"""Optimal transport: marginals, the reference, and predictions that do not depend on company."""

from __future__ import annotations

import numpy as np
import ot
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.layers.transport import exchange, exchange_with_bank, pairwise_cost, sinkhorn


def drawn(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(seed=st.integers(0, 999), rows=st.integers(1, 9), columns=st.integers(1, 9))
def test_marginals(seed: int, rows: int, columns: int) -> None:
    plan = sinkhorn(pairwise_cost(drawn(seed, 2, rows, 3), drawn(seed + 1, 2, columns, 3)), iterations=200)
    assert (plan >= 0).all()
    np.testing.assert_allclose(plan.sum(-1), np.full((2, rows), 1 / rows), atol=1e-12)
    np.testing.assert_allclose(plan.sum(-2), np.full((2, columns), 1 / columns), atol=2e-3)


def test_marginals_after_fifty_iterations_in_single_precision() -> None:
    plan = sinkhorn(pairwise_cost(drawn(1, 64, 32, 120).float(), drawn(2, 64, 32, 120).float()))
    assert (plan.sum(-2) - 1 / 32).abs().max() < 1e-4
    assert (plan.sum(-1) - 1 / 32).abs().max() < 1e-6


@pytest.mark.parametrize("epsilon", [0.5, 0.05, 0.01, 0.002])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 5), (32, 32)])
def test_pot_agrees(epsilon: float, rows: int, columns: int) -> None:
    cost = pairwise_cost(drawn(rows, rows, 4), drawn(columns + 50, columns, 4))
    theirs = ot.sinkhorn(
        np.full(rows, 1 / rows), np.full(columns, 1 / columns), cost.numpy(), epsilon, numItermax=50,
        stopThr=0, method="sinkhorn_log", warn=False,
    )  # fmt: skip
    np.testing.assert_allclose(sinkhorn(cost, epsilon=epsilon), theirs, atol=1e-12)
    np.testing.assert_allclose(sinkhorn(cost.float(), epsilon=epsilon), theirs, atol=2e-5)


@given(seed=st.integers(0, 999), shift=st.floats(-100, 100))
def test_a_constant_added_to_all_costs_changes_nothing(seed: int, shift: float) -> None:
    cost = drawn(seed, 4, 4).abs()
    np.testing.assert_allclose(sinkhorn(cost + shift), sinkhorn(cost), atol=1e-9)


@given(seed=st.integers(0, 999))
def test_rows_may_stand_in_any_order(seed: int) -> None:
    first, second = drawn(seed, 6, 5), drawn(seed + 1, 6, 5)
    order = torch.randperm(6, generator=torch.Generator().manual_seed(seed))
    np.testing.assert_allclose(
        exchange(first[order], second)[0], exchange(first, second)[0][order], atol=1e-9
    )


def test_equal_sets_find_themselves() -> None:
    rows = drawn(3, 8, 120)
    plan = sinkhorn(pairwise_cost(rows, rows))
    assert (plan.diagonal() > 0.12).all()  # of 1/8
    np.testing.assert_allclose(exchange(rows, rows)[0], rows, atol=0.02)


@pytest.mark.parametrize("rows", [1, 2])
def test_degenerate_batches(rows: int) -> None:
    same = torch.ones(rows, 4)
    for carried in exchange(same, same):
        torch.testing.assert_close(carried, same)
    first, second = torch.ones(1, 4), torch.zeros(1, 4)
    torch.testing.assert_close(exchange(first, second), (second, first))  # one clip: a plain swap


def test_gradients_flow_through_the_vectors_not_the_plan() -> None:
    first, second = drawn(1, 5, 3).requires_grad_(), drawn(2, 5, 3).requires_grad_()
    exchange(first, second)[0].sum().backward()
    assert first.grad is None
    assert torch.allclose(second.grad.sum(), torch.tensor(15.0, dtype=torch.float64), atol=0.05)


@given(seed=st.integers(0, 999), epsilon=st.sampled_from([0.05, 0.01]))
def test_with_a_bank_no_clip_sees_another(seed: int, epsilon: float) -> None:
    clips, others = drawn(seed, 5, 4), drawn(seed + 1, 5, 4)
    bank = drawn(7, 8, 4), drawn(8, 8, 4)
    together = exchange_with_bank(clips, others, *bank, epsilon=epsilon)
    order = [3, 0, 4, 2, 1]
    shuffled = exchange_with_bank(clips[order], others[order], *bank, epsilon=epsilon)
    alone = exchange_with_bank(clips[:1], others[:1], *bank, epsilon=epsilon)
    for whole, turned, single in zip(together, shuffled, alone, strict=True):
        np.testing.assert_allclose(turned, whole[order], atol=1e-10)
        np.testing.assert_allclose(single, whole[:1], atol=1e-10)


def test_what_cannot_be_transported_is_refused() -> None:
    with pytest.raises(BadInput, match="epsilon above 0"):
        sinkhorn(torch.ones(2, 2), epsilon=0)
    with pytest.raises(BadInput, match="at least one iteration"):
        sinkhorn(torch.ones(2, 2), iterations=0)
    with pytest.raises(BadInput, match="not finite"):
        sinkhorn(torch.tensor([[torch.nan, 1.0]]))


@pytest.mark.parametrize("kept", [1, 5, 32])
def test_a_clip_beside_the_bank_is_the_exchange_of_that_small_batch(kept: int) -> None:
    torch.manual_seed(kept)
    first, second = torch.randn(4, 7), torch.randn(4, 7) + 0.3
    bank_first, bank_second = torch.randn(kept, 7), torch.randn(kept, 7)
    found = exchange_with_bank(first, second, bank_first, bank_second)
    for row in range(4):
        beside = exchange(
            torch.cat([first[row : row + 1], bank_first]), torch.cat([second[row : row + 1], bank_second])
        )
        for one, other in zip(found, beside, strict=True):
            torch.testing.assert_close(one[row], other[0], atol=1e-5, rtol=1e-4)
