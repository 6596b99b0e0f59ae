"""The papers' small networks: shapes, sizes, and what is too short for them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.layers.cross_attention import BlendingGate, NestedCrossAttention
from earwitness.layers.embedding_cnn import DenseStack, EmbeddingCnn


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_sizes_of_the_papers() -> None:
    assert EmbeddingCnn(1024, (64, 128)).outputs == 32_768
    mata = EmbeddingCnn(768, (32, 64), width=120)
    assert count(mata) == (3 * 32 + 32) + (3 * 32 * 64 + 64) + (64 * 192 + 1) * 120
    assert tuple(mata(torch.zeros(2, 768)).shape) == (2, 120)
    assert count(DenseStack(512, (90, 45))) == 513 * 90 + 91 * 45


def test_a_vector_that_is_too_short_is_refused() -> None:
    with pytest.raises(BadInput, match="too short"):
        EmbeddingCnn(3, (32, 64))
    assert EmbeddingCnn(5, (4, 8)).outputs == 8


@given(dimension=st.integers(4, 70), batch=st.integers(1, 40), seed=st.integers(0, 99))
def test_without_gradients_the_numbers_are_the_same(dimension: int, batch: int, seed: int) -> None:
    torch.manual_seed(seed)
    network, dense = EmbeddingCnn(dimension, (3, 5), width=7), DenseStack(7, (6, 4), dropout=0.5).eval()
    vectors = torch.randn(batch, dimension)
    trained = dense(network(vectors))
    with torch.no_grad():
        torch.testing.assert_close(dense(network(vectors)), trained, atol=1e-6, rtol=1e-6)
        if batch == 1:
            torch.testing.assert_close(network.blocks(vectors.unsqueeze(1)), network.maps(vectors))


def test_dropout_stays_where_training_mode_is_asked_for_without_gradients() -> None:
    torch.manual_seed(0)
    dense = DenseStack(50, (400,), dropout=0.5).train()
    with torch.no_grad():
        assert (dense(torch.ones(1, 50)) == 0).float().mean() > 0.6  # half by ReLU, half of the rest dropped
        assert (dense.eval()(torch.ones(1, 50)) == 0).float().mean() < 0.6


def test_nested_stages_read_both_sides() -> None:
    torch.manual_seed(0)
    layer = NestedCrossAttention(8, 2, stages=2).eval()
    left, right = torch.randn(1, 3, 8), torch.randn(1, 3, 8)
    before = layer(left, right)[0]
    changed = layer(left, right + torch.randn(1, 3, 8))[0]
    assert not torch.allclose(before, changed)
    assert count(NestedCrossAttention(8, 2, stages=1)) * 2 == count(layer)


def test_a_gate_stays_between_its_inputs() -> None:
    gate = BlendingGate(6)
    own, carried = torch.randn(50, 6), torch.randn(50, 6)
    mixed = gate(own, carried)
    assert (mixed <= torch.maximum(own, carried) + 1e-6).all()
    assert (mixed >= torch.minimum(own, carried) - 1e-6).all()
