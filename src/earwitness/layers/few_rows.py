"""Inference a few rows at a time: what lies between two layers then stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

ROWS = 64
"""Rows at once. Convolutions over 256 vectors of 512 made three times as many bytes as the cache holds, and
took three times as long for each."""


def few_rows(
    work: Callable[[Sequence[torch.Tensor]], tuple[torch.Tensor, ...]],
    given: Sequence[torch.Tensor],
    rows: int = ROWS,
) -> tuple[torch.Tensor, ...]:
    """What a function makes of rows that do not see each other; in parts, where no gradients are kept.

    Args:
        work: (rows, ...) of each input to (rows, ...) of each output, row by row.
        given: (batch, ...) of each input.
        rows: at once.

    Returns:
        (batch, ...) of each output.

    Example:
        >>> with torch.inference_mode():
        ...     (doubled,) = few_rows(lambda given: (2 * given[0],), [torch.arange(5)], rows=2)
        >>> doubled.tolist()
        [0, 2, 4, 6, 8]
    """
    if torch.is_grad_enabled() or len(given[0]) <= rows:
        return work(given)
    parts = [work(part) for part in zip(*(one.split(rows) for one in given), strict=True)]
    return tuple(torch.cat(made) for made in zip(*parts, strict=True))
