"""The experiment behind FINDER's claim: do two encoders, aligned, tell generators better than apart?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import msgspec
import numpy as np
import torch

import earwitness
from earwitness.corpora.corpus import Corpus
from earwitness.encoders.encoder import Encoder
from earwitness.systems.ledger.drawn import drawn
from earwitness.systems.ledger.entry import Entry, Published, Table, data_of, judged, spent
from earwitness.systems.ledger.variants import Variant, measured, pick, run_folder, run_variants
from earwitness.systems.merged_classes import SAME_ALGORITHM, merged
from earwitness.systems.registry import system
from earwitness.systems.running import read_run
from earwitness.training.experiment import Progress
from earwitness.training.primary import PRIMARY, primary_of
from earwitness.training.recipe import View
from earwitness.training.run import plain
from earwitness.training.trial_scores import read_run_scores

CLAIM = "two encoders aligned by Renyi divergence name the generator better than concatenated or alone"
HELD_BACK = "texts and source clips held back"
RANDOM = "random folds"
PUBLISHED = (
    Published(
        what="Whisper + x-vector, aligned", metric="accuracy", value=0.9891,
        on="ASVspoof 2019 LA, 19 generators, 5 folds", source="as a later system of its authors quotes it",
    ),
    Published(
        what="Whisper + x-vector, aligned", metric="class_eer", value=0.0026,
        on="ASVspoof 2019 LA, 19 generators, 5 folds", source="as a later system of its authors quotes it",
    ),
    Published(
        what="Whisper + x-vector, aligned", metric="accuracy", value=0.9901, on="CFAD, 12 generators",
        source="as a later system of its authors quotes it",
    ),
)  # fmt: skip


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How large the experiment is.

    Args:
        clips: drawn alike from every generator.
        seeds: one training for each.
        folds: of texts and source clips, and at random.
        epochs: at most.
        first: encoder of the first view.
        layer: its hidden state; `None` for encoders without.
        second: encoder of the second view.
        filters: of the convolutional blocks; half of the system's own, so that it fits the hour.
        width: of the layer after them.
    """

    clips: int = 700
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    folds: int = 3
    epochs: int = 15
    first: str = "whisper-base"
    layer: int | None = 3
    second: str = "ge2e"
    filters: tuple[int, ...] = (16, 32)
    width: int = 128


def reproduce(
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    *,
    size: Size = Size(),  # noqa: B008 - frozen
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> Entry:
    """Train FINDER, its concatenation and each encoder alone on the same folds.

    Args:
        corpus: open-voices with its speech part; rows with a generator are drawn from.
        store: folder of the store.
        out: folder that gets the drawn clips and a run for each setting.
        size: of the experiment.
        encoders: view -> encoder, for those at hand (the views are called "first" and "second").
        progress: called with (what, done, of how many).

    Returns:
        The ledger's entry.

    Raises:
        BadInput: when the corpus cannot be cut so, or a folder holds another run.
    """
    began = time.monotonic()
    clips = drawn(corpus, Path(out) / "clips", by="engine", clips=size.clips)
    table = Corpus.read(clips)
    folds = {
        HELD_BACK: f"group-folds:{size.folds},label=engine,allow=speaker,validation-by=group",
        RANDOM: f"random-folds:{size.folds},label=engine,validation-by=group",
    }
    variants = settings(size)
    rows, differences = run_variants(
        variants, clips, store, Path(out) / "runs", folds, encoders=encoders, progress=progress
    )
    more = []
    for on, name in product(folds, variants):
        run = run_folder(Path(out) / "runs", on, name)
        _, target = primary_of(msgspec.structs.replace(read_run(run).task, primary="accuracy"))
        errors = measured(name, on, run, metric="class_eer")
        parts = read_run_scores(run, target).values()
        merges = set(SAME_ALGORITHM) & set(target.classes)
        together = [
            float((sums.argmax(1) == truth).mean())
            for part in parts for one in part.scores.values()
            for truth, sums, _ in [merged(part.truth, one, target.classes)]
        ]  # fmt: skip
        worst = min(
            target.classes,
            key=lambda name: np.mean([recall(part.truth, one, target.classes.index(name))
                                      for part in parts for one in part.scores.values()]),
        )  # fmt: skip
        more.append((
            on, name, f"{errors.value:.4f} [{errors.low:.4f}, {errors.high:.4f}]",
            f"{np.mean(together):.3f}" if merges else "no such pair", worst,
        ))  # fmt: skip
    return Entry(
        name="finder", paper=system("finder").PAPER, claim=CLAIM, published=PUBLISHED,
        measured=tuple(rows), differences=tuple(differences),
        verdicts=tuple(
            judged(f"aligned names the generator better than {other}, {on}", pick(differences, other, on))
            for on in folds for other in ("concat", f"{size.first} alone", f"{size.second} alone")
        ),
        tables=(
            Table(
                title="Errors by class, mean of one against the rest",
                columns=("folds", "setting", PRIMARY["class_eer"].name, "accuracy, same algorithms as one",
                         "generator recalled least"),
                rows=tuple(more),
            ),
        ),
        data=data_of(
            table,
            "real engines of open-voices: formant, concatenative, small neural and resynthesis",
            name="open-voices",
        ),
        seeds=size.seeds, size=plain(size), seconds=spent(began, rows),
        threads=torch.get_num_threads(), version=earwitness.__version__,
        notes=("the second encoder is GE2E, where the paper has the x-vector of VoxCeleb",),
    )  # fmt: skip


def recall(truth: np.ndarray, scores: np.ndarray, at: int) -> float:
    """Share of a class that was named right; 1 where it is not there."""
    rows = truth == at
    return float((scores[rows].argmax(1) == at).mean()) if rows.any() else 1.0


def settings(size: Size) -> dict[str, Variant]:
    """Name -> setting: aligned, concatenated, each encoder alone under a CNN and under dense layers."""
    finder = system("finder")
    views = (
        View(
            name="first", input="vector", encoder=size.first,
            layers=() if size.layer is None else (size.layer,),
        ),
        View(name="second", input="vector", encoder=size.second),
    )  # fmt: skip
    common = {"epochs": size.epochs, "patience": 4, "seeds": size.seeds}
    small = {"filters": size.filters, "width": size.width}
    found = {
        "aligned": Variant(
            system=finder, recipe=msgspec.structs.replace(finder.RECIPE, views=views, **common, **small)
        ),
        "concat": Variant(
            system=finder,
            recipe=msgspec.structs.replace(finder.RECIPES["concat"], views=views, **common, **small),
        ),
    }
    for view in views:
        for kind, name in (("cnn", "alone"), ("fcn", "alone, dense")):
            one = system(kind)
            filters = size.filters if kind == "cnn" else ()
            found[f"{view.encoder} {name}"] = Variant(
                system=one,
                recipe=msgspec.structs.replace(
                    one.RECIPE, views=(view,), target="engine", filters=filters, **common
                ),
            )
    return found
