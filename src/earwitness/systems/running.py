"""From a system's name and a corpus on disk to a run folder, and from a run folder to scores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import torch

from earwitness.corpora.corpus import Corpus
from earwitness.encoders.corpus_segments import segments_of
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.encoding import Segment
from earwitness.encoders.store import Store
from earwitness.errors import BadInput
from earwitness.systems.registry import system as named
from earwitness.task import Task
from earwitness.training.data import Examples
from earwitness.training.experiment import Experiment, Progress, run_experiment
from earwitness.training.primary import class_column
from earwitness.training.processes import leads, wait_for_all
from earwitness.training.recipe import Recipe, whole_recipe
from earwitness.training.run_figures import RunFigures
from earwitness.training.scoring import score_rows
from earwitness.training.splitting import protocol_of
from earwitness.training.system import System
from earwitness.training.trained_files import FILE, load_trained
from earwitness.training.views import open_views, segments_by_view


def run_system(
    system: System,
    recipe: Recipe,
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    *,
    protocol: str = "official",
    device: str = "cpu",
    threads: int | None = None,
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> tuple[Path, RunFigures]:
    """Encode what is missing, train, score and judge.

    Args:
        system: the method.
        recipe: its settings.
        corpus: folder of a corpus, or its Parquet file.
        store: folder of the store.
        out: run folder.
        protocol: see `corpora.protocols.naming`.
        device: that computes.
        threads: of torch; as it is when `None`.
        encoders: view -> encoder, for those at hand.
        progress: called with (what, done, of how many).

    Returns:
        The run folder and its figures.

    Raises:
        BadInput: when corpus, recipe, encoder or a folder cannot be used.
    """
    use_threads(threads)
    table, segments = heard_rows(system, recipe, corpus)
    if hasattr(system, "rows") and isinstance(
        segments, list
    ):  # a system that is about some rows only, such as those that were made
        keep = system.rows(recipe, table.table)
        table = table.where(pl.lit(pl.Series(keep)))
        segments = [segment for segment, kept in zip(segments, keep, strict=True) if kept]
    task = system.task(recipe, table.table)
    cut = protocol_of(protocol, recipe)
    rounds = cut.divide(table, label=class_column(task))
    if not leads():
        wait_for_all()  # the first process encodes
    with Store(store) as opened:
        views = open_views(recipe.views, segments, opened, encoders=encoders, progress=progress)
        if leads():
            opened.publish()
            wait_for_all()
        experiment = Experiment(
            system=system,
            recipe=recipe,
            task=task,
            corpus=table,
            views=views,
            protocol=cut,
            rounds=rounds,
            device=device,
        )
        folder = run_experiment(experiment, out, progress=progress)
    return folder, read_figures(folder)


def heard_rows(
    system: System, recipe: Recipe, corpus: str | Path, *, labelled: bool = True
) -> tuple[Corpus, list[Segment] | dict[str, list[Segment]]]:
    """The rows that a system is about, and what each view hears of them.

    A system with a method `cut` makes rows of its own from those of the corpus, such as windows of
    physiological signals.

    Args:
        system: the method.
        recipe: its settings.
        corpus: folder of a corpus, or its Parquet file.
        labelled: whether rows need a label; not for scoring.
    """
    table = Corpus.read(corpus)
    if hasattr(system, "cut"):
        table = system.cut(recipe, table, labelled=labelled)
    found = segments_by_view(recipe.views, table)
    return table, segments_of(corpus) if found is None else found


def use_threads(threads: int | None) -> None:
    """Let torch compute with so many threads; `None` leaves it as it is.

    Raises:
        BadInput: when there are fewer than one.
    """
    if threads is None:
        return
    if threads < 1:
        raise BadInput("must be 1 or more", where="threads")
    torch.set_num_threads(threads)


def read_figures(run: str | Path) -> RunFigures:
    """Figures of a finished run.

    Raises:
        BadInput: when there are none.
    """
    path = Path(run) / "figures.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunFigures)
    except (OSError, msgspec.MsgspecError) as error:
        raise BadInput("holds no finished run", where=str(run)) from error


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run folder, read.

    Args:
        path: of the folder.
        system: the method.
        recipe: as trained.
        task: what it says.
        trainings: records of its trainings, one a round and seed.
        views: view -> what made it.
    """

    path: Path
    system: Any
    recipe: Recipe
    task: Task
    trainings: tuple[dict[str, Any], ...]
    views: Mapping[str, str]


