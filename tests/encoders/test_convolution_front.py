from __future__ import annotations

import pytest
import torch
from torch import nn
from transformers import Wav2Vec2Config, Wav2Vec2Model

from earwitness.encoders.convolution_front import STRETCH, PackedConvolution, PackedFront


@pytest.mark.parametrize("norm", ["group", "layer"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("offset", [0.0, 0.5])
def test_the_front_is_transformers(norm: str, bias: bool, offset: float) -> None:
    config = Wav2Vec2Config(
        conv_dim=(32,) * 7, feat_extract_norm=norm, conv_bias=bias, num_hidden_layers=1, hidden_size=32,
        num_attention_heads=2, intermediate_size=32,
    )  # fmt: skip
    theirs = Wav2Vec2Model(config).eval().feature_extractor
    for parameter in theirs.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    clips = 0.1 * torch.randn(2, 320 * (2 * STRETCH + 7) + 11) + offset  # over the edges of stretches
    with torch.inference_mode():
        true = theirs.double()(clips.double())
        theirs.float()
        for kind, within in ((torch.float32, 1e-5), (torch.bfloat16, 0.02)):
            packed = PackedFront.of(theirs, kind)
            assert packed is not None
            given = packed(clips)
            assert given.dtype == torch.float32
            assert (given - true).norm() / true.norm() < within
            torch.testing.assert_close(packed(clips[:1]), given[:1], atol=0, rtol=0)
            torch.testing.assert_close(packed(clips[:, :400]).shape, true[..., :1].shape)


def test_a_front_of_another_make_is_left_alone() -> None:
    theirs = Wav2Vec2Model(Wav2Vec2Config(num_hidden_layers=1)).feature_extractor
    theirs.conv_layers[0].layer_norm = nn.GroupNorm(4, 512)
    assert PackedFront.of(theirs, torch.float32) is None


@pytest.mark.parametrize(("width", "stride", "padding"), [(3, 1, 1), (3, 2, 1), (5, 2, 0)])
def test_a_convolution_is_torchs(width: int, stride: int, padding: int) -> None:
    theirs = nn.Conv1d(16, 24, width, stride=stride, padding=padding)
    frames = torch.randn(3, 16, 40)
    with torch.inference_mode():
        torch.testing.assert_close(
            PackedConvolution(theirs, torch.float32)(frames), theirs(frames), atol=1e-5, rtol=1e-5
        )
