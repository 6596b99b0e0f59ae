"""Figures of runs over rounds and seeds, best and mean, with intervals, alone and beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from earwitness.errors import BadInput
from earwitness.metrics.few_errors import FEW, eer_bounds
from earwitness.training.frame_draws import frame_draws, over_rounds
from earwitness.training.primary import Primary
from earwitness.training.trial_scores import RoundScores

Rounds = Mapping[str, RoundScores]
MANY_TRIALS = 50_000
"""Above, a tenth of the replicates is drawn: the ends of the interval are then steady enough."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with its interval.

    Args:
        value: the figure.
        low: lower end of the 95 % interval.
        high: upper end.
        n: trials; one that several rounds test counts in each.
        clusters: speakers and voices that were resampled whole.
        notes: what a reader must know before believing it.
    """

    value: float
    low: float
    high: float
    n: int
    clusters: int
    notes: tuple[str, ...] = ()


class RunFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a run reached: the mean over its rounds, for each seed, for the best and as a mean over seeds.

    Args:
        metric: name of the figure.
        lower: whether a lower figure is better.
        seeds: seed -> figure.
        rounds: round -> mean over the seeds.
        best: of the best seed, chosen on the test trials: the way papers report, and bright.
        best_seed: which it was.
        mean: mean over the seeds.
        spread: standard deviation over the seeds.
    """

    metric: str
    lower: bool
    seeds: dict[str, Figure]
    rounds: dict[str, float]
    best: Figure
    best_seed: int
    mean: Figure
    spread: float


def run_figures(rounds: Rounds, metric: Primary, *, replicates: int = 1000, seed: int = 0) -> RunFigures:
    """Figures of a run.

    Speakers and voices are drawn whole, once for all rounds and seeds, so that what these share counts
    once. What the interval says is about other trials of the same kind, not about other seeds.

    Args:
        rounds: round -> scores.
        metric: the figure.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Raises:
        BadInput: when rounds have different seeds, or a round's test rows lack a class.

    Example:
        >>> from earwitness.training.primary import PRIMARY
        >>> scores = {0: np.array([2.0, 1, 0, -1]), 1: np.array([2.0, 0, 1, -1])}
        >>> part = RoundScores(ids=tuple("abcd"), truth=np.array([1, 1, 0, 0]),
        ...                    cluster=np.array(list("abcd")), scores=scores)
        >>> found = run_figures({"official": part}, PRIMARY["eer"])
        >>> found.best.value, found.mean.value, found.best_seed
        (0.0, 0.25, 0)
    """
    seeds = _seeds(rounds)
    value = _table([rounds], metric, [seeds], None)[0]
    if metric.kind == "frames":
        each_drawn = over_rounds(frame_draws(rounds, seeds, replicates=replicates, seed=seed))
    else:
        each_drawn = _resampled(
            rounds, lambda pick, weight: _over_rounds(_table([rounds], metric, [seeds], pick)[0], weight),
            binary=metric.kind == "binary", replicates=replicates, seed=seed,
        )  # fmt: skip
    each = value.mean(0)
    figures = {str(one): _figure(each[at], each_drawn[:, at], rounds, metric) for at, one in enumerate(seeds)}
    best = int(each.argmin() if metric.lower else each.argmax())
    return RunFigures(
        metric=metric.name,
        lower=metric.lower,
        seeds=figures,
        rounds={name: float(mean) for name, mean in zip(rounds, value.mean(1), strict=True)},
        best=figures[str(seeds[best])],
        best_seed=seeds[best],
        mean=_figure(each.mean(), each_drawn.mean(1), rounds, metric),
        spread=float(each.std(ddof=1)) if len(seeds) > 1 else 0.0,
    )


def run_difference(
    first: Rounds, other: Rounds, metric: Primary, *, replicates: int = 1000, seed: int = 0
) -> Figure:
    """How much the mean over seeds and rounds of one run exceeds that of another, on the same trials.

    Both are resampled together, so that what they share cancels.

    Args:
        first: round -> scores.
        other: the same of the other run.
        metric: the figure.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        First minus other.

    Raises:
        BadInput: when rounds or trials are not the same.
    """
    if list(first) != list(other) or any(first[name].ids != other[name].ids for name in first):
        raise BadInput(
            "the runs were not tested on the same trials in the same rounds; compare like with like"
        )
    if any((first[name].truth != other[name].truth).any() for name in first):
        raise BadInput("the runs do not agree about the truth of a trial")
    pair, seeds = [first, other], [_seeds(first), _seeds(other)]

    def difference(pick: Sequence[np.ndarray] | None, weight: np.ndarray | None = None) -> float:
        ours, theirs = (_over_rounds(one, weight) for one in _table(pair, metric, seeds, pick))
        return float(ours.mean() - theirs.mean())

    if metric.kind == "frames":
        ours, theirs = (
            over_rounds(frame_draws(run, own, replicates=replicates, seed=seed)).mean(1)
            for run, own in zip(pair, seeds, strict=True)
        )
        return _figure(difference(None), ours - theirs, first, None)
    drawn = _resampled(first, difference, binary=metric.kind == "binary", replicates=replicates, seed=seed)
    return _figure(difference(None), drawn, first, None)


def _seeds(rounds: Rounds) -> list[int]:
    seeds = [sorted(part.scores) for part in rounds.values()]
    if not seeds or any(one != seeds[0] for one in seeds):
        raise BadInput("not every round has every seed; finish the run first")
    return seeds[0]


