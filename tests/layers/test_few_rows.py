from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from earwitness.layers.embedding_cnn import EmbeddingCnn
from earwitness.layers.few_rows import few_rows


@given(batch=st.integers(1, 40), rows=st.integers(1, 20), seed=st.integers(0, 99))
def test_parts_say_what_the_whole_says(batch: int, rows: int, seed: int) -> None:
    torch.manual_seed(seed)
    network = EmbeddingCnn(32, (4, 8), width=5)
    vectors, more = torch.randn(batch, 32), torch.randn(batch, 3)
    seen = []

    def work(parts: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        seen.append(len(parts[0]))
        return network(parts[0]), parts[1] + 1

    with torch.no_grad():
        embedded, moved = few_rows(work, [vectors, more], rows)
        torch.testing.assert_close(embedded, network(vectors), atol=1e-5, rtol=1e-5)
    assert torch.equal(moved, more + 1)
    assert sum(seen) == batch
    assert max(seen) <= rows


def test_with_gradients_all_rows_are_taken_at_once() -> None:
    seen = []

    def work(parts: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        seen.append(len(parts[0]))
        return (parts[0] * 2,)

    weights = torch.ones(10, requires_grad=True)
    few_rows(work, [weights], rows=3)[0].sum().backward()
    assert seen == [10]
    assert weights.grad is not None
    assert weights.grad.tolist() == pytest.approx([2.0] * 10)
