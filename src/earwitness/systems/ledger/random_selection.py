"""The experiment behind random selection's claim: is a random half of a vector as good as all of it?"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import msgspec
import polars as pl
import torch

import earwitness
from earwitness.corpora.corpus import Corpus
from earwitness.encoders.encoder import Encoder
from earwitness.errors import BadInput
from earwitness.systems.ledger.entry import (
    Difference,
    Entry,
    Measured,
    Published,
    Verdict,
    data_of,
    judged,
    spent,
)
from earwitness.systems.ledger.selection_accuracy import accuracies, accuracy_table
from earwitness.systems.ledger.selection_costs import cost_table, costs_of, dimension_of
from earwitness.systems.ledger.variants import Variant, pick, run_folder, run_variants
from earwitness.systems.recipes import recipes_of
from earwitness.systems.registry import system
from earwitness.systems.selection_cost import HeadCost
from earwitness.systems.selection_picture import Spread, errors_picture
from earwitness.training.experiment import Progress
from earwitness.training.randomness import generator
from earwitness.training.recipe import View
from earwitness.training.run import plain
from earwitness.whole_file import write_whole

CLAIM = (
    "a random 40 to 50 % of a vector's values is as good as all of them and better than PCA, SVD, kernel PCA "
    "and Gaussian projection, at about half the parameters and time"
)
RIVALS = ("pca", "svd", "kernel-pca", "gaussian")
"""The paper's; the others are controls of ours."""
CONTROLS = ("pca-standardised", "variance", "anova", "block", "mean-pool")
MARGIN = 0.02
"""Of EER within which a half is as good as the whole; set before the runs."""
FOLDS = {
    "source-disjoint folds": "speaker-folds:3,validation-by=speaker",
    "random folds": "random-folds:3,validation-by=speaker",
}
PUBLISHED = (
    Published(
        what="random selection to all values", metric="parameters and inference time, relative", value=-0.5,
        on="environmental audio deepfakes", source="abstract, 'almost over half'",
    ),
)  # fmt: skip


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How large the experiment is; the defaults take about a quarter of an hour on one core.

    Args:
        clips: at most; whole sources are left out beyond.
        shares: kept by further random draws, on source-disjoint folds.
        share: kept by every reducer.
        seeds: of the random draws and of all values, one training for each.
        few: how many seeds the reducers get.
        epochs: at most.
        patience: epochs without a better validation loss.
        encoder: gives the vectors.
        layer: its hidden state; -1 where it has but one.
        head: `fcn` trains in a tenth of the time of `cnn`; costs are those of the CNN either way.
        runs: of which the median latency is taken.
        controls: reducers beside the paper's four.
        folds: kinds of folds; the first one gets the further draws.
    """

    clips: int = 1000
    shares: tuple[float, ...] = (0.1, 0.25, 0.4, 0.75, 0.9)
    share: float = 0.5
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    few: int = 3
    epochs: int = 30
    patience: int = 5
    head: Literal["fcn", "cnn"] = "fcn"
    encoder: str = "whisper-base"
    layer: int = 6
    runs: int = 200
    controls: tuple[str, ...] = CONTROLS
    folds: tuple[str, ...] = tuple(FOLDS)


def reproduce(
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    *,
    size: Size = Size(),  # noqa: B008 - frozen
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> Entry:
    """Train heads on random parts of a vector and on what every other reducer leaves, and measure costs.

    Args:
        corpus: sounds with `label`, such as the part `environment` of open-voices.
        store: folder of the store.
        out: folder that gets a run for each setting, `errors.svg`, `accuracy.svg` and `costs.svg`.
        size: of the experiment.
        encoders: view -> encoder, where it is at hand (the view is called "first").
        progress: called with (what, done, of how many).

    Returns:
        The ledger's entry.

    Raises:
        BadInput: when the corpus has no labels, or a folder holds another run.
    """
    began = time.monotonic()
    place = sounds(corpus, Path(out) / "sounds", size.clips)
    layers = () if size.layer < 0 else (size.layer,)
    view = View(name="first", input="vector", encoder=size.encoder, layers=layers)
    method = system("random-selection")
    known = recipes_of(method)

    def variant(few: bool, **changes: object) -> Variant:
        recipe = msgspec.structs.replace(
            known["default" if size.head == "cnn" else "fcn"], views=(view,), epochs=size.epochs,
            patience=size.patience,
            seeds=size.seeds[: size.few] if few else size.seeds, share=size.share, **changes,
        )  # fmt: skip
        return Variant(system=method, recipe=recipe)

    half = f"random {size.share:.0%}"
    main = {half: variant(False), "all": variant(False, reducer="none")}
    for name in (*RIVALS, *size.controls):
        changes: dict[str, object] = {"reducer": name}
        if name == "pca-standardised":
            changes = {"reducer": "pca", "standardise_after": True}
        main[name] = variant(True, **changes)
    more = {
        f"random {share:.0%}": Variant(
            system=method, recipe=msgspec.structs.replace(main[half].recipe, share=share)
        )
        for share in size.shares
    }
    folds = {name: FOLDS[name] for name in size.folds}
    (first, protocol), *others = folds.items()
    rows, differences = run_variants(main, place, store, out, folds, encoders=encoders, progress=progress)
    further: list[Measured] = []
    if more:
        further, _ = run_variants(
            more, place, store, out, {first: protocol}, encoders=encoders, progress=progress
        )
    spreads = {
        one.what: Spread(share=1.0 if one.what == "all" else size.share, seeds=tuple(one.seeds.values()))
        for one in rows
        if one.on == first
    }
    random = [spreads[half]] + [
        Spread(share=share, seeds=tuple(one.seeds.values()))
        for share, one in zip(size.shares, further, strict=True)
    ]
    table = Corpus.read(place)
    right = {
        one.what: accuracies(run_folder(out, first, one.what)) for one in (*rows, *further) if one.on == first
    }

    def picture(file: str, y: str, of: Callable[[str, Spread], Spread], more: str = "") -> None:
        drawn = errors_picture(
            [of(half if one.share == size.share else f"random {one.share:.0%}", one) for one in random],
            of("all", spreads["all"]),
            {name: of(name, spreads[name]) for name in (*RIVALS, *size.controls)},
            title="How much of a vector is needed", y=y,
            subtitle=f"{size.encoder}, {size.head.upper()} head, {len(table)} environmental sounds, {first}"
            + more,
        )  # fmt: skip
        write_whole(Path(out) / file, drawn.encode())

    picture("errors.svg", "EER", lambda _, one: one)
    picture(
        "accuracy.svg", "accuracy",
        lambda name, one: Spread(share=one.share, seeds=tuple(a.accuracy for a in right[name])),
        f"; the larger class is {right['all'][0].usual:.3f}",
    )  # fmt: skip
    recipe = msgspec.structs.replace(method.RECIPE, views=(view,))
    dimension = dimension_of(run_folder(out, first, half))
    costs, words = costs_of(recipe, dimension, size.share, size.shares, size.runs)
    write_whole(Path(out) / "costs.svg", words.encode())
    return Entry(
        name="random-selection", paper=method.PAPER, claim=CLAIM, published=PUBLISHED,
        measured=(*rows, *further), differences=tuple(differences),
        verdicts=verdicts(differences, costs, half, [first, *(name for name, _ in others)]),
        tables=(cost_table(costs), accuracy_table(right, first)),
        data=data_of(
            table,
            "sounds of games, as they are and resynthesised by six means; what is made of one sound is "
            "one source, which is resampled whole",
        ),
        seeds=size.seeds, size=plain(size), seconds=spent(began, (*rows, *further)),
        threads=torch.get_num_threads(), version=earwitness.__version__,
        notes=(
            f"Errors are those of the {size.head.upper()} head, costs those of the CNN head.",
            "The fakes are resynthesised, not generated: another task than the paper's, whose data are not "
            "established.",
            "A random half is called as good as all values where the paired interval of its EER minus theirs "
            f"ends below +{MARGIN}.",
        ),
    )  # fmt: skip


def sounds(corpus: str | Path, folder: Path, most: int) -> Path:
    """A table of sounds whose sources stand in the place of speakers, so that these are kept apart.

    Args:
        corpus: with `label`; where it has parts, the environment.
        folder: gets `corpus.parquet`, which points at the same files.
        most: clips; sources are drawn whole.

    Raises:
        BadInput: when there are no labelled sounds.
    """
    made = folder / "corpus.parquet"
    if made.exists():
        return folder
    given = Corpus.read(corpus)
    table = given.table
    if "part" in table.columns:
        table = table.filter(pl.col("part") == "environment")
    if "label" not in table.columns or not len(table) or given.root is None:
        raise BadInput("holds no sounds with a column 'label'", where=str(corpus))
    table = table.with_columns(pl.col("group").alias("speaker"))
    counts = {str(name): int(rows) for name, rows in table.group_by("group").len().sort("group").iter_rows()}
    kept, total = [], 0
    for at in generator("sounds").permutation(len(counts)):
        name = list(counts)[at]
        if total + counts[name] <= most:
            kept.append(name)
            total += counts[name]
    folder.mkdir(parents=True, exist_ok=True)
    Corpus(table.filter(pl.col("group").is_in(kept)), given.name).write(made, given.root)
    return folder


def verdicts(
    differences: list[Difference], costs: Mapping[str, HeadCost], half: str, folds: list[str]
) -> tuple[Verdict, ...]:
    """What is left of the claim, part by part.

    Args:
        differences: of the random half minus the others.
        costs: of the heads.
        half: name of the random half.
        folds: kinds of folds.
    """
    found = []
    for on in folds:
        one = pick(differences, "all", on)
        within = one.high < MARGIN
        found.append(
            Verdict(
                claim=f"half of the values are as good as all ({on})",
                word="reproduced" if within else "direction only" if one.value < MARGIN else "not reproduced",
                because=f"EER minus that of all values {one.value:+.4f} [{one.low:+.4f}, {one.high:+.4f}], "
                f"n = {one.n:,}",
            )
        )
        found += [
            judged(f"a random half errs less than {rival} ({on})", pick(differences, rival, on))
            for rival in RIVALS
        ]
    part = costs[half].parameters / costs["all"].parameters
    time_part = {
        size: costs[half].milliseconds[size] / costs["all"].milliseconds[size] for size in ("1", "64")
    }
    found.append(
        Verdict(
            claim="parameters and time are about halved",
            word="reproduced" if part <= 0.55 and time_part["64"] <= 0.625 else "direction only",
            because=f"parameters {part:.2f}, time of a clip {time_part['1']:.2f}, of 64 clips "
            f"{time_part['64']:.2f} of those of all values",
        )
    )
    return tuple(found)
