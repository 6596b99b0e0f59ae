"""The selective state space layer of Mamba, in plain torch."""

from __future__ import annotations

import math

import torch
from torch import nn


def selective_scan(
    inputs: torch.Tensor, steps: torch.Tensor, decay: torch.Tensor, into: torch.Tensor, out: torch.Tensor
) -> torch.Tensor:
    """A linear recurrence whose coefficients depend on the input.

    `h_t = exp(step_t * decay) * h_(t-1) + step_t * into_t * x_t`, `y_t = <h_t, out_t>`, for each channel.

    Args:
        inputs: x, (batch, time, channels).
        steps: (batch, time, channels), above 0.
        decay: (channels, states), below 0.
        into: (batch, time, states).
        out: (batch, time, states).

    Returns:
        (batch, time, channels).

    Reference: Gu and Dao, "Mamba: linear-time sequence modeling with selective state spaces", eq. 2 with
    the discretisation of eq. 4 (Euler for the input, as in their code).

    Example:
        >>> one = torch.ones(1, 3, 1)
        >>> selective_scan(one, one, torch.zeros(1, 1), one, one)[0, :, 0].tolist()  # without decay: a sum
        [1.0, 2.0, 3.0]
    """
    state = inputs.new_zeros(len(inputs), inputs.shape[2], decay.shape[1])
    given = []
    for at in range(inputs.shape[1]):
        step = steps[:, at, :, None]
        state = torch.exp(step * decay) * state + step * inputs[:, at, :, None] * into[:, at, None]
        given.append((state * out[:, at, None]).sum(-1))
    return torch.stack(given, 1)


class MambaMixer(nn.Module):
    """A Mamba layer, under the names of its authors' checkpoints.

    Args:
        dimension: of the tokens.
        states: of each channel's recurrence.
        kernel: tokens that the causal convolution hears.
        channels: inside of the layer.
        rank: of the steps' projection; a sixteenth of `dimension`, rounded up, when `None`.

    Example:
        >>> tuple(MambaMixer(8, channels=24)(torch.zeros(2, 5, 8)).shape)
        (2, 5, 8)
    """

    def __init__(
        self, dimension: int, *, channels: int, states: int = 24, kernel: int = 4, rank: int | None = None
    ) -> None:
        super().__init__()
        self.rank, self.states = rank or math.ceil(dimension / 16), states
        self.in_proj = nn.Linear(dimension, 2 * channels, bias=False)
        self.conv1d = nn.Conv1d(channels, channels, kernel, groups=channels, padding=kernel - 1)
        self.x_proj = nn.Linear(channels, self.rank + 2 * states, bias=False)
        self.dt_proj = nn.Linear(self.rank, channels)
        self.A_log = nn.Parameter(torch.arange(1.0, states + 1).log().repeat(channels, 1))
        self.D = nn.Parameter(torch.ones(channels))
        self.out_proj = nn.Linear(channels, dimension, bias=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(batch, time, dimension) -> the same; a token hears none that come after it."""
        inner, gate = self.in_proj(tokens).chunk(2, -1)
        inner = self.conv1d(inner.transpose(1, 2))[..., : tokens.shape[1]].transpose(1, 2)
        inner = nn.functional.silu(inner)
        low, into, out = self.x_proj(inner).split([self.rank, self.states, self.states], -1)
        steps = nn.functional.softplus(self.dt_proj(low))
        scanned = selective_scan(inner, steps, -self.A_log.exp(), into, out) + self.D * inner
        mixed: torch.Tensor = self.out_proj(scanned * nn.functional.silu(gate))
        return mixed
