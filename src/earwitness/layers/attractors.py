"""SAMO's attractors: one for each speaker of the training, where the speaker's bona fide embeddings lie."""

from __future__ import annotations

import torch
from torch import nn


class Attractors(nn.Module):
    """Cosines of an embedding and the attractors of speakers, which follow their embeddings.

    Attractors begin at right angles to each other (as far as the dimension has room) and move with a running
    mean. The authors compute them anew from all training rows every few epochs instead; a running mean needs
    no pass of its own and is the same after a kill.

    Args:
        dimension: of the embedding.
        speakers: how many there are; those that `present` leaves out attract nobody.
        momentum: share of the old attractor in each step, 0 to 1.

    Reference: Ding, Zhang and Duan, "SAMO: speaker attractor multi-center one-class learning for voice
    anti-spoofing", ICASSP 2023.

    Example:
        >>> attractors = Attractors(4, 3)
        >>> attractors.follow(torch.tensor([[0.0, 5.0, 0.0, 0.0]]).repeat(99, 1), torch.full((99,), 2))
        >>> attractors(torch.tensor([[0.0, 1.0, 0.0, 0.0]])).argmax().item()
        2
    """

    directions: torch.Tensor
    present: torch.Tensor

    def __init__(self, dimension: int, speakers: int, momentum: float = 0.9) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("directions", nn.init.orthogonal_(torch.empty(speakers, dimension)))
        self.register_buffer("present", torch.ones(speakers, dtype=torch.bool))

    def forward(self, embedding: torch.Tensor) -> torch.Tensor:
        """Cosines (batch, speakers) of (batch, dimension); -1 for speakers that are not present."""
        unit = nn.functional.normalize(embedding, dim=-1)
        cosine = unit @ nn.functional.normalize(self.directions, dim=-1).T
        return cosine.masked_fill(~self.present, -1.0)

    @torch.no_grad()
    def follow(self, embedding: torch.Tensor, speaker: torch.Tensor) -> None:
        """Move attractors towards new embeddings.

        Args:
            embedding: (batch, dimension) of bona fide rows.
            speaker: (batch,) numbers of speakers; rows below 0 are left out.
        """
        unit = nn.functional.normalize(embedding.detach(), dim=-1).to(self.directions.dtype)
        for number in speaker[speaker >= 0].unique().tolist():
            rows = unit[speaker == number]
            kept = self.momentum ** len(rows)
            moved = kept * self.directions[number] + (1 - kept) * rows.mean(0)
            self.directions[number] = nn.functional.normalize(moved, dim=-1)