def read_run(folder: str | Path) -> Run:
    """A finished or unfinished run.

    Raises:
        BadInput: when the folder is not that of a run.
    """
    path = Path(folder)
    try:
        name = msgspec.json.decode((path / "recipe.json").read_bytes())["system"]
        task = msgspec.json.decode((path / "task.json").read_bytes(), type=Task)
        provenance = msgspec.json.decode((path / "provenance.json").read_bytes())
        trainings = tuple(
            msgspec.json.decode(record.read_bytes()) | {"folder": str(record.parent)}
            for record in sorted(path.glob("rounds/*/record.json"))
        )
    except (OSError, KeyError, TypeError, msgspec.MsgspecError) as error:
        raise BadInput("is not the folder of a run", where=str(folder)) from error
    system = named(name)
    return Run(
        path=path,
        system=system,
        recipe=whole_recipe(path / "recipe.json", system.RECIPE),
        task=task,
        trainings=trainings,
        views={key[5:]: value for key, value in provenance["data"].items() if key.startswith("view ")},
    )


def chosen_training(run: Run, *, round_name: str | None, seed: int | None) -> dict[str, Any]:
    """One training of a run: of the round and seed that are named, else of the seed that validated best.

    Raises:
        BadInput: when there are several rounds and none is named, or no training fits.
    """
    rounds = list(dict.fromkeys(one["round"] for one in run.trainings))
    if not rounds:
        raise BadInput("holds no finished training", where=str(run.path))
    if round_name is None and len(rounds) > 1:
        raise BadInput(f"has several rounds; name one of: {'; '.join(rounds)}", where=str(run.path))
    fitting = [
        one for one in run.trainings if round_name in (None, one["round"]) and seed in (None, one["seed"])
    ]
    if not fitting:
        raise BadInput(f"has no training of round {round_name!r} and seed {seed}", where=str(run.path))
    # Without a validation figure the first seed stands for all.
    return min(fitting, key=lambda one: np.inf if one["validation"] is None else one["validation"])


def score_corpus(
    run: Run,
    corpus: str | Path,
    store: str | Path,
    *,
    round_name: str | None = None,
    seed: int | None = None,
    device: str = "cpu",
    threads: int | None = None,
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Score every row of a corpus with one training of a run.

    Args:
        run: from `read_run`.
        corpus: folder of a corpus, or its Parquet file; labels are not needed.
        store: folder of the store.
        round_name: of the training; needed where the run has several.
        seed: of the training; the one that validated best when `None`.
        device: that computes.
        threads: of torch; as it is when `None`.
        encoders: view -> encoder, for those at hand.
        progress: called with (what, done, of how many).

    Returns:
        Table of `id` and scores, and the record of the training that gave them.

    Raises:
        BadInput: when the run has no such training, its encoder is another one now, or a recording
            cannot be read.
    """
    use_threads(threads)
    chosen = chosen_training(run, round_name=round_name, seed=seed)
    table, segments = heard_rows(run.system, run.recipe, corpus, labelled=False)
    with Store(store) as opened:
        views = open_views(run.recipe.views, segments, opened, encoders=encoders, progress=progress)
        for view, revision in views.revisions.items():
            if run.views.get(view) != revision:
                raise BadInput(
                    f"was trained on {run.views.get(view)}, there is {revision} now", where=str(run.path)
                )
        module = run.system.build(run.recipe, views.dimensions, run.task)
        fitted, _ = load_trained(Path(chosen["folder"]) / FILE, module, run.recipe)
        key = "session" if run.task.unit == "session" else "group"
        examples = Examples(
            ids=tuple(table.table["id"]), readers=views.readers, targets={}, changes=views.changes,
            group=table.table[key].to_numpy().astype(str),
        )  # fmt: skip
        scores = score_rows(
            run.system, module.to(device), examples, np.arange(len(table)), run.recipe.batch, run.task,
            fitted, device=device,
            progress=None if progress is None else lambda done: progress("score", done, len(table)),
        )  # fmt: skip
    return scores, chosen
