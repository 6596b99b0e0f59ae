"""A-GEM's step: never against the memory, and plain where nothing is remembered or nothing conflicts."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.training.gradient_memory import GradientMemory

NUMBERS = st.lists(st.floats(-3, 3, width=32), min_size=3, max_size=3)


def step(new: list[float], old: list[float] | None, shares: tuple[float, ...] = (1.0,)) -> np.ndarray:
    weight = torch.nn.Parameter(torch.zeros(3))
    running = GradientMemory().begin([("weight", weight)], seed=0)
    for share in shares:
        losses = {"new": {"loss": (torch.tensor(new) * weight).sum()}}
        if old is not None:
            losses["memory"] = {"loss": (torch.tensor(old) * weight).sum()}
        running.add(losses, share)
    running.finish()
    assert weight.grad is not None
    return weight.grad.double().numpy()


@settings(max_examples=60, deadline=None)
@given(NUMBERS, NUMBERS)
def test_the_gradient_never_works_against_the_memory(new: list[float], old: list[float]) -> None:
    found, (g, m) = step(new, old), (np.array(new), np.array(old))
    assert found @ m >= -1e-4
    if g @ m >= 0:
        np.testing.assert_allclose(found, g, atol=1e-6)
    else:
        # the nearest gradient that does not: what is left lies across the memory
        np.testing.assert_allclose(found, g - (g @ m) / (m @ m) * m, atol=1e-4)


def test_without_memory_it_is_the_plain_gradient() -> None:
    np.testing.assert_allclose(step([1.0, 2.0, 3.0], None), [1.0, 2.0, 3.0])


def test_parts_of_a_batch_are_one() -> None:
    whole = step([1.0, -2.0, 0.5], [-1.0, 0.0, 1.0])
    np.testing.assert_allclose(step([1.0, -2.0, 0.5], [-1.0, 0.0, 1.0], (0.25, 0.75)), whole, atol=1e-6)


def test_a_second_step_starts_anew() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    running = GradientMemory().begin([("weight", weight)], seed=0)
    for _ in range(2):
        running.add({"new": {"loss": weight.sum()}, "memory": {"loss": -weight.sum()}})
        told = running.finish()
        assert told == {"loss": 0.0, "conflict": 1.0}
        assert weight.grad is not None
        assert weight.grad.tolist() == [0.0]
    assert running.state() == {}
