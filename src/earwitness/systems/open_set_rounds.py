"""Open sets by nested rounds: every class left out once, limits from inner rounds of the training side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from earwitness.systems.nearest_class import Nearest

Rows = NDArray[np.int64]


class HeldBack(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of rows that were not trained on.

    Args:
        row: (n,) of each trial.
        known: (n,) whether the row's class was trained on.
        said: (n,) nearest class.
        distance: (n,) to it.
        own: (n,) to the row's own class; NaN where that was not trained on.
    """

    row: Rows
    known: NDArray[np.bool_]
    said: NDArray[np.str_]
    distance: NDArray[np.float64]
    own: NDArray[np.float64]


def left_out(
    values: NDArray[np.floating], labels: NDArray[np.str_], folds: NDArray[np.int64], rows: Rows,
    nothing: str,
) -> HeldBack:  # fmt: skip
    """Leave every class but one out in its turn, crossed with folds of groups.

    Args:
        values: (all rows, dimension).
        labels: (all rows,).
        folds: (all rows,) fold of each row's group.
        rows: those to be used.
        nothing: class that is never left out: real speech, or what went through no codec.

    Returns:
        In a round one class and one fold are held back: rows of that fold are known where their class was
        trained on, all rows of the class are unknown.
    """
    parts: list[HeldBack] = []
    classes = [name for name in np.unique(labels[rows]).tolist() if name != nothing]
    numbers = np.unique(folds[rows])
    for turn, name in enumerate(classes):
        held = folds == numbers[turn % len(numbers)]
        train = rows[~held[rows] & (labels[rows] != name)]
        model = Nearest.fit(values[train], labels[train])
        inside = np.isin(labels[rows], model.classes)
        test = rows[(held[rows] & inside) | (labels[rows] == name)]
        parts.append(judged(model, values, labels, test))
    return HeldBack(**{
        field: np.concatenate([getattr(part, field) for part in parts])
        for field in HeldBack.__struct_fields__
    })  # fmt: skip


def judged(model: Nearest, values: NDArray[np.floating], labels: NDArray[np.str_], test: Rows) -> HeldBack:
    """What a model says of some rows."""
    distances = model.distances(values[test])
    nearest = distances.argmin(axis=1)
    place = {name: at for at, name in enumerate(model.classes)}
    columns = np.array([place.get(name, -1) for name in labels[test].tolist()])
    own = np.where(columns >= 0, distances[np.arange(len(test)), columns], np.nan)
    return HeldBack(
        row=test, known=columns >= 0, said=np.array(model.classes)[nearest],
        distance=distances[np.arange(len(test)), nearest], own=own,
    )  # fmt: skip


def auroc(known: NDArray[np.floating], unknown: NDArray[np.floating]) -> float:
    """Chance that a known recording lies nearer than an unknown one.

    Example:
        >>> auroc(np.array([1.0, 2.0]), np.array([3.0, 1.5]))
        0.75
    """
    if not len(known) or not len(unknown):
        return float("nan")
    below = np.searchsorted(np.sort(known), unknown, side="left")
    through = np.searchsorted(np.sort(known), unknown, side="right")
    return float((below + through).sum() / 2 / (len(known) * len(unknown)))


def limit_of(found: HeldBack, accepted: float = 0.05) -> float:
    """Largest distance at which at most so many recordings of classes never heard are named.

    Args:
        found: from inner rounds.
        accepted: share of them.
    """
    return float(np.quantile(found.distance[~found.known], accepted))


def open_set_f1(found: HeldBack, labels: NDArray[np.str_], limit: float) -> float:
    """Macro F1 over the known classes and "unknown".

    Args:
        found: what was said.
        labels: (all rows,).
        limit: distance above which the answer is "unknown".
    """
    truth = np.where(found.known, labels[found.row], "\0unknown")
    said = np.where(found.distance <= limit, found.said, "\0unknown")
    scores = []
    for name in np.unique(truth):
        hit = ((said == name) & (truth == name)).sum()
        scores.append(2 * hit / max(1, (said == name).sum() + (truth == name).sum()))
    return float(np.mean(scores))


