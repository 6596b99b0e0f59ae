from __future__ import annotations

import pytest
import torch

from earwitness.layers.aggregation import AttentiveMerge, SqueezeExcitationSum, WeightedSum
from earwitness.layers.nested_res2net import Nes2Net
from earwitness.layers.one_class import OneClassHead, oc_softmax
from earwitness.layers.pooling import AttentiveStatistics, masked_change_deviation, masked_mean_and_deviation


def padded(frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    rubbish = torch.full_like(frames[..., :3, :], 9.0)
    mask = torch.cat([torch.ones(len(frames), frames.shape[-2]), torch.zeros(len(frames), 3)], dim=1)
    return torch.cat([frames, rubbish], dim=-2), mask


def test_statistics_do_not_see_what_is_masked() -> None:
    frames = torch.randn(2, 3, 10, 4, generator=torch.Generator().manual_seed(0))
    whole = torch.ones(2, 10)
    for function in (
        lambda f, m: torch.cat(masked_mean_and_deviation(f, m)),
        lambda f, m: masked_change_deviation(f, m, 2),
    ):
        assert torch.allclose(function(frames, whole), function(*padded(frames)), atol=1e-5)
    mean, deviation = masked_mean_and_deviation(frames, whole)
    assert torch.allclose(mean, frames.mean(2), atol=1e-5)
    assert torch.allclose(deviation, frames.std(2, correction=0), atol=1e-4)
    assert torch.isfinite(masked_mean_and_deviation(frames, torch.zeros(2, 10))[1]).all()


def test_learned_pooling_does_not_see_what_is_masked() -> None:
    torch.manual_seed(0)
    pool = AttentiveStatistics(4, hidden=3)
    frames = torch.randn(2, 10, 4)
    assert torch.allclose(pool(frames, torch.ones(2, 10)), pool(*padded(frames)), atol=1e-5)


def test_learned_sums_start_even_and_ignore_padding() -> None:
    frames = torch.randn(2, 3, 10, 4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(WeightedSum(3)(frames), frames.mean(1), atol=1e-6)
    for gated in (SqueezeExcitationSum(3), AttentiveMerge(3, 4)):
        alone, inside = gated(frames, torch.ones(2, 10)), gated(*padded(frames))
        assert torch.allclose(alone, inside[..., :10, :], atol=1e-5)


@pytest.mark.parametrize(("outputs", "parameters"), [(1, 510_769), (2, 511_794)])
def test_nes2net_has_the_published_size(outputs: int, parameters: int) -> None:
    net = Nes2Net(1024, outputs)
    assert sum(parameter.numel() for parameter in net.parameters()) == parameters


def test_nes2net_reads_other_dimensions() -> None:
    net = Nes2Net(128, 5, nest=(8, 4)).eval()
    assert net(torch.randn(2, 7, 128), torch.ones(2, 7)).shape == (2, 5)


def test_one_class_pulls_bona_fide_to_the_centre() -> None:
    torch.manual_seed(0)
    head = OneClassHead(3)
    embedding, target = torch.randn(40, 3), (torch.arange(40) % 2)
    embedding = embedding + target[:, None] * torch.tensor([3.0, 0.0, 0.0])
    optimiser = torch.optim.Adam(head.parameters(), lr=0.05)
    for _ in range(60):
        optimiser.zero_grad()
        oc_softmax(head(embedding), target).backward()
        optimiser.step()
    scores = head(embedding).detach()
    assert scores[target == 1].mean() > scores[target == 0].mean() + 0.3
