"""Entropic optimal transport between two sets of vectors, and the exchange of features along it."""

from __future__ import annotations

import torch

from earwitness.errors import BadInput

SAFE_RANGE = 30.0
"""Largest spread of cost / epsilon for which the scalings stay far from the limits of float32."""


def sinkhorn(cost: torch.Tensor, *, epsilon: float = 0.05, iterations: int = 50) -> torch.Tensor:
    """The plan between two uniform distributions that costs least, smoothed by entropy.

    Works on any number of cost matrices at once. Where the costs differ by little beside epsilon the
    scalings are iterated themselves, which is several times faster; else their logarithms, which never
    overflow. Both give the same iterates.

    Args:
        cost: (..., rows, columns), not negative.
        epsilon: weight of the entropy, above 0, in the unit of the cost.
        iterations: column updates, each followed by a row update.

    Returns:
        (..., rows, columns); rows sum to 1 / rows up to rounding, columns to 1 / columns up to
        convergence.

    Raises:
        BadInput: when epsilon or iterations are out of range, or the cost is not finite.

    Reference: Cuturi, Sinkhorn distances, NeurIPS 2013, algorithm 1; Peyre and Cuturi, Computational
    optimal transport, 2019, equations 4.15 and 4.43.

    Example:
        >>> plan = sinkhorn(torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
        >>> [[round(value, 3) for value in row] for row in plan.tolist()]
        [[0.5, 0.0], [0.0, 0.5]]
    """
    if not epsilon > 0 or iterations < 1:
        raise BadInput("needs epsilon above 0 and at least one iteration", where="sinkhorn")
    spread = (cost.amax() - cost.amin()) / epsilon if cost.numel() else cost.new_zeros(())
    if not torch.isfinite(spread):
        raise BadInput("the cost is not finite", where="sinkhorn")
    scaled = cost / -epsilon
    if spread <= SAFE_RANGE:
        return _scaled(scaled, iterations)
    return _logarithmic(scaled, iterations)


def _scaled(scaled: torch.Tensor, iterations: int) -> torch.Tensor:
    rows, columns = scaled.shape[-2:]
    # a constant added to all costs cancels; the largest kernel value is then 1
    kernel = (scaled - scaled.amax((-2, -1), keepdim=True)).exp()
    across = kernel.transpose(-2, -1).contiguous()
    left = kernel.new_ones(*kernel.shape[:-1], 1)
    for _ in range(iterations):
        right = (1 / columns) / (across @ left)
        left = (1 / rows) / (kernel @ right)
    return left * kernel * right.transpose(-2, -1)


def _logarithmic(scaled: torch.Tensor, iterations: int) -> torch.Tensor:
    rows, columns = scaled.shape[-2:]
    left = scaled.new_zeros(*scaled.shape[:-1], 1)
    right = scaled.new_zeros(*scaled.shape[:-2], 1, columns)
    row, column = -torch.log(torch.tensor([float(rows), float(columns)])).to(scaled)
    for _ in range(iterations):
        right = column - torch.logsumexp(scaled + left, -2, keepdim=True)
        left = row - torch.logsumexp(scaled + right, -1, keepdim=True)
    return (scaled + left + right).exp()


def pairwise_cost(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Euclidean distances between rows, divided by the largest of each matrix.

    Args:
        first: (..., rows, dimension).
        second: (..., columns, dimension).

    Returns:
        (..., rows, columns), 0 to 1; all 0 where all rows are equal.
    """
    return _of_largest(_distances(first, second))


def exchange(
    first: torch.Tensor, second: torch.Tensor, *, epsilon: float = 0.05, iterations: int = 50
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each set of vectors carried over to the other, row by row.

    The plan is held fixed; gradients flow through the vectors that it mixes.

    Args:
        first: (..., rows, dimension).
        second: (..., rows, dimension), as many rows as `first`.
        epsilon: of `sinkhorn`, on costs of at most 1.
        iterations: of `sinkhorn`.

    Returns:
        `second` carried to `first` (row i lines up with row i of `first`), and `first` carried to
        `second`; each (..., rows, dimension).

    Reference: MATA, PARROT; the plan's barycentric projection (Peyre and Cuturi, 2019, remark 4.11).

    Example:
        >>> first, second = torch.eye(3), torch.eye(3)[[2, 0, 1]]
        >>> carried, _ = exchange(first, second)
        >>> bool(torch.allclose(carried, first, atol=1e-4))  # every row finds its equal
        True
    """
    with torch.no_grad():
        plan = sinkhorn(pairwise_cost(first, second), epsilon=epsilon, iterations=iterations)
        plan = plan * first.shape[-2]
    return plan @ second, plan.transpose(-2, -1) @ first


def exchange_with_bank(
    first: torch.Tensor,
    second: torch.Tensor,
    bank_first: torch.Tensor,
    bank_second: torch.Tensor,
    *,
    epsilon: float = 0.05,
    iterations: int = 50,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The exchange of each clip among bank rows instead of its batch: the same in any company.

    Every clip is put beside the bank's rows, as in training it stands beside those of its batch, and the
    plan of that small set is solved by itself. (A plan from the clip to the bank alone would say nothing:
    with one row and uniform columns it is the bank's mean.)

    Args:
        first: (batch, dimension).
        second: (batch, dimension).
        bank_first: (bank, dimension), of training rows only.
        bank_second: (bank, dimension).
        epsilon: of `sinkhorn`.
        iterations: of `sinkhorn`.

    Returns:
        As `exchange`, each (batch, dimension).

    Example:
        >>> bank, clips = torch.randn(8, 4), torch.randn(5, 4)
        >>> alone = exchange_with_bank(clips[:1], clips[:1], bank, bank)[0]
        >>> together = exchange_with_bank(clips, clips, bank, bank)[0]
        >>> bool(torch.allclose(alone[0], together[0], atol=1e-5))
        True
    """
    with torch.no_grad():
        cost = first.new_empty(len(first), 1 + len(bank_first), 1 + len(bank_second))
        cost[:, 0, 0] = (first - second).norm(dim=-1)
        cost[:, 0, 1:] = _distances(first, bank_second)
        cost[:, 1:, 0] = _distances(second, bank_first)
        cost[:, 1:, 1:] = _distances(bank_first, bank_second)  # the same for every clip
        plan = sinkhorn(_of_largest(cost), epsilon=epsilon, iterations=iterations) * cost.shape[-1]
    row, column = plan[:, 0], plan[:, :, 0]
    carried_second = row[:, :1] * second + row[:, 1:] @ bank_second
    carried_first = column[:, :1] * first + column[:, 1:] @ bank_first
    return carried_second, carried_first


def _distances(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    return torch.cdist(first, second, compute_mode="donot_use_mm_for_euclid_dist")


def _of_largest(cost: torch.Tensor) -> torch.Tensor:
    return cost / cost.amax((-2, -1), keepdim=True).clamp(min=1e-8)
