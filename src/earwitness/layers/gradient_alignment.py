"""Gradients of several losses made into one: PCGrad, GradVac, CAGrad, from their Gram matrix alone.

All three results are linear combinations of the gradients, so the algorithms never see the gradients
themselves, only how long they are and how they lie to each other: a matrix of K x K numbers.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import torch
from scipy import optimize

from earwitness.errors import BadInput, MissingExtra, require

Method = Literal["mean", "pcgrad", "gradvac", "cagrad"]
TINY = 1e-8
"""Added where the authors' code adds it: to norms and under roots."""


def coefficients(
    gram: torch.Tensor | np.ndarray,
    method: str,
    state: torch.Tensor | None = None,
    generator: torch.Generator | None = None,
    *,
    decay: float = 0.5,
    update: Literal["agreeing", "always"] = "agreeing",
    radius: float = 0.5,
) -> tuple[torch.Tensor, torch.Tensor]:
    """How much of each gradient is in the aligned one.

    Args:
        gram: (paths, paths) inner products of the gradients.
        method: `mean`, `pcgrad`, `gradvac`, `cagrad`, or the name of an aggregator of torchjd that
            needs nothing but the Gram matrix ("MGDA", "IMTLG", "AlignedMTL"; "UPGrad" and "DualProj" need
            a solver that its extra `quadprog-projector` brings, under the GPL).
        state: (paths, paths) target cosines of GradVac; zeros when `None`. Not changed.
        generator: draws the order of the projections where there are more than two paths (a
            fixed order without it); with two paths there is only one.
        decay: of GradVac's target cosines (beta of the paper).
        update: GradVac's targets follow `agreeing` gradients only, as in DPDA's code, or `always`, as
            in GradVac's paper.
        radius: CAGrad's c, 0 = plain mean.

    Returns:
        (paths,) float64 weights, whose sum with the gradients is the aligned gradient (the reduction
        is the mean); and the new state, (paths, paths) float64.

    Raises:
        BadInput: when the method is unknown, or the matrix is not square or not finite.

    Reference: Yu et al., Gradient surgery for multi-task learning, NeurIPS 2020, algorithm 1; Wang et
    al., Gradient Vaccine, ICLR 2021, equations 3 and 4; Liu et al., Conflict-averse gradient descent,
    NeurIPS 2021, algorithm 1. Settings of DPDA's code.

    Example:
        >>> conflict = torch.tensor([[1.0, -1.0], [-1.0, 2.0]])  # of [1, 0] and [-1, 1]
        >>> coefficients(conflict, "pcgrad")[0].tolist()
        [1.0, 0.75]
    """
    inner = np.asarray(torch.as_tensor(gram).detach().to("cpu", torch.float64))
    paths = len(inner)
    if inner.shape != (paths, paths) or not paths:
        raise BadInput(f"a Gram matrix is (paths, paths), not {inner.shape}", where="gradient alignment")
    if not np.isfinite(inner).all():
        raise BadInput("a gradient is not finite; lower the learning rate", where="gradient alignment")
    targets = np.zeros((paths, paths)) if state is None else np.asarray(state, np.float64).copy()
    if method == "mean":
        weights = np.full(paths, 1 / paths)
    elif method == "pcgrad":
        weights = _projected(inner, _orders(paths, generator))
    elif method == "gradvac":
        weights = _vaccinated(inner, _orders(paths, generator), targets, decay, update)
    elif method == "cagrad":
        weights = _conflict_averse(inner, radius)
    else:
        weights = _torchjd(inner, method)
    return torch.from_numpy(weights), torch.from_numpy(targets)


def align(
    gradients: torch.Tensor,
    method: str = "pcgrad",
    state: torch.Tensor | None = None,
    generator: torch.Generator | None = None,
    **settings: float | str,
) -> torch.Tensor:
    """One gradient out of several.

    Args:
        gradients: (paths, parameters), one row a path.
        method: see `coefficients`.
        state: (paths, paths) float64 target cosines of GradVac, brought up to date in place; they are
            not kept when `None`.
        generator: see `coefficients`.
        settings: `decay`, `update`, `radius` of `coefficients`.

    Returns:
        (parameters,), of the gradients' type.

    Raises:
        BadInput: as `coefficients` does.

    Example:
        >>> align(torch.tensor([[1.0, 0.0], [-1.0, 1.0]]), "pcgrad").tolist()
        [0.25, 0.75]
    """
    if gradients.ndim != 2:
        raise BadInput("gradients are (paths, parameters)", where="gradient alignment")
    rows = gradients.detach()
    exact = rows if rows.dtype == torch.float64 else rows.float()  # half precision would lose the angles
    weights, after = coefficients(exact @ exact.T, method, state, generator, **settings)  # type: ignore[arg-type]
    if state is not None:
        state.copy_(after)
    return (weights.to(exact.device, exact.dtype) @ exact).to(gradients.dtype)


