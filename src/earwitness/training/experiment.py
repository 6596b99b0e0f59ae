"""An experiment: any system on any corpus, round by round and seed by seed, into a run folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import torch

from earwitness.corpora.corpus import Corpus, require_columns
from earwitness.corpora.corpus_hashes import corpus_hashes
from earwitness.corpora.protocols.naming import Division, Protocol
from earwitness.corpora.protocols.split import Split
from earwitness.task import Target, Task
from earwitness.training.aligning import AlignGradients
from earwitness.training.data import Examples, target_numbers
from earwitness.training.following import following
from earwitness.training.frame_scores import frame_rounds, lengths_of, resolution_figures, with_frame_truth
from earwitness.training.frame_truth import frame_truth
from earwitness.training.loop import Trained, train
from earwitness.training.missing_classes import refuse_missing_classes
from earwitness.training.primary import class_column, primary_of
from earwitness.training.processes import apart, leads, process, wait_for_all
from earwitness.training.recipe import Recipe
from earwitness.training.run import RunFolder
from earwitness.training.run_card import write_card
from earwitness.training.run_figures import run_figures
from earwitness.training.scoring import score_rows, units
from earwitness.training.step_log import join_steps, step_log
from earwitness.training.system import System
from earwitness.training.trained_files import FILE as WEIGHTS
from earwitness.training.trained_files import save_trained
from earwitness.training.trial_scores import FILE, rounds_of_table, with_truth
from earwitness.training.views import Views

Progress = Callable[[str, int, int], None]
"""(what, done, of how many)."""


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done.

    Args:
        system: the method.
        recipe: its settings.
        task: what is to be said.
        corpus: the rows.
        views: how they are read.
        protocol: as it was named, for the record.
        rounds: which rows are trained on and tested; each may have labels of its own.
        device: that computes.
    """

    system: System
    recipe: Recipe
    task: Task
    corpus: Corpus
    views: Views
    protocol: Protocol
    rounds: Sequence[Division]
    device: str = "cpu"


def run_experiment(experiment: Experiment, out: str | Path, *, progress: Progress | None = None) -> Path:
    """Train, score and judge a system; what a killed run had finished is not done again.

    Args:
        experiment: what is to be done.
        out: run folder. It gets recipe, provenance, rounds, curves, weights, scores, figures and a card.
        progress: called after every epoch with (what, done, of how many).

    Returns:
        The run folder.

    Raises:
        BadInput: when a class is missing, a feature is not finite, a dimension does not fit, the loss
            diverges, or the folder holds another run or cannot be written. What was finished is kept.
    """
    recipe, rounds, corpus = experiment.recipe, experiment.rounds, experiment.corpus
    metric, primary = primary_of(experiment.task)
    examples = [
        examples_of(
            one.corpus, experiment.task, experiment.views,
            rows=np.concatenate([one.split.train, one.split.validation, one.split.test]),
        )
        for one in rounds
    ]  # fmt: skip
    for one, seen in zip(rounds, examples, strict=True):
        refuse_missing_classes(one.split, seen, primary)
    build_module(experiment, recipe.seeds[0])  # a dimension that does not fit is told before any training
    run = RunFolder(out)
    hashes = corpus_hashes(
        corpus,
        progress=None if progress is None else lambda done, of: progress("reading the audio", done, of),
    )
    run.write_recipe(
        recipe,
        data={
            "corpus table": hashes.table_sha256,
            **({f"corpus audio ({hashes.audio_of})": hashes.audio_sha256} if hashes.audio_sha256 else {}),
            **{f"view {k}": v for k, v in experiment.views.revisions.items()},
        },
        classes=primary.classes,
    )
    run.write_json("task.json", experiment.task)
    run.write_json(
        "rounds.json", [experiment.protocol.record(one, class_column(experiment.task)) for one in rounds]
    )
    tables = []
    for number, (one, seen) in enumerate(zip(rounds, examples, strict=True)):
        name = one.split.name
        ids, first = units(seen, np.arange(len(corpus)), experiment.task)
        cluster = clusters_of(one.corpus)[first]
        if experiment.task.unit != "frame":
            labels = one.corpus.table[primary.column].gather(first).to_list()
            truth = seen.targets[primary.column][first]
        for seed in recipe.seeds:
            where = run.path / "rounds" / f"{number:03d}-seed-{seed}"

            def tell(stage: str, done: int, most: int, *_: object, name: str = name, s: int = seed) -> None:
                if progress is not None:
                    progress(f"{name}, seed {s}, {stage}", done, most)

            scores = _trained_round(experiment, seen, one.split, seed, where, tell)
            tables.append(
                with_frame_truth(scores, seen, primary.column, cluster)
                if experiment.task.unit == "frame"
                else with_truth(scores, ids, labels, truth, cluster)
            )
    if not leads():  # the first process judges
        wait_for_all()
        return run.path
    table = pl.concat(tables)
    run.write_scores(table, FILE)
    if experiment.task.unit == "frame":
        resolutions = resolution_figures(table, metric)
        run.write_json("resolutions.json", resolutions)
        figures = next(iter(resolutions.values()))
    else:
        figures = run_figures(rounds_of_table(table, primary), metric)
    run.write_json("figures.json", figures)
    splits = [one.split for one in rounds]
    write_card(run, experiment.system, recipe, experiment.task, corpus.name, splits, figures, hashes)
    if hasattr(experiment.system, "supplement"):  # figures of its own, beside those of every run
        experiment.system.supplement(run.path)
    wait_for_all()
    return run.path


