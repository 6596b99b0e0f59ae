"""The experiment behind DPDA's claim, on open speech: do clean and augmented gradients conflict?"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from scipy import stats

import earwitness
from earwitness.corpora.corpus import Corpus
from earwitness.encoders.corpus_segments import segments_of
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.store import Store
from earwitness.systems.ledger.entry import Difference, Entry, Measured, Published, Verdict, judged, spent
from earwitness.systems.ledger.held_back import (
    ON,
    held_back_data,
    held_back_protocol,
    held_back_rounds,
    train_variants,
)
from earwitness.systems.ledger.variants import Variant, difference, measured
from earwitness.systems.registry import system
from earwitness.systems.running import read_run
from earwitness.training.aligning import AlignGradients
from earwitness.training.experiment import Progress
from earwitness.training.run import plain
from earwitness.training.views import open_views

CLAIM = (
    "gradients of clean and augmented speech conflict in a quarter of the steps; aligning them makes "
    "conflicts rarer, training shorter and errors fewer"
)
ALIGNED, PLAIN = "pcgrad", "no alignment"
CONFLICTS, RELATIVE = 0.25, 0.1869
_STEPS, _BEST = "share of steps in conflict", "epoch of the best validation loss"
PUBLISHED = tuple(
    Published(what=what, metric=metric, value=value, on=on, source=source)
    for what, metric, value, on, source in (
        (PLAIN, _STEPS, CONFLICTS, "ASVspoof 2019 LA", "analysis"),
        (PLAIN, _BEST, 14, "ASVspoof 2019 LA", "analysis"),
        (ALIGNED, _BEST, 4, "ASVspoof 2019 LA", "analysis"),
        (PLAIN, "EER, %", 7.97, "In-the-Wild", "table 1"),
        (ALIGNED, "EER, %", 6.48, "In-the-Wild", "table 1"),
        (PLAIN, "EER, %", 2.11, "ASVspoof 2021 DF", "table 1"),
        (ALIGNED, "EER, %", 1.81, "ASVspoof 2021 DF", "table 1"),
    )
)
GROUPS = {
    "convolutions": r"^front\..*conv",
    "block 1": r"^front\..*(layers|blocks)\.0\.",
    "block 2": r"^front\..*(layers|blocks)\.1\.",
    "back end": r"^(body|layers)\.",
}
"""Parameters by depth, for the conflict rate of each."""


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How large the experiment is.

    Args:
        rounds: spoof families that are held back, each with one third of the languages.
        clips: training clips of a round, half of them bona fide.
        validation_clips: for the best epoch, never augmented.
        test_clips: of a round.
        epochs: through the training clips; all are run, the best on the validation clips is kept.
        seeds: one training for each.
        samples: of a clip at 16 kHz; longer is cut, shorter repeated.
        encoder: trained with the back end.
        layer: after which it ends.
        weights: where the encoder's are; looked for in the usual places when `None`.
        joint: both paths in one forward pass, as published.
    """

    rounds: int = 2
    clips: int = 160
    validation_clips: int = 80
    test_clips: int = 240
    epochs: int = 10
    seeds: tuple[int, ...] = (1, 2, 3)
    samples: int = 16_000
    encoder: str = "whisper-tiny.en"
    layer: int = 2
    weights: str | None = None
    joint: bool = True


