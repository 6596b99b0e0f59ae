"""Graph attention on fully connected graphs of spectral and temporal nodes, as in AASIST.

The attention between two nodes is read from the product of their features, so the scores
are symmetric; the softmax over the nodes that are listened to makes them weights.

References:
    [1] Jung et al.: AASIST: audio anti-spoofing using integrated spectro-temporal graph
        attention networks. ICASSP 2022.
    [2] Tak et al.: End-to-end spectro-temporal graph attention networks for speaker
        verification anti-spoofing and speech deepfake detection. ASVspoof 2021 workshop.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def pair_products(nodes: Tensor) -> Tensor:
    """Element-wise product of every node with every node.

    Args:
        nodes: `(batch, nodes, dimension)`.

    Returns:
        `(batch, nodes, nodes, dimension)`, symmetric in the two node axes.

    Example:
        >>> pair_products(torch.tensor([[[2.0], [3.0]]])).squeeze().tolist()
        [[4.0, 6.0], [6.0, 9.0]]
    """
    return nodes[:, :, None] * nodes[:, None, :]


def keep_strongest(nodes: Tensor, strength: Tensor, ratio: float) -> Tensor:
    """Scale nodes by their strength and keep the strongest, strongest first.

    The order matters to AASIST: the nodes of two branches are later compared in place.

    Args:
        nodes: `(batch, nodes, dimension)`.
        strength: `(batch, nodes, 1)`, 0 to 1.
        ratio: share of nodes to keep, rounded down, at least one node.

    Returns:
        `(batch, kept, dimension)`.

    Example:
        >>> nodes = torch.tensor([[[1.0], [2.0], [3.0]]])
        >>> keep_strongest(nodes, torch.tensor([[[0.5], [0.25], [1.0]]]), 0.7).squeeze().tolist()
        [3.0, 0.5]
    """
    kept = max(int(nodes.shape[1] * ratio), 1)
    best = strength.topk(kept, dim=1).indices
    return (nodes * strength).gather(1, best.expand(-1, -1, nodes.shape[2]))


def _normalise(nodes: Tensor, norm: nn.BatchNorm1d) -> Tensor:
    """Batch normalisation of node features over batch and nodes."""
    normalised: Tensor = norm(nodes.transpose(1, 2))
    return normalised.transpose(1, 2)


def _vectors(count: int, dimension: int) -> nn.Parameter:
    """Attention vectors, each drawn as a `(dimension, 1)` matrix with Glorot's normal rule."""
    drawn = [nn.init.xavier_normal_(torch.empty(dimension, 1)).T for _ in range(count)]
    return nn.Parameter(torch.cat(drawn))


