from __future__ import annotations

import torch
from torch import nn

from earwitness.encoders.true_length import TrueLengthGroupNorm


def test_padding_does_not_leak_into_the_norm() -> None:
    norm = nn.GroupNorm(8, 8)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    exact = TrueLengthGroupNorm(norm)
    clips = [torch.randn(8, length) for length in (5, 20, 2)]
    padded = torch.full((3, 8, 20), 100.0)
    for row, clip in zip(padded, clips, strict=True):
        row[:, : clip.shape[1]] = clip
    exact.lengths = torch.tensor([5, 20, 2])
    for found, clip in zip(exact(padded), clips, strict=True):
        torch.testing.assert_close(found[:, : clip.shape[1]], norm(clip[None])[0], atol=1e-4, rtol=1e-4)
    assert (norm(padded)[0, :, :5] - norm(clips[0][None])[0]).abs().max() > 0.1  # as the rival does