def reproduce(
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    *,
    size: Size = Size(),  # noqa: B008 - frozen
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> Entry:
    """Train on a clean and an augmented path, with and without alignment, on the same rounds.

    Args:
        corpus: open-voices.
        store: folder of the store; nothing is put there, as the encoder is trained.
        out: folder that gets a run for either.
        size: of the experiment.
        encoders: without effect.
        progress: called with (what, done, of how many).

    Returns:
        The ledger's entry.

    Raises:
        BadInput: when the corpus cannot be cut so, or a folder holds another run.
    """
    del encoders
    began = time.monotonic()
    table, protocol = Corpus.read(corpus), held_back_protocol(validated=True)
    rounds = held_back_rounds(
        table, protocol, rounds=size.rounds, clips=size.clips, test_clips=size.test_clips,
        validation_clips=size.validation_clips,
    )  # fmt: skip
    method = system("dpda")
    recipes = {name: _recipe(method, size, way) for name, way in ((ALIGNED, "pcgrad"), (PLAIN, "mean"))}
    variants = {name: Variant(system=method, recipe=recipe) for name, recipe in recipes.items()}
    with Store(store) as opened:
        views = open_views(recipes[ALIGNED].views, segments_of(corpus), opened)
        runs = train_variants(variants, table, protocol, rounds, views, out, progress=progress)
    rows = [measured(name, ON, run) for name, run in runs.items()]
    errors = difference(ALIGNED, runs[ALIGNED], PLAIN, runs[PLAIN], ON)
    rates, rarer = by_training(runs, _STEPS, partial(_mean, name="conflict"))
    best, sooner = by_training(runs, _BEST, _best)
    by_depth = [
        by_training({PLAIN: runs[PLAIN]}, f"{_STEPS}, {group}", partial(_mean, name=f"conflict {group}"))
        for group in GROUPS
    ]
    baseline = next(row.value for row in rows if row.what == PLAIN)
    return Entry(
        name="dpda", paper=method.PAPER, claim=CLAIM, published=PUBLISHED,
        measured=(
            *rows, *rates.values(), *best.values(), *(found[PLAIN] for found, _ in by_depth)
        ),
        differences=(errors, *rarer, *sooner),
        verdicts=(
            conflict_verdict(rates[PLAIN]),
            judged("conflicts are rarer with PCGrad", rarer[0]),
            sooner_verdict(
                judged("the best epoch comes sooner with PCGrad", sooner[0]), best[PLAIN], size.epochs
            ),
            judged("18.69 % relatively lower EER with PCGrad", errors, least=RELATIVE * baseline or 1.0),
        ),
        data=held_back_data(table, protocol, rounds), seeds=size.seeds, size=plain(size),
        seconds=spent(began, rows), threads=torch.get_num_threads(),
        version=earwitness.__version__,
        notes=(
            f"{size.encoder} up to its block {size.layer}, trained with Nes2Net behind it, on {size.clips} "
            f"clips of {size.samples / 16_000:g} s a round; RawBoost 4 on the second path",
            "intervals of conflict rates and best epochs are Student's over the trainings "
            f"({len(rounds)} rounds x {len(size.seeds)} seeds)",
        ),
    )  # fmt: skip


def _recipe(method: Any, size: Size, way: str) -> Any:
    view = msgspec.structs.replace(method.RECIPE.views[0], length=size.samples)
    return msgspec.structs.replace(
        method.RECIPE, views=(view,), encoder=size.encoder, weights=size.weights, layers=(size.layer,),
        joint=size.joint, epochs=size.epochs, patience=None, seeds=size.seeds,
        step=AlignGradients(method=way, groups=GROUPS),
    )  # fmt: skip


def sooner_verdict(found: Verdict, best: Measured, epochs: int) -> Verdict:
    """Not tested where trainings without alignment end while they still get better.

    Args:
        found: what the difference of the best epochs says.
        best: epoch of the best validation loss without alignment, mean over trainings.
        epochs: that were run.
    """
    if best.value <= 0.9 * epochs:
        return found
    told = f"without alignment the best of {epochs} epochs was epoch {best.value:.1f} in the mean: cut off"
    return msgspec.structs.replace(found, word="not tested", because=told)


def _mean(training: Mapping[str, Any], name: str) -> float:
    return float(np.mean([point[name] for point in training["curves"]]))


def _best(training: Mapping[str, Any]) -> float:
    return float(training["best_epochs"]["all"])


def by_training(
    runs: Mapping[str, Path], metric: str, figure: Callable[[Mapping[str, Any]], float]
) -> tuple[dict[str, Measured], list[Difference]]:
    """A figure of each training, lower = better: its mean for each run, and the first run minus each other.

    Args:
        runs: name -> folder, all of the same rounds and seeds.
        metric: what the figure is called.
        figure: of a training's record, with its `curves`.
    """
    values, rows = {}, {}
    for name, folder in runs.items():
        trainings = [
            one | {"curves": msgspec.json.decode((Path(one["folder"]) / "curves.json").read_bytes())}
            for one in read_run(folder).trainings
        ]
        found = np.array([figure(one) for one in trainings])
        seeds = np.array([one["seed"] for one in trainings])
        of_seed = {str(seed): float(found[seeds == seed].mean()) for seed in np.unique(seeds)}
        values[name] = found
        low, high = student(values[name])
        rows[name] = Measured(
            what=name, on=ON, metric=metric, lower=True, value=float(values[name].mean()), low=low, high=high,
            n=len(trainings), best=min(of_seed.values()), seeds=of_seed,
            parameters=int(trainings[0]["parameters"]),
            seconds=round(sum(one["seconds"] for one in trainings), 1),
        )  # fmt: skip
    first, *others = values
    differences = []
    for other in others:
        gap = values[first] - values[other]
        low, high = student(gap)
        gap_row = Difference(
            first=first, other=other, on=ON, metric=metric, lower=True, value=float(gap.mean()), low=low,
            high=high, n=len(gap),
        )  # fmt: skip
        differences.append(gap_row)
    return rows, differences


def student(values: np.ndarray) -> tuple[float, float]:
    """Student's 95 % interval of a mean; of one value, itself.

    Args:
        values: (n,).

    Example:
        >>> [round(end, 3) for end in student(np.array([0.1, 0.2, 0.3]))]
        [-0.048, 0.448]
    """
    mean = float(values.mean())
    if len(values) < 2:
        return mean, mean
    half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)
    return mean - half, mean + half


def conflict_verdict(rate: Measured) -> Verdict:
    """Reproduced: from half to twice the published rate. Direction only: the interval lies above 0."""
    near = CONFLICTS / 2 <= rate.value <= CONFLICTS * 2
    return Verdict(
        claim="clean and augmented gradients conflict in about 25 % of the steps without alignment",
        word="reproduced" if near else "direction only" if rate.low > 0 else "not reproduced",
        because=f"in {rate.value:.1%} [{rate.low:.1%}, {rate.high:.1%}] of the steps of {rate.n} trainings",
    )