def examples_of(corpus: Corpus, task: Task, views: Views, *, rows: np.ndarray | None = None) -> Examples:
    """A corpus as a system sees it.

    Args:
        corpus: all rows.
        task: whose targets are read.
        views: how rows are read.
        rows: whose labels are needed; those of others count as missing. All without it.

    Raises:
        BadInput: when a target's column is missing or holds unknown labels.
    """
    require_columns(corpus, [target.column for target in task.targets])
    key = "session" if task.unit == "session" else "group"
    require_columns(corpus, [key])
    return Examples(
        ids=tuple(corpus.table["id"]),
        readers=views.readers,
        targets={
            target.column: _numbers_of(corpus.table[target.column], target, rows)
            for target in task.targets
            if target.kind != "frames"
        },
        group=corpus.table[key].to_numpy().astype(str),
        changes=views.changes,
        frames={
            target.column: frame_truth(
                corpus.table[target.column].to_list(),
                corpus.table["start"].to_list(),
                target,
                view=view,
                rate=rate,
            )
            for target in task.targets
            if target.kind == "frames"
            for view, rate in list(views.rates.items())[:1]
        },
    )


def _numbers_of(column: pl.Series, target: Target, rows: np.ndarray | None) -> np.ndarray:
    if rows is None:
        return target_numbers(column.to_list(), target)
    known = target_numbers(column.gather(rows).to_list(), target)
    numbers = np.full(len(column), np.nan if known.dtype.kind == "f" else -1, known.dtype)
    numbers[rows] = known
    return numbers


def clusters_of(corpus: Corpus) -> np.ndarray:
    """(n,) what is resampled whole: the synthetic voice where there is one, else the speaker, else "" ."""
    columns = [name for name in ("voice", "speaker") if name in corpus.table.columns]
    names = corpus.table.select(
        pl.coalesce(pl.col(name).cast(pl.String).replace("", None) for name in columns)
        .fill_null("")
        .alias("c")
    )["c"]
    return names.to_numpy().astype(str)


def build_module(experiment: Experiment, seed: int) -> torch.nn.Module:
    """The network of an experiment, freshly initialised from a seed."""
    torch.manual_seed(seed)
    return experiment.system.build(experiment.recipe, experiment.views.dimensions, experiment.task)


