"""What the experiments on fusions share: two packaged encoders, each alone, and the fusion with its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch

import earwitness
from earwitness.corpora.corpus import Corpus
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
from earwitness.systems.ledger.variants import Variant, pick
from earwitness.systems.recipes import recipes_of
from earwitness.systems.registry import system
from earwitness.training.recipe import View
from earwitness.training.run import plain

ENCODERS_NOTE = (
    "Encoders whose weights install from a package index stand for the paper's, which cannot be had here"
)


class FusionSize(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How large an experiment on a fusion is.

    Args:
        epochs: at most.
        patience: epochs without a better validation figure before a training ends.
        seeds: of the main comparison; one training for each.
        ablation_seeds: of the parts.
        first: encoder of the first view.
        first_layer: its hidden state; `None` for encoders without.
        second: encoder of the second view, one vector a clip.
        filters: of all networks; each system's own when `None`.
    """

    epochs: int = 30
    patience: int = 6
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    ablation_seeds: tuple[int, ...] = (1, 2, 3)
    first: str = "whisper-base"
    first_layer: int | None = 6
    second: str = "ge2e"
    filters: tuple[int, ...] | None = None

    def views(self) -> tuple[View, View]:
        """Both views."""
        layers = () if self.first_layer is None else (self.first_layer,)
        return (
            View(name="first", input="vector", encoder=self.first, layers=layers),
            View(name="second", input="vector", encoder=self.second),
        )


def fusion_variants(
    name: str,
    size: FusionSize,
    parts: Mapping[str, str],
    changes: Mapping[str, Any],
    single: Mapping[str, Any],
) -> dict[str, Variant]:
    """The fusion, each encoder alone, and the fusion without some of its parts.

    Args:
        name: system of the fusion.
        size: of the experiment.
        parts: what it is called -> recipe of the system.
        changes: of the recipes of the fusion.
        single: of the recipe of the CNN on one encoder.

    Returns:
        The fusion first; the first of `parts` has the seeds of the main comparison.
    """
    views, method = size.views(), system(name)
    trained: dict[str, Any] = {"epochs": size.epochs, "patience": size.patience}
    if size.filters is not None:
        trained["filters"] = size.filters
    found = {name: _variant(method, method.RECIPE, views=views, seeds=size.seeds, **trained, **changes)}
    cnn = system("cnn")
    for view in views:
        label = f"{view.encoder} alone"
        found[label] = _variant(cnn, cnn.RECIPE, views=(view,), seeds=size.seeds, **trained, **single)
    for at, (label, recipe) in enumerate(parts.items()):
        seeds = size.ablation_seeds if at else size.seeds
        given = recipes_of(method)[recipe]
        kept = views[: len(given.views)]
        changed = {
            key: value for key, value in changes.items() if getattr(given, key) == getattr(method.RECIPE, key)
        }
        found[label] = _variant(method, given, views=kept, seeds=seeds, **trained, **changed)
    return found


def _variant(method: Any, recipe: Any, **changes: Any) -> Variant:
    return Variant(system=method, recipe=msgspec.structs.replace(recipe, **changes))


def best_single(rows: Sequence[Measured], size: FusionSize, on: str) -> str:
    """Which encoder alone reached most on some folds: the strictest rival, chosen on the test trials."""
    alone = [
        row for row in rows if row.on == on and row.what in (f"{size.first} alone", f"{size.second} alone")
    ]
    return (min if alone[0].lower else max)(alone, key=lambda row: row.value).what


def against(
    claim: str, differences: Sequence[Difference], rivals: Mapping[str, str], least: float = 0.0
) -> list[Verdict]:
    """The verdict on each kind of folds that the fusion is better than a rival.

    Args:
        claim: what is claimed.
        differences: of the fusion against all.
        rivals: kind of folds -> rival.
        least: see `judged`.
    """
    return [
        judged(f"{claim} ({on})", pick(differences, rival, on), least=least) for on, rival in rivals.items()
    ]


def fusion_entry(
    name: str,
    claim: str,
    published: Sequence[Published],
    found: tuple[Sequence[Measured], Sequence[Difference]],
    verdicts: Sequence[Verdict],
    corpus: str | Path,
    size: FusionSize,
    what: str,
    began: float,
    notes: Sequence[str] = (),
) -> Entry:
    """The entry of a fusion.

    Args:
        name: of the system and the reproduction.
        claim: of the paper.
        published: its figures.
        found: from `run_variants`.
        verdicts: on the parts of the claim.
        corpus: that was used.
        size: of the experiment.
        what: the corpus is, in a sentence.
        began: `time.monotonic()` at the beginning.
        notes: to be told beside those on encoders.
    """
    table = Corpus.read(corpus)
    return Entry(
        name=name, paper=system(name).PAPER, claim=claim, published=tuple(published),
        measured=tuple(found[0]), differences=tuple(found[1]), verdicts=tuple(verdicts),
        data=data_of(table, what),
        seeds=size.seeds, size=plain(size), seconds=spent(began, found[0]),
        threads=torch.get_num_threads(), version=earwitness.__version__, notes=(ENCODERS_NOTE, *notes),
    )  # fmt: skip
