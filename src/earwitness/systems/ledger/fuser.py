"""The experiment behind FuSeR's claim: does the fusion of non-semantic vectors hear a depression score?"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import torch

import earwitness
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.public.edaic import scan
from earwitness.encoders.encoder import Encoder
from earwitness.errors import BadInput
from earwitness.metrics.regression_figures import RegressionFigures
from earwitness.systems.fuser import NOTICE
from earwitness.systems.ledger.entry import (
    Difference,
    Entry,
    Published,
    Table,
    Verdict,
    data_of,
    judged,
    spent,
)
from earwitness.systems.ledger.miniatures import edaic
from earwitness.systems.ledger.variants import Variant, pick, run_folder, run_variants
from earwitness.systems.registry import system
from earwitness.systems.severity_figures import Severity, severities
from earwitness.training.experiment import Progress
from earwitness.training.recipe import View
from earwitness.training.run import plain

CLAIM = (
    "fusing TRILLsson, x-vector and emoHuBERT predicts the PHQ-8 score better than each of them and than "
    "other fusions"
)
PUBLISHED = tuple(
    Published(what="FuSeR", metric=metric, value=value, on="E-DAIC, part not established", source="abstract")
    for metric, value in (("RMSE, points", 5.51), ("MAE, points", 4.48))
)
MINIATURE = "miniature"
"""In place of a corpus: build the miniature."""
MADE_UP = (
    "Made-up voices in the layout of E-DAIC, whose pitch and pace follow the score by our own rule: it "
    "checks the machinery and says nothing about the claim."
)
ON = "official split"
SHOWN = ("rmse", "mae", "ccc", "spearman")


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How large the experiment is.

    Args:
        encoders: two or more, `NAME` or `NAME:LAYER`; the paper's are trillsson, x-vector and
            hubert-base-emotion:12.
        seeds: of the fusion and of concatenation, one training for each.
        few: how many seeds the others get.
        epochs: at most.
        sessions: training, development and test sessions of the miniature.
    """

    encoders: tuple[str, ...] = ("whisper-base:6", "ge2e", "se-res2net50")
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    few: int = 3
    epochs: int = 30
    sessions: tuple[int, int, int] = (16, 6, 6)


def reproduce(
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    *,
    size: Size = Size(),  # noqa: B008 - frozen
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> Entry:
    """Train the fusion, every pair and single encoder, the other fusions and every switch on E-DAIC.

    Args:
        corpus: top folder of E-DAIC, or the word "miniature".
        store: folder of the store.
        out: folder that gets the windows and a run for each setting.
        size: of the experiment.
        encoders: view -> encoder, for those at hand; views have the names of `size.encoders`.
        progress: called with (what, done, of how many).

    Returns:
        The ledger's entry; on a miniature its verdicts are "not tested".

    Raises:
        BadInput: when the folder is no E-DAIC, or holds another run.
    """
    began = time.monotonic()
    small = str(corpus) == MINIATURE
    root = Path(out) / "edaic" if small else Path(corpus)
    if small and not (root / "labels" / "test_split.csv").exists():
        edaic(root, sessions=size.sessions)
    place = Path(out) / "windows" / "corpus.parquet"
    if not place.exists():
        windows = scan(root, rows="windows")
        place.parent.mkdir(parents=True, exist_ok=True)
        windows.write(place, root)
    variants = settings(size)
    rows, differences = run_variants(
        variants, place, store, out, {ON: "official"}, encoders=encoders, progress=progress
    )
    table = Corpus.read(place)
    found = {name: severities(run_folder(out, ON, name)) for name in variants}
    notes = [NOTICE, "Epochs were chosen on the development sessions: their figures are bright."]
    if small:
        notes.insert(1, MADE_UP)
    return Entry(
        name="fuser", paper=system("fuser").PAPER, claim=CLAIM, published=PUBLISHED, measured=tuple(rows),
        differences=tuple(differences), verdicts=verdicts(differences, small, size),
        tables=tuple(_figures(side, found) for side in ("validation", "test")),
        data=data_of(
            table, name="E-DAIC" + (", miniature" if small else ""), kind="miniature" if small else "real",
            what=f"{table.table['session'].n_unique()} sessions in windows of 10 s, every 5 s, of the "
            "participant's turns",
        ),
        seeds=size.seeds, size=plain(size), seconds=spent(began, rows),
        threads=torch.get_num_threads(), version=earwitness.__version__, notes=tuple(notes),
    )  # fmt: skip


def settings(size: Size) -> dict[str, Variant]:
    """Every setting: the fusion, its switches, other fusions, pairs and single encoders.

    Raises:
        BadInput: when there are fewer than two encoders.
    """
    if len(size.encoders) < 2:
        raise BadInput("needs two encoders or more", where="encoders")
    method = system("fuser")
    views = tuple(_view(name) for name in size.encoders)

    def variant(few: bool = True, views: tuple[View, ...] = views, **changes: Any) -> Variant:
        recipe = msgspec.structs.replace(
            method.RECIPE, views=views, epochs=size.epochs,
            seeds=size.seeds[: size.few] if few else size.seeds, **changes,
        )  # fmt: skip
        return Variant(system=method, recipe=recipe)

    found = {"fusion": variant(False), "concat": variant(False, fusion="concat")}
    found |= {name: variant(fusion=name) for name in ("mean", "late")}
    found |= {
        "no gate": variant(gate=False),
        "no residual": variant(residual=False),
        "no norm": variant(norm=False),
    }
    found |= {"attention pooling": variant(pooling="attention"), "windows": variant(pooling="windows")}
    if len(views) > 2:
        found |= {
            " + ".join(view.name for view in pair): variant(views=pair)
            for pair in itertools.combinations(views, 2)
        }
    return found | {view.name: variant(views=(view,)) for view in views}


def _view(name: str) -> View:
    encoder, _, layer = name.partition(":")
    return View(name=name, input="vector", encoder=encoder, layers=(int(layer),) if layer.isdecimal() else ())


def verdicts(differences: list[Difference], small: bool, size: Size) -> tuple[Verdict, ...]:
    """Whether the fusion is above concatenation and each encoder by CCC; on a miniature nothing is said."""
    found = []
    for rival in ("concat", *size.encoders):
        one = judged(f"fusion is above {rival}", pick(differences, rival, ON))
        if small:
            one = msgspec.structs.replace(one, word="not tested", because="made-up voices; " + one.because)
        found.append(one)
    return tuple(found)


def _figures(side: str, found: Mapping[str, list[Severity]]) -> Table:
    rows = []
    always: RegressionFigures | None = None
    for name, sides in found.items():
        for one in sides:
            if one.side == side:
                always = one.mean_predictor
                rows.append((name, *(_told(one, figure) for figure in SHOWN)))
    if always is not None:
        rows.append(("always the training mean", *(_number(getattr(always, figure)) for figure in SHOWN)))
    title = "Development sessions" if side == "validation" else "Test sessions"
    columns = ("what", "RMSE, points", "MAE, points", "CCC", "Spearman")
    return Table(title=f"{title}: mean and deviation over seeds", columns=columns, rows=tuple(rows))


def _told(one: Severity, figure: str) -> str:
    spread = one.spread[figure]
    return _number(one.mean[figure]) + (f" ± {spread:.2f}" if spread is not None else "")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