def _share(which: NDArray[np.bool_]) -> float:
    return float(which.mean()) if len(which) else float("nan")


def nested(
    values: NDArray[np.floating], labels: NDArray[np.str_], folds: NDArray[np.int64], nothing: str,
    progress: Callable[[str, int, int], object] | None = None, *, accepted: float = 0.05,
) -> tuple[list[tuple[str, HeldBack, float]], float]:  # fmt: skip
    """Outer rounds with limits from inner ones, and the limit that ships.

    Args:
        values: (rows, dimension).
        labels: (rows,).
        folds: (rows,).
        nothing: class that is never left out.
        progress: called with (what, done, of how many).
        accepted: share of recordings of classes never heard that may be named.

    Returns:
        (class left out, what was said, limit of the inner rounds) for each outer round, and the limit by
        the outer rounds together, as it is fitted for what ships.
    """
    every = np.arange(len(labels))
    classes = [name for name in np.unique(labels).tolist() if name != nothing]
    numbers = np.unique(folds)
    rounds = []
    for turn, name in enumerate(classes):
        held = folds == numbers[turn % len(numbers)]
        train = every[~held & (labels != name)]
        limit = limit_of(left_out(values, labels, folds, train, nothing), accepted)
        model = Nearest.fit(values[train], labels[train])
        test = every[(held & (labels != name)) | (labels == name)]
        rounds.append((name, judged(model, values, labels, test), limit))
        if progress is not None:
            progress(f"{name} left out", turn + 1, len(classes))
    together = np.concatenate([found.distance[~found.known] for _, found, _ in rounds])
    return rounds, float(np.quantile(together, accepted))


def figures_of(
    rounds: Sequence[tuple[str, HeldBack, float]], labels: NDArray[np.str_], clusters: NDArray[np.str_],
    nothing: str, *, replicates: int = 200, seed: int = 0,
) -> dict[str, dict[str, float]]:  # fmt: skip
    """Figures of outer rounds with 95 % intervals, groups drawn whole.

    Args:
        rounds: from `nested`.
        labels: (rows,).
        clusters: (rows,) what is drawn whole.
        nothing: class that stands for no generator or codec.
        replicates: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        Name of the figure -> `value`, `low`, `high`; figures are means over the rounds.
    """
    _, number = np.unique(clusters, return_inverse=True)
    count = int(number.max()) + 1
    rng = np.random.default_rng(seed)

    def measured(weight: NDArray[np.int64] | None) -> list[float]:
        table = []
        for _, found, limit in rounds:
            picked = found
            if weight is not None:
                at = np.repeat(np.arange(len(found.row)), weight[number[found.row]])
                picked = HeldBack(**{f: getattr(found, f)[at] for f in HeldBack.__struct_fields__})
            known = picked.known
            named = (picked.distance <= limit) & (picked.said != nothing)
            right = labels[picked.row] == picked.said
            made = labels[picked.row] != nothing
            told = known & named
            table.append([
                _share(right[known]), auroc(picked.distance[known], picked.distance[~known]),
                open_set_f1(picked, labels, limit), _share(named[~known]), _share(named[known & made]),
                _share(right[told]), _share(named[~made]),
                _share((picked.said == nothing)[~made]), _share((picked.said == nothing)[~known]),
            ])  # fmt: skip
        found_means: list[float] = np.nanmean(np.array(table), axis=0).tolist()
        return found_means

    names = (
        "closed_set_accuracy", "auroc_known_unknown", "open_set_f1", "unknown_named", "known_named",
        "right_of_known_named", "nothing_named",
        "nothing_found", "unknown_taken_for_nothing",
    )  # fmt: skip
    drawn = np.array([measured(rng.multinomial(count, np.full(count, 1 / count))) for _ in range(replicates)])
    low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    return {
        name: {"value": value, "low": float(low[at]), "high": float(high[at])}
        for at, (name, value) in enumerate(zip(names, measured(None), strict=True))
    }
