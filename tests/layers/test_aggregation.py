"""Learned sums over layers against their equations, written out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from earwitness.layers.aggregation import AttentiveMerge, SqueezeExcitationSum, WeightedSum


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def frames(layers: int = 5, dimension: int = 6, time: int = 7, batch: int = 3) -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.standard_normal((batch, layers, time, dimension)).astype(np.float32))


def test_weighted_sum() -> None:
    module, given = WeightedSum(5), frames()
    np.testing.assert_allclose(module(given).detach(), given.mean(1), atol=1e-6)  # all ones at first
    module.weight.data = torch.tensor([0.0, 1.0, -1.0, 2.0, 0.5])
    weight = np.exp(module.weight.detach().numpy())
    expected = np.einsum("l,bltd->btd", weight / weight.sum(), given.numpy())
    np.testing.assert_allclose(module(given).detach(), expected, atol=1e-5)


def test_sea_scales_each_layer_and_sums() -> None:
    module, given = SqueezeExcitationSum(5, hidden=3), frames()
    narrow, widen = (module.gate[k].weight.detach().numpy() for k in (0, 2))
    average = given.numpy().mean((2, 3))
    gate = sigmoid(np.maximum(average @ narrow.T, 0) @ widen.T)
    expected = (gate[:, :, None, None] * given.numpy()).sum(1)
    np.testing.assert_allclose(module(given, torch.ones(3, 7)).detach(), expected, atol=1e-5)
    shapes = [tuple(p.shape) for p in SqueezeExcitationSum(25).parameters()]
    assert shapes == [(8, 25), (25, 8)]  # WavLM-Large as published, no biases


def test_attentive_merge() -> None:
    module, given = AttentiveMerge(5, 6), frames()
    named = {name: value.detach().numpy() for name, value in module.named_parameters()}

    def silu(values: np.ndarray) -> np.ndarray:
        return values * sigmoid(values)

    squeezed = silu(given.numpy().mean(2) @ named["squeeze.weight"][0])
    gate = sigmoid(silu(squeezed @ named["narrow.weight"].T) @ named["widen.weight"].T)
    joined = (gate[:, :, None, None] * given.numpy()).transpose(0, 2, 1, 3).reshape(3, 7, 30)
    expected = joined @ named["merge.weight"].T + named["merge.bias"]
    np.testing.assert_allclose(module(given, torch.ones(3, 7)).detach(), expected, atol=1e-5)
    wide = AttentiveMerge(25, 1024)
    assert [tuple(p.shape) for p in wide.parameters()] == [
        (1, 1024), (12, 25), (25, 12), (1024, 25_600), (1024,),
    ]  # fmt: skip


@pytest.mark.parametrize("make", [lambda: SqueezeExcitationSum(5), lambda: AttentiveMerge(5, 6)])
def test_padding_takes_no_part(make: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    module, given = make(), frames()
    padded = torch.nn.functional.pad(given, (0, 0, 0, 4), value=9.0)
    mask = torch.tensor([[1.0] * 7 + [0.0] * 4] * 3)
    with torch.no_grad():
        np.testing.assert_allclose(
            module(padded, mask)[:, :7], module(given, torch.ones(3, 7)), rtol=1e-5, atol=1e-5
        )
