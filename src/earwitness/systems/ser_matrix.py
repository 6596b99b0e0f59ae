"""A matrix of corpora for each encoder and head: trained on the row, tested on the column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
from scipy.stats import rankdata

from earwitness.corpora.corpus import Corpus, require_columns
from earwitness.corpora.protocols.label_space import SPACES, LabelTable, intersect
from earwitness.encoders.encoder import Encoder
from earwitness.errors import BadInput
from earwitness.systems.cross_corpus_ser import CrossCorpusRecipe
from earwitness.systems.recipes import chosen_recipe
from earwitness.systems.registry import system
from earwitness.systems.running import read_run, run_system
from earwitness.training.experiment import Progress
from earwitness.training.primary import PRIMARY, primary_of
from earwitness.training.run_figures import Figure, run_figures
from earwitness.training.trial_scores import RoundScores, read_run_scores

METRICS = ("accuracy", "macro_f1")
REPLICATES = 400


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """One encoder with one head.

    Args:
        encoder: as named.
        head: recipe of `cross-corpus-ser`; `default` is the FCN.
        cells: metric -> (corpora, corpora) figures; the diagonal is folds inside the corpus.
        cross: metric -> mean off the diagonal.
        same: metric -> mean of the diagonal.
        degradation: metric -> same minus cross.
        rank: mean rank by accuracy among the encoders of this head over all pairs, 1 = best.
        wins: pairs in which it is the best.
        run: its folder.
    """

    encoder: str
    head: str
    cells: dict[str, list[list[Figure]]]
    cross: dict[str, float]
    same: dict[str, float]
    degradation: dict[str, float]
    rank: float
    wins: int
    run: str


class Matrices(msgspec.Struct, frozen=True, kw_only=True):
    """All matrices of an experiment.

    Args:
        corpora: names, in the order of rows and columns.
        classes: the shared labels.
        labels: how those of each pair were brought together.
        folds: inside each corpus, for the diagonal.
        seeds: of the trainings.
        matrices: encoder by encoder.
    """

    corpora: tuple[str, ...]
    classes: tuple[str, ...]
    labels: tuple[LabelTable, ...]
    folds: int
    seeds: tuple[int, ...]
    matrices: tuple[Matrix, ...]


def ser_matrices(
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    *,
    encoders: Sequence[str],
    heads: Sequence[str] = ("default", "cnn"),
    label: str = "emotion",
    classes: str = "common",
    merges: Sequence[str] = (),
    folds: int = 5,
    seeds: Sequence[int] = (0,),
    settings: Sequence[str] = (),
    loaded: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> Matrices:
    """Train on each corpus and test on every other, and by folds on itself, for every encoder and head.

    Args:
        corpus: folder of joined corpora (`earwitness corpora join`), with a column `corpus`.
        store: folder of the store.
        out: folder that gets a run for each encoder and head.
        encoders: `NAME` or `NAME:LAYER` each.
        heads: recipes of `cross-corpus-ser`.
        label: column of the emotions.
        classes: `five`, `four`, labels joined by +, or `common`: those that all corpora have.
        merges: labels that count as others ("calm", "excitement").
        folds: speaker-disjoint, inside each corpus.
        seeds: one training for each.
        settings: `key=value` each, of the recipe.
        loaded: encoder by name as in `encoders`, for those at hand.
        progress: called with (what, done, of how many).

    Raises:
        BadInput: when corpora share too few labels, or an encoder or head is not there.
    """
    table = Corpus.read(corpus)
    require_columns(table, ("corpus", label))
    shared = shared_classes(table, label, classes, merges)
    merge = f",merge={'+'.join(merges)}" if merges else ""
    protocol = f"cross-corpus:,classes={'+'.join(shared)},same={folds}{merge}".replace(":,", ",")
    names = tuple(sorted({str(name) for name in table.table["corpus"] if name}))
    method = system("cross-corpus-ser")
    found: list[dict[str, Any]] = []
    labels: list[LabelTable] = []
    for head in heads:
        for encoder in encoders:
            name, _, layer = encoder.partition(":")
            layers = [int(layer)] if layer.isdecimal() else None
            recipe = chosen_recipe(method, head, settings, encoder=name, layers=layers)
            recipe = msgspec.structs.replace(recipe, seeds=tuple(seeds), target=label)
            assert isinstance(recipe, CrossCorpusRecipe)
            (view, *_) = recipe.views

            def tell(what: str, done: int, of: int, encoder: str = encoder, head: str = head) -> None:
                if progress is not None:
                    progress(f"{encoder}, {head}: {what}", done, of)

            place = Path(out) / f"{encoder.replace(':', '-').replace('/', '-')}-{head}"
            run, _ = run_system(
                _Within(method, shared), recipe, corpus, store, place, protocol=protocol,
                encoders={view.name: loaded[encoder]} if loaded and encoder in loaded else None,
                progress=tell,
            )  # fmt: skip
            labels = labels or _labels(run)
            found.append({"encoder": encoder, "head": head, "run": place.name, "cells": _cells(run, names)})
    return Matrices(
        corpora=names, classes=shared, labels=tuple(labels), folds=folds, seeds=tuple(seeds),
        matrices=tuple(_ranked(found)),
    )  # fmt: skip


class _Within:
    """The system, whose classes are the shared ones and not those of any corpus."""

    def __init__(self, method: Any, classes: Sequence[str]) -> None:
        self._method, self._classes = method, tuple(classes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._method, name)

    def task(self, recipe: Any, table: pl.DataFrame) -> Any:
        task = self._method.task(recipe, table)
        first = msgspec.structs.replace(task.targets[0], classes=self._classes)
        return msgspec.structs.replace(task, targets=(first, *task.targets[1:]))


def shared_classes(corpus: Corpus, label: str, classes: str, merges: Sequence[str] = ()) -> tuple[str, ...]:
    """The labels of a matrix.

    Args:
        corpus: joined.
        label: column of the labels.
        classes: `five`, `four`, labels joined by +, or `common`.
        merges: see `ser_matrices`.

    Raises:
        BadInput: when the corpora share fewer than two.
    """
    if classes != "common":
        return tuple(SPACES.get(classes, tuple(classes.split("+"))))
    counts = []
    for (name,), part in corpus.table.group_by("corpus", maintain_order=True):
        column = part[label].cast(pl.String).fill_null("")
        counts.append((str(name), {str(one): int((column == one).sum()) for one in column.unique() if one}))
    if len(counts) < 2:
        raise BadInput("needs two corpora or more; join them first", where=corpus.name)
    first, *others = counts
    found = [set(intersect(first, other, column=label, merges=merges)[0].classes) for other in others]
    shared = tuple(sorted(set.intersection(*found)))
    if len(shared) < 2:
        raise BadInput(f"all corpora share {', '.join(shared) or 'no labels'}; two are needed", where=label)
    return shared


def _labels(run: Path) -> list[LabelTable]:
    records = msgspec.json.decode((run / "rounds.json").read_bytes())
    found = [msgspec.convert(one["labels"], LabelTable) for one in records if one.get("labels")]
    return [one for one in found if one.train != one.test]


def _cells(run: Path, names: Sequence[str]) -> dict[str, list[list[Figure]]]:
    _, target = primary_of(read_run(run).task)
    rounds = read_run_scores(run, target)

    def inside(one: str, other: str) -> dict[str, RoundScores]:
        if one != other:
            return {f"{one} -> {other}": rounds[f"{one} -> {other}"]}
        return {name: part for name, part in rounds.items() if name.startswith(f"{one}, ")}

    return {
        metric: [
            [
                run_figures(inside(one, other), PRIMARY[metric], replicates=REPLICATES).mean
                for other in names
            ]
            for one in names
        ]
        for metric in METRICS
    }  # fmt: skip


def _ranked(found: Sequence[dict[str, Any]]) -> list[Matrix]:
    matrices = []
    for one in found:
        tables = {metric: _values(one["cells"][metric]) for metric in METRICS}
        apart = ~np.eye(len(tables["accuracy"]), dtype=bool)
        rivals = [other for other in found if other["head"] == one["head"]]
        accuracies = np.stack([_values(other["cells"]["accuracy"])[apart] for other in rivals])
        ranks = rankdata(-accuracies, axis=0)[rivals.index(one)]
        cross = {metric: float(table[apart].mean()) for metric, table in tables.items()}
        same = {metric: float(np.diag(table).mean()) for metric, table in tables.items()}
        matrices.append(
            Matrix(
                **one, cross=cross, same=same,
                degradation={metric: same[metric] - cross[metric] for metric in METRICS},
                rank=float(ranks.mean()), wins=int((ranks == 1).sum()),
            )
        )  # fmt: skip
    return matrices


def _values(cells: Sequence[Sequence[Figure]]) -> np.ndarray:
    return np.array([[one.value for one in row] for row in cells])
