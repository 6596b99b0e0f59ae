from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.layers.folded_nes2net import FoldedNes2Net
from earwitness.layers.frame_convolution import FrameConvolution
from earwitness.layers.frame_norm import FrameNorm
from earwitness.layers.nested_res2net import VARIANTS, Nes2Net

SHAPES = st.fixed_dictionaries(
    {
        "variant": st.sampled_from(VARIANTS),
        "nest": st.sampled_from([(2, 2), (4, 2), (2, 4), (4, 4)]),
        "dilation": st.integers(1, 3),
        "reduction": st.sampled_from([1, 3, 100]),
        "pooling": st.sampled_from(["mean", "attentive"]),
        "outputs": st.integers(1, 3),
    }
)


def trained(dimension: int = 32, **shape: Any) -> Nes2Net:
    """A network whose norms have seen something, with scales of either sign."""
    torch.manual_seed(0)
    network = Nes2Net(dimension, **shape)
    for name, parameter in network.named_parameters():
        if "norm" in name:
            torch.nn.init.normal_(parameter)
    for _ in range(2):
        network(3 * torch.randn(4, 11, dimension) + 1)
    return network.eval()


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.integers(1, 12), st.integers(1, 12), st.integers(0, 100))
def test_a_clip_scores_the_same_alone_and_in_any_batch(
    shape: dict[str, Any], first: int, second: int, seed: int
) -> None:
    network = trained(**shape)
    generator = torch.Generator().manual_seed(seed)
    clips = [torch.randn(length, 32, generator=generator) for length in (first, second)]
    longest = max(first, second)
    # What stands in the padding must not matter.
    batch = torch.stack([torch.cat([clip, 9 * torch.ones(longest - len(clip), 32)]) for clip in clips])
    mask = torch.stack([(torch.arange(longest) < len(clip)).float() for clip in clips])
    with torch.no_grad():
        together = network(batch, mask)
        alone = torch.cat([network(clip[None]) for clip in clips])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.integers(1, 12), st.integers(1, 3))
def test_folding_changes_no_logit(shape: dict[str, Any], time: int, clips: int) -> None:
    network = trained(**shape)
    frames = torch.randn(clips, time, 32)
    with torch.no_grad():
        torch.testing.assert_close(FoldedNes2Net(network)(frames), network(frames), atol=1e-4, rtol=1e-4)


def test_only_a_network_in_eval_mode_is_folded() -> None:
    with pytest.raises(BadInput, match="eval mode"):
        FoldedNes2Net(Nes2Net(32, nest=(4, 4)))


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(VARIANTS), st.integers(1, 9))
def test_padding_leaves_no_trace_in_training(variant: Any, padding: int) -> None:
    torch.manual_seed(0)
    plain, padded = (Nes2Net(32, nest=(4, 4), variant=variant) for _ in range(2))
    padded.load_state_dict(plain.state_dict())
    frames = torch.randn(3, 7, 32)
    wide = torch.cat([frames, torch.full((3, padding, 32), 9.0)], dim=1)
    mask = torch.cat([torch.ones(3, 7), torch.zeros(3, padding)], dim=1)
    torch.testing.assert_close(padded(wide, mask), plain(frames), atol=1e-5, rtol=1e-4)
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(padded.state_dict()[name], value, atol=1e-5, rtol=1e-4, msg=name)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3, 5]), st.integers(1, 3), st.integers(1, 9))
def test_convolution_is_that_of_torch(inputs: int, outputs: int, taps: int, dilation: int, time: int) -> None:
    ours = FrameConvolution(inputs, outputs, taps=taps, dilation=dilation)
    frames = torch.randn(2, time, inputs)
    theirs = torch.nn.functional.conv1d(
        frames.transpose(1, 2), ours.weight, ours.bias, padding=dilation * (taps // 2), dilation=dilation
    )
    torch.testing.assert_close(ours(frames), theirs.transpose(1, 2), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours(frames[:, None]), theirs.transpose(1, 2)[:, None], atol=1e-5, rtol=1e-5)


def test_norm_counts_only_what_is_real() -> None:
    norm, theirs = FrameNorm(3), torch.nn.BatchNorm1d(3)
    frames = torch.randn(2, 5, 3)
    mask = torch.tensor([[1.0, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    real = frames[mask > 0]
    torch.testing.assert_close(norm(frames, mask)[mask > 0], theirs(real))
    torch.testing.assert_close(norm.running_var, theirs.running_var)
    assert norm(frames, mask)[0, 3:].abs().sum() == 0