class GraphAttention(nn.Module):
    """Graph attention among nodes of one kind [1, section 2.2].

    Args:
        inputs: dimension of the incoming nodes.
        outputs: dimension of the outgoing nodes.
        temperature: divides the attention scores before the softmax; larger is flatter.

    Example:
        >>> GraphAttention(64, 32, temperature=2.0)(torch.zeros(2, 23, 64)).shape
        torch.Size([2, 23, 32])
    """

    def __init__(self, inputs: int, outputs: int, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature
        self.attention = nn.Linear(inputs, outputs)
        self.attention_vector = _vectors(1, outputs)
        self.gathered = nn.Linear(inputs, outputs)
        self.own = nn.Linear(inputs, outputs)
        self.norm = nn.BatchNorm1d(outputs)
        self.drop = nn.Dropout(0.2)

    def forward(self, nodes: Tensor) -> Tensor:
        """Let every node look at all nodes.

        Args:
            nodes: `(batch, nodes, inputs)`.

        Returns:
            `(batch, nodes, outputs)`.
        """
        nodes = self.drop(nodes)
        scores = torch.tanh(self.attention(pair_products(nodes))) @ self.attention_vector[0]
        weights = functional.softmax(scores / self.temperature, dim=2)
        return functional.selu(_normalise(self.gathered(weights @ nodes) + self.own(nodes), self.norm))


class HeterogeneousGraphAttention(nn.Module):
    """Graph attention among nodes of two kinds, with a stack node that listens to all [1, section 2.3].

    Each pair has the attention vector of its kinds: first-first, second-second or mixed.
    The stack node attends to all nodes; none attends to it.

    Args:
        inputs: dimension of the incoming nodes of both kinds and of the stack node.
        outputs: dimension of what goes out.
        temperature: divides the attention scores before the softmax; larger is flatter.

    Example:
        >>> layer = HeterogeneousGraphAttention(64, 32, temperature=100.0)
        >>> nodes = torch.zeros(2, 20, 64), torch.zeros(2, 11, 64)
        >>> first, second, stack = layer(*nodes, torch.zeros(1, 1, 64))
        >>> first.shape, second.shape, stack.shape
        (torch.Size([2, 20, 32]), torch.Size([2, 11, 32]), torch.Size([2, 1, 32]))
    """

    def __init__(self, inputs: int, outputs: int, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature
        self.first = nn.Linear(inputs, inputs)
        self.second = nn.Linear(inputs, inputs)
        self.attention = nn.Linear(inputs, outputs)
        self.attention_vectors = _vectors(3, outputs)  # first-first, second-second, mixed
        self.gathered = nn.Linear(inputs, outputs)
        self.own = nn.Linear(inputs, outputs)
        self.stack_attention = nn.Linear(inputs, outputs)
        self.stack_attention_vector = _vectors(1, outputs)
        self.stack_gathered = nn.Linear(inputs, outputs)
        self.stack_own = nn.Linear(inputs, outputs)
        self.norm = nn.BatchNorm1d(outputs)
        self.drop = nn.Dropout(0.2)

    def forward(self, first: Tensor, second: Tensor, stack: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Let every node look at all nodes, and the stack node too.

        Args:
            first: `(batch, first nodes, inputs)`.
            second: `(batch, second nodes, inputs)`.
            stack: `(batch or 1, 1, inputs)`.

        Returns:
            The two groups `(batch, nodes, outputs)` and the stack node `(batch, 1, outputs)`.
        """
        count = first.shape[1]
        nodes = self.drop(torch.cat([self.first(first), self.second(second)], dim=1))
        weights = functional.softmax(self._scores(nodes, count) / self.temperature, dim=2)
        out = self.gathered(weights @ nodes) + self.own(nodes)
        out = functional.selu(_normalise(out, self.norm))
        return out[:, :count], out[:, count:], self._listen(nodes, stack)

    def _scores(self, nodes: Tensor, count: int) -> Tensor:
        by_kind = torch.tanh(self.attention(pair_products(nodes))) @ self.attention_vectors.T
        second = torch.arange(nodes.shape[1], device=nodes.device) >= count
        kind = torch.where(second[:, None] == second[None, :], second.long()[:, None], 2)
        return by_kind.gather(3, kind[None, :, :, None].expand(len(nodes), -1, -1, 1))[..., 0]

    def _listen(self, nodes: Tensor, stack: Tensor) -> Tensor:
        scores = torch.tanh(self.stack_attention(nodes * stack)) @ self.stack_attention_vector.T
        weights = functional.softmax(scores / self.temperature, dim=1).transpose(1, 2)
        heard: Tensor = self.stack_gathered(weights @ nodes) + self.stack_own(stack)
        return heard


class GraphPool(nn.Module):
    """Keep the share of nodes that a learnt gate finds strongest [1, section 2.2].

    Args:
        dimension: of the nodes.
        ratio: share of nodes to keep, above 0, at most 1.

    Example:
        >>> GraphPool(64, 0.5)(torch.zeros(2, 23, 64)).shape
        torch.Size([2, 11, 64])
    """

    def __init__(self, dimension: int, ratio: float) -> None:
        super().__init__()
        self.ratio = ratio
        self.gate = nn.Linear(dimension, 1)
        self.drop = nn.Dropout(0.3)

    def forward(self, nodes: Tensor) -> Tensor:
        """Scale the nodes by their gates and keep the strongest, strongest first.

        Args:
            nodes: `(batch, nodes, dimension)`.

        Returns:
            `(batch, kept, dimension)`.
        """
        return keep_strongest(nodes, torch.sigmoid(self.gate(self.drop(nodes))), self.ratio)
