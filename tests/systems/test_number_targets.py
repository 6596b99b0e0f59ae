from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.systems.number_targets import keep_scale, number_loss, weighed


def network() -> nn.Module:
    module = nn.Module()
    module.register_buffer("middle", torch.zeros(2))
    module.register_buffer("spread", torch.ones(2))
    return module


def test_the_scale_is_that_of_the_known_numbers() -> None:
    module = network()
    keep_scale(module, 1, np.array([2.0, np.nan, 6.0]), "age")
    assert module.get_buffer("middle").tolist() == [0.0, 4.0]
    assert module.get_buffer("spread").tolist() == [1.0, 2.0]
    keep_scale(module, 0, np.array([7.0, 7.0]), "age")  # no spread divides nothing
    assert module.get_buffer("spread")[0] == 1.0


def test_a_target_of_which_nothing_is_known_is_refused() -> None:
    with pytest.raises(BadInput, match="age: is not known of any training row"):
        keep_scale(network(), 0, np.full(3, np.nan), "age")


def test_a_learned_variance_lowers_the_weight_of_a_loss_and_pays_for_it() -> None:
    log = torch.tensor(2.0, requires_grad=True)
    found = weighed(torch.tensor(3.0), log)
    assert found.item() == pytest.approx(3 * np.exp(-2) + 1)
    found.backward()
    assert log.grad is not None
    assert log.grad.item() == pytest.approx(0.5 - 3 * np.exp(-2))


def test_unknown_numbers_teach_nothing() -> None:
    found = torch.tensor([1.0, 50.0], requires_grad=True)
    number_loss(found, torch.tensor([2.0, torch.nan]), torch.tensor(1.0)).backward()
    assert found.grad is not None
    assert found.grad[1] == 0
    assert found.grad[0] != 0
