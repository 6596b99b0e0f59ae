"""Graph attention against its definition, node by node."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.layers.graph_attention import (
    GraphAttention,
    GraphPool,
    HeterogeneousGraphAttention,
    keep_strongest,
    pair_products,
)


def test_attention_by_its_definition() -> None:
    torch.manual_seed(0)
    layer = GraphAttention(5, 3, temperature=2.0).eval()
    nodes = torch.randn(1, 4, 5)
    rows = []
    for i in range(4):
        scores = torch.stack(
            [
                torch.tanh(layer.attention(nodes[0, i] * nodes[0, j])) @ layer.attention_vector[0]
                for j in range(4)
            ]
        )
        gathered = torch.softmax(scores / 2.0, 0) @ nodes[0]
        rows.append(layer.gathered(gathered) + layer.own(nodes[0, i]))
    normalised = layer.norm(torch.stack(rows))
    torch.testing.assert_close(layer(nodes)[0], torch.selu(normalised), atol=1e-6, rtol=1e-5)


def test_heterogeneous_attention_by_its_definition() -> None:
    torch.manual_seed(0)
    layer = HeterogeneousGraphAttention(5, 3, temperature=7.0).eval()
    first, second, stack = torch.randn(1, 2, 5), torch.randn(1, 3, 5), torch.randn(1, 1, 5)
    nodes = torch.cat([layer.first(first), layer.second(second)], 1)[0]
    rows = []
    for i in range(5):
        scores = []
        for j in range(5):
            kind = 2 if (i < 2) != (j < 2) else int(i >= 2)
            scores.append(torch.tanh(layer.attention(nodes[i] * nodes[j])) @ layer.attention_vectors[kind])
        gathered = torch.softmax(torch.stack(scores) / 7.0, 0) @ nodes
        rows.append(layer.gathered(gathered) + layer.own(nodes[i]))
    expected = torch.selu(layer.norm(torch.stack(rows)))
    heard = torch.stack(
        [
            torch.tanh(layer.stack_attention(node * stack[0, 0])) @ layer.stack_attention_vector[0]
            for node in nodes
        ]
    )
    listened = layer.stack_gathered(torch.softmax(heard / 7.0, 0) @ nodes) + layer.stack_own(stack[0, 0])
    out_first, out_second, out_stack = layer(first, second, stack)
    torch.testing.assert_close(torch.cat([out_first, out_second], 1)[0], expected, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(out_stack[0, 0], listened, atol=1e-6, rtol=1e-5)


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(6)))
def test_nodes_may_come_in_any_order(order: list[int]) -> None:
    torch.manual_seed(0)
    layer = GraphAttention(4, 3, temperature=1.0).eval()
    nodes = torch.randn(2, 6, 4)
    torch.testing.assert_close(layer(nodes[:, order]), layer(nodes)[:, order], atol=1e-6, rtol=1e-5)


def test_pair_products_are_symmetric() -> None:
    products = pair_products(torch.randn(2, 5, 3))
    assert torch.equal(products, products.transpose(1, 2))


@pytest.mark.parametrize(("ratio", "kept"), [(0.5, 3), (0.7, 4), (0.01, 1), (1.0, 7)])
def test_pool_keeps_the_strongest_in_order(ratio: float, kept: int) -> None:
    torch.manual_seed(0)
    nodes, strength = torch.randn(2, 7, 3), torch.rand(2, 7, 1)
    best = strength[..., 0].argsort(1, descending=True)[:, :kept]
    expected = torch.stack([(nodes * strength)[b, best[b]] for b in range(2)])
    torch.testing.assert_close(keep_strongest(nodes, strength, ratio), expected)
    assert GraphPool(3, ratio)(nodes).shape == (2, kept, 3)