def _table(
    runs: Sequence[Rounds],
    metric: Primary,
    seeds: Sequence[Sequence[int]],
    picks: Sequence[np.ndarray] | None,
) -> list[np.ndarray]:
    """Each run's figures, (rounds, seeds), on the trials that were drawn."""
    tables = []
    for rounds, own in zip(runs, seeds, strict=True):
        table = np.empty((len(rounds), len(own)))
        for i, part in enumerate(rounds.values()):
            for j, seed in enumerate(own):
                truth, scores = part.truth, part.scores[seed]
                if picks is not None:
                    truth, scores = truth[picks[i]], scores[picks[i]]
                if not len(truth):
                    table[i, j] = np.nan
                    continue
                table[i, j] = metric.figure(truth, scores)
        tables.append(table)
    return tables


def _codes(rounds: Rounds) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Cluster number of each round's trials, and the clusters of each stratum (class of the truth)."""
    known: dict[tuple[float, str], int] = {}
    codes = []
    for part in rounds.values():
        classes = part.truth if part.truth.dtype.kind == "i" else np.zeros(len(part.truth))
        names = part.cluster
        own = [name or f"\0{one}" for name, one in zip(names, part.ids, strict=True)]
        pairs = zip(classes.tolist(), own, strict=True)
        codes.append(np.array([known.setdefault(pair, len(known)) for pair in pairs], np.int64))
    strata: dict[float, list[int]] = {}
    for (one, _), number in known.items():
        strata.setdefault(one, []).append(number)
    return codes, [np.array(numbers) for numbers in strata.values()]


def _over_rounds(table: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Mean over the rounds of (rounds, seeds); with weights, over those that were drawn."""
    if weight is None:
        return np.asarray(table.mean(0))
    there = weight > 0
    return np.asarray(np.average(table[there], axis=0, weights=weight[there]))


def _named(rounds: Rounds) -> list[str]:
    return [str(name) for part in rounds.values() for name in part.cluster]


def _whole_speakers(
    rounds: Rounds, statistic: Callable[[Sequence[np.ndarray], np.ndarray], Any], replicates: int, seed: int
) -> list[Any]:
    """As `_resampled`, where a round has so few speakers that most draws would miss all of them.

    Speakers are drawn once for all classes, and a round counts by the share of it that was drawn: with one
    speaker a round this is the bootstrap over speakers.
    """
    names = [
        [name or f"\0{one}" for name, one in zip(part.cluster, part.ids, strict=True)]
        for part in rounds.values()
    ]
    known = {name: at for at, name in enumerate(dict.fromkeys(name for own in names for name in own))}
    codes = [np.array([known[name] for name in own]) for own in names]
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(replicates):
        weight = generator.multinomial(len(known), np.full(len(known), 1 / len(known)))
        picks = [np.repeat(np.arange(len(code)), weight[code]) for code in codes]
        shares = np.array([len(pick) / len(code) for pick, code in zip(picks, codes, strict=True)])
        drawn.append(statistic(picks, shares))
    return drawn


def _resampled(
    rounds: Rounds, statistic: Callable[[Sequence[np.ndarray], np.ndarray | None], Any], *, binary: bool,
    replicates: int, seed: int,
) -> np.ndarray:  # fmt: skip
    """A statistic of each round's drawn trials, by replicate; draws without a class are left out."""
    codes, strata = _codes(rounds)
    count = sum(map(len, strata))
    generator = np.random.default_rng(seed)
    if sum(map(len, codes)) > MANY_TRIALS:
        replicates = max(replicates // 10, 100)
    drawn = []
    classes = [set(np.unique(part.truth).tolist()) for part in rounds.values()]
    for _ in range(replicates):
        weight = np.zeros(count, np.int64)
        for members in strata:
            weight[members] = generator.multinomial(len(members), np.full(len(members), 1 / len(members)))
        picks = [np.repeat(np.arange(len(code)), weight[code]) for code in codes]
        whole = all(
            part.truth.dtype.kind != "i" or set(np.unique(part.truth[pick]).tolist()) == there
            for part, pick, there in zip(rounds.values(), picks, classes, strict=True)
        )
        if whole and all(map(len, picks)):
            drawn.append(statistic(picks, None))
    if len(drawn) < replicates // 20 + 1 and not binary and len(set(_named(rounds))) > 1:
        drawn = _whole_speakers(rounds, statistic, replicates, seed)
    if len(drawn) < replicates // 20 + 1:
        raise BadInput("has too few speakers and voices for an interval", where="scores")
    return np.stack(drawn)


def _figure(value: float, drawn: np.ndarray, rounds: Rounds, metric: Primary | None) -> Figure:
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    _, strata = _codes(rounds)
    notes = []
    fewest = min(map(len, strata))
    if fewest < FEW:
        notes.append(f"only {fewest} clusters of a class: the interval is not to be relied on")
    if metric is not None and metric.kind == "binary":
        real = sum(int((part.truth == 1).sum()) for part in rounds.values())
        fake = sum(int((part.truth == 0).sum()) for part in rounds.values())
        bounds = eer_bounds(float(value), real, fake, 0.95)
        if bounds is not None:
            low, high = min(low, bounds[0]), max(high, bounds[1])
            notes.append(f"fewer than {FEW} errors on a side: widened to exact binomial bounds")
    return Figure(
        value=float(value),
        low=float(min(low, value)),
        high=float(max(high, value)),
        n=sum(len(part.truth) for part in rounds.values()),
        clusters=sum(map(len, strata)),
        notes=tuple(notes),
    )
