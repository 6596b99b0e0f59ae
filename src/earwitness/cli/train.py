"""`earwitness train`: from a corpus to a run folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import cyclopts
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.errors import BadInput, require

COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


def train(
    system: str,
    *,
    corpus: Path,
    out: Path,
    store: Path | None = None,
    recipe: str | None = None,
    encoder: str | None = None,
    layers: Annotated[list[int] | None, cyclopts.Parameter(consume_multiple=True)] = None,
    protocol: str = "official",
    set_: Annotated[list[str] | None, cyclopts.Parameter(name="--set", negative="")] = None,
    seeds: Annotated[list[int] | None, cyclopts.Parameter(consume_multiple=True)] = None,
    device: str = "cpu",
    threads: int | None = None,
    rival: list[Path] | None = None,
    search: Path | None = None,
) -> int:
    """Train a system on a corpus, score its test rows, and write a run folder.

    It may be stopped at any time and started again, and ends with the same result. Under torchrun
    (`torchrun --nproc-per-node 2 -m earwitness train ...`) each batch is divided among the processes, and
    the first writes the run. BatchNorm is not synchronised on CPU: a system that has some is told to differ.

    Args:
        system: what to train (`earwitness systems list`); "origin", or "detector", is the shipped one,
            which has a protocol of its own and is exported as an instrument.
        corpus: folder of a corpus (`earwitness corpora`).
        out: run folder: recipe, provenance, curves, weights, scores, figures, card.
        store: folder that keeps encodings between runs; the folder `store` of the run without it.
        recipe: .toml or .json file with settings that differ, or the name of one of the system's recipes.
        encoder: of every view that has one, in place of the recipe's.
        layers: hidden states to read, in place of the recipe's.
        protocol: how the corpus is cut: official, speaker-folds:5, leave-one-out:family,disjoint=source,
            cross-corpus:A>B, open-set:attack,unknown=A17+A18 ...
        set_: single settings, `key=value`; dots lead into tables (`optimiser.learning_rate=1e-4`).
        seeds: one training for each, in place of the recipe's.
        device: that computes ("cpu", "cuda").
        threads: of torch; part of the record, as results may differ by rounding.
        rival: (detector) Parquet files with columns id and score of other systems, for the card.
        search: (detector) JSON of benchmarks/detector_search.py, for the card.
    """
    if system in ("detector", "origin"):
        for name, given in (("encoder", encoder), ("device", device != "cpu"), ("threads", threads)):
            if given:
                raise BadInput(
                    "the shipped detector is trained on its own encoder, on one thread of a CPU",
                    where=f"--{name}",
                )
        if protocol != "official":
            raise BadInput("the shipped detector has a protocol of its own", where="--protocol")
        return _detector(corpus, out, store, recipe, set_ or [], layers, seeds, rival, search)
    require("torch", "train")
    import msgspec

    from earwitness.systems.recipes import chosen_recipe
    from earwitness.systems.registry import system as named
    from earwitness.systems.running import read_run, run_system
    from earwitness.training.processes import joined

    chosen = named(system)
    settings = chosen_recipe(chosen, recipe, set_ or [], encoder=encoder, layers=layers)
    if seeds:
        settings = msgspec.structs.replace(settings, seeds=tuple(seeds))
    with joined(device) as leading:
        with Progress(
            *COLUMNS, console=Console(stderr=True), disable=not (leading and sys.stderr.isatty())
        ) as bars:
            shown: dict[str, object] = {}

            def progress(what: str, done: int, of: int) -> None:
                key = what.split(" ", 1)[0] if what.startswith("encode") else "train"
                if key not in shown:
                    shown[key] = bars.add_task(what, total=of)
                bars.update(shown[key], description=what, completed=done, total=of)  # type: ignore[arg-type]

            folder, figures = run_system(
                chosen, settings, corpus, store or out / "store", out,
                protocol=protocol, device=device, threads=threads, progress=progress,
            )  # fmt: skip
        if not leading:
            return 0
    for note in dict.fromkeys(one.get("processes_differ") for one in read_run(folder).trainings):
        if note:
            print(f"note: {note}", file=sys.stderr)
    mean = figures.mean
    over = f"mean over {len(figures.seeds)} seeds and {len(figures.rounds)} rounds, {mean.n} trials"
    print(f"{figures.metric} {mean.value:.4f} [{mean.low:.4f}, {mean.high:.4f}], {over}")
    if hasattr(chosen, "supplement"):
        print("\n".join(chosen.supplement(folder)))
    for limit in getattr(chosen, "LIMITS", ()):
        print(limit)
    print(folder)
    return 0


def _detector(
    corpus: Path,
    out: Path,
    store: Path | None,
    recipe: str | None,
    set_: list[str],
    layers: list[int] | None,
    seeds: list[int] | None,
    rival: list[Path] | None,
    search: Path | None,
) -> int:
    require("torch", "train")
    import msgspec

    from earwitness.systems.detector import train_detector
    from earwitness.systems.recipes import chosen_recipe
    from earwitness.systems.registry import system as named

    settings = chosen_recipe(named("origin"), recipe, set_, encoder=None, layers=layers)
    if seeds:
        settings = msgspec.structs.replace(settings, seeds=tuple(seeds))
    with Progress(*COLUMNS, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        tasks = {what: bars.add_task(what, total=None) for what in ("encode", "leave out")}
        folder = train_detector(
            corpus, store, out, recipe=settings, rivals={path.stem: path for path in rival or []},
            search=search,
            progress=lambda what, done, of: bars.update(tasks[what], completed=done, total=of),
        )  # fmt: skip
    print(folder)
    return 0
