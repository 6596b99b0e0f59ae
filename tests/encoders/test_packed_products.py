from __future__ import annotations

import torch

from earwitness.encoders.packed_products import _even_out
from earwitness.encoders.whisper_torch import Block


def test_evening_out_changes_nothing_and_spares_what_it_was_given() -> None:
    block = Block(64).eval()
    block.feed_norm.weight.data[3], block.feed_norm.bias.data[5] = 40.0, -30.0
    given, frames = block.feed_norm.weight, torch.randn(1, 9, 64)
    before = given.clone()
    with torch.inference_mode():
        true = block(frames)
        _even_out(block.feed_norm, block.feed_in)
        torch.testing.assert_close(block(frames), true, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(given, before, atol=0, rtol=0)
    heard = block.feed_norm(frames)
    assert heard.abs().amax() < 10