def _trained_round(
    experiment: Experiment,
    examples: Examples,
    one: Split,
    seed: int,
    where: Path,
    tell: Callable[..., None],
) -> pl.DataFrame:
    """Scores of one training; read from its folder when it is finished."""
    folder = RunFolder(where)
    done = where / "record.json"
    if done.exists():
        return pl.read_parquet(where / FILE, memory_map=False)
    recipe, system = experiment.recipe, experiment.system
    began = time.monotonic()
    rows, held = one.train, one.validation
    _, primary = primary_of(experiment.task)
    module = build_module(experiment, seed).to(experiment.device)
    fitted = dict(system.fit(module, examples, rows))
    if hasattr(system, "see_unlabelled"):  # adaptation to the test side, by its features alone
        fitted |= system.see_unlabelled(module, examples, rows, one.test)
    stages = list(system.stages(recipe, rows, examples))
    follow = (
        following(
            system, recipe, experiment.task, examples, one, seed, clusters_of(experiment.corpus), stages,
            fitted, where, device=experiment.device,
        )
        if getattr(system, "FOLLOWED", False)
        else None
    )  # fmt: skip
    aligned = isinstance(recipe.step, AlignGradients)
    judged = recipe.select == "primary" and len(held)
    trained = train(
        system, module, stages, examples, held, recipe, seed=seed, follow=follow,
        steps=step_log(where, [stage.name for stage in stages]) if aligned else None,
        checkpoint=where / "checkpoint.safetensors", progress=tell, device=experiment.device,
        judge=_judge(experiment, examples, held, fitted) if judged else None,
    )  # fmt: skip
    scores = score_rows(
        system, trained.module, examples, one.test, recipe.batch, experiment.task, fitted,
        round_name=one.name, seed=seed, device=experiment.device,
    )  # fmt: skip
    save_trained(where / WEIGHTS, trained.module, fitted, recipe, {"seed": seed, "round": one.name})
    folder.write_json("curves.json", trained.curves)
    join_steps(where)
    folder.write_scores(scores, FILE)
    folder.write_json(
        "record.json",
        {
            "round": one.name,
            "seed": seed,
            "best_epochs": trained.best,
            "validation": _best_validation(trained),
            "parameters": sum(parameter.numel() for parameter in module.parameters()),
            "rows": {"train": len(rows), "validation": len(held), "test": len(one.test)},
            "trained_on_sha256": examples.hash(rows),
            "seconds": round(time.monotonic() - began, 1),
            "threads": torch.get_num_threads(),
            "processes": process()[1],
            "processes_differ": apart(module),
            "primary": primary.column,
        },
    )
    wait_for_all()
    if leads():
        (where / "checkpoint.safetensors").unlink(missing_ok=True)
    return scores


def _judge(
    experiment: Experiment, examples: Examples, held: np.ndarray, fitted: Mapping[str, Any]
) -> Callable[[torch.nn.Module], float]:
    metric, primary = primary_of(experiment.task)

    def figure(module: torch.nn.Module) -> float:
        table = score_rows(
            experiment.system, module, examples, held, experiment.recipe.batch, experiment.task, fitted,
            device=experiment.device,
        )  # fmt: skip
        if experiment.task.unit == "frame":
            whole = with_frame_truth(table, examples, primary.column, clusters_of(experiment.corpus))
            whole = whole.with_columns(pl.lit("").alias("round"), pl.lit(0).alias("seed"))
            (one,) = frame_rounds(whole, lengths_of(whole)[0]).values()
            return metric.figure(one.truth, one.scores[0])
        columns = [name for name in table.columns if name.startswith("score")]
        values = table.select(columns).to_numpy()
        truth = examples.targets[primary.column][units(examples, held, experiment.task)[1]]
        found = metric.figure(truth, values if primary.kind == "class" else values[:, 0])
        return found if metric.lower else -found

    return figure


def _best_validation(trained: Trained) -> float | None:
    values = [point["validation"] for point in trained.curves if "validation" in point]
    return min(values) if values else None