def cosines(gram: torch.Tensor) -> torch.Tensor:
    """Cosines between gradients, (paths, paths), from their Gram matrix; 0 where one is zero.

    Example:
        >>> round(float(cosines(torch.tensor([[1.0, -1.0], [-1.0, 2.0]]))[0, 1]), 4)
        -0.7071
    """
    norms = gram.diagonal().clamp(min=0).sqrt()
    return gram / (norms[:, None] * norms[None, :]).clamp(min=torch.finfo(gram.dtype).tiny)


def _orders(paths: int, generator: torch.Generator | None) -> list[list[int]]:
    """For each path the others, in the order in which it is compared with them."""
    others = [[other for other in range(paths) if other != path] for path in range(paths)]
    if generator is None or paths == 2:
        return others
    return [[row[k] for k in torch.randperm(paths - 1, generator=generator).tolist()] for row in others]


def _projected(inner: np.ndarray, orders: list[list[int]]) -> np.ndarray:
    changed = np.eye(len(inner))  # row i: gradient i, as a combination of the originals
    for row, order in zip(changed, orders, strict=True):
        for other in order:
            along = row @ inner[other]
            if along < 0 < inner[other, other]:
                row[other] -= along / inner[other, other]
    return changed.mean(axis=0)


def _vaccinated(
    inner: np.ndarray, orders: list[list[int]], targets: np.ndarray, decay: float, update: str
) -> np.ndarray:
    changed = np.eye(len(inner))
    for path, (row, order) in enumerate(zip(changed, orders, strict=True)):
        for other in order:
            own = np.sqrt(max(row @ inner @ row, 0.0))
            length = np.sqrt(max(inner[other, other], 0.0))
            cosine = float(np.clip(row @ inner[other] / (own * length + TINY), -1, 1))
            target = targets[path, other]
            if cosine < target:
                sine, target_sine = np.sqrt(1 - cosine**2), np.sqrt(max(1 - target**2, 0.0))
                row[other] += own * (target * sine - cosine * target_sine) / (length * target_sine + TINY)
            if cosine > 0 or update == "always":
                targets[path, other] = (1 - decay) * target + decay * cosine
    return changed.mean(axis=0)


def _conflict_averse(inner: np.ndarray, radius: float) -> np.ndarray:
    paths = len(inner)
    if paths > 2 and inner.any():  # the weights do not depend on the scale, the solver's tolerance does
        inner = inner / inner.diagonal().max()
    reach = radius * np.sqrt(inner.mean() + TINY) + TINY
    to_mean = inner.mean(axis=1)

    def length(weights: np.ndarray) -> float:
        return float(np.sqrt(max(weights @ inner @ weights, 0.0) + TINY))

    def slope(weights: np.ndarray) -> np.ndarray:
        return to_mean + reach * (inner @ weights) / length(weights)

    weights = _between_two(slope) if paths == 2 else _on_simplex(length, slope, to_mean, reach)
    factor = reach / (np.sqrt(max(weights @ inner @ weights, 0.0)) + TINY)
    return (1 / paths + factor * weights) / (1 + radius**2)


def _between_two(slope) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Least point of a convex function of (w, 1 - w): where its slope changes sign, by bisection."""

    def along(first: float) -> float:
        down = slope(np.array([first, 1 - first]))
        return float(down[0] - down[1])

    low, high = 0.0, 1.0
    if along(low) >= 0:
        return np.array([0.0, 1.0])
    if along(high) <= 0:
        return np.array([1.0, 0.0])
    first = float(optimize.brentq(along, low, high, xtol=1e-15))
    return np.array([first, 1 - first])


def _on_simplex(length, slope, to_mean: np.ndarray, reach: float) -> np.ndarray:  # type: ignore[no-untyped-def]
    paths = len(to_mean)
    found = optimize.minimize(
        lambda weights: weights @ to_mean + reach * length(weights),
        np.full(paths, 1 / paths),
        jac=slope,
        bounds=[(0, 1)] * paths,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda _: np.ones(paths)},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    weights = np.clip(found.x, 0, None)
    return weights / weights.sum()


def _torchjd(inner: np.ndarray, name: str) -> np.ndarray:
    known = ("UPGrad", "MGDA", "DualProj", "IMTLG", "AlignedMTL")
    if name not in known:
        raise BadInput(
            f"no such alignment; there are {', '.join(get_args(Method))} and {', '.join(known)}", where=name
        )
    weighting = getattr(require("torchjd.aggregation", "alignment"), f"{name}Weighting")
    try:
        weights = weighting()(torch.from_numpy(inner))
    except ImportError:
        raise MissingExtra(
            "needs a solver; install it (GPL) with: pip install 'torchjd[quadprog-projector]'", where=name
        ) from None
    return np.asarray(weights.detach().to(torch.float64))
