"""Exact bounds of a rate, for when there are too few errors to resample."""

from __future__ import annotations


def exact_bounds(errors: float, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Clopper-Pearson interval of an error rate.

    Args:
        errors: how many errors were seen; a fraction of one (from an interpolated rate) is allowed.
        trials: among how many trials.
        confidence: coverage, in (0, 1).

    Returns:
        Lowest and highest rate that could well have given so many errors.

    Reference:
        C. Clopper and E. Pearson, "The use of confidence or fiducial limits", 1934.

    Example:
        >>> low, high = exact_bounds(0, 100)
        >>> low, round(high, 4)
        (0.0, 0.0362)
    """
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = float(betaincinv(errors, trials - errors + 1, tail)) if errors > 0 else 0.0
    high = float(betaincinv(errors + 1, trials - errors, 1 - tail)) if errors < trials else 1.0
    return low, high
