from __future__ import annotations

import pytest
import torch
from torch import nn

from earwitness.encoders.matrix_products import Product, WholeNumberProduct, attend, product


@pytest.mark.parametrize(("ins", "outs"), [(10, 7), (64, 48), (768, 32)])
@pytest.mark.parametrize("gelu", [False, True])
def test_a_product_is_torchs(ins: int, outs: int, gelu: bool) -> None:
    frames, weight, bias = torch.randn(2, 9, ins), torch.randn(outs, ins), torch.randn(outs)
    theirs = nn.functional.linear(frames, weight, bias)
    theirs = nn.functional.gelu(theirs) if gelu else theirs
    torch.testing.assert_close(product(frames, weight, bias, gelu=gelu), theirs, atol=1e-3, rtol=1e-3)
    half = Product(weight, bias, precision=torch.bfloat16, gelu=gelu)(frames)
    assert (half - theirs).norm() / theirs.norm() < 0.01
    whole = WholeNumberProduct(weight, bias, gelu=gelu)(frames)
    assert (whole - theirs).norm() / theirs.norm() < 0.03


def test_attention_over_strided_heads_with_a_bias() -> None:
    queries, keys, values = (torch.randn(2, 11, 3, 16).transpose(1, 2) for _ in range(3))
    bias = torch.randn(2, 3, 11, 11)
    theirs = nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=bias)
    ours = attend(queries, keys, values, bias=bias)
    torch.testing.assert_close(ours, theirs.transpose(1, 2).flatten(2), atol=1e-4, rtol=1e-4)


def test_a_frame_in_whole_numbers_does_not_depend_on_its_companions() -> None:
    linear = WholeNumberProduct(torch.randn(8, 32), None)
    frames = torch.randn(20, 32)
    loud = torch.cat([frames, 1000 * torch.randn(5, 32)])
    torch.testing.assert_close(linear(loud)[:20], linear(frames), atol=0, rtol=0)


@pytest.mark.parametrize("size", [1.0, 30.0])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_attention_over_more_frames_than_are_held_at_once(size: float, kind: torch.dtype) -> None:
    # at size 30, scores reach far beyond what an exponential of bfloat16 can hold
    queries, keys, values = (torch.randn(1, 2, 800, 16).to(kind) for _ in range(3))
    queries = queries * size
    theirs = nn.functional.scaled_dot_product_attention(queries.double(), keys.double(), values.double())
    ours = attend(queries, keys, values).double()
    theirs = theirs.transpose(1, 2).flatten(2)
    within = 1e-5 if kind == torch.float32 else 0.01 if size == 1.0 else 0.2
    assert (ours - theirs).norm() / theirs.norm() < within
