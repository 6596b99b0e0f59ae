"""`earwitness train`: from a corpus to a run folder."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.errors import BadInput, require


def train(
    system: str,
    *,
    corpus: Path,
    out: Path,
    store: Path | None = None,
    recipe: Path | None = None,
    rival: list[Path] | None = None,
    search: Path | None = None,
) -> int:
    """Train a system and validate it by leaving engines and sources out.

    Args:
        system: what to train; "detector" is the shipped one.
        corpus: folder of a corpus (`earwitness corpora build open-voices DIR`).
        out: run folder: recipe, scores, figures, and the folder `instrument`.
        store: folder that keeps encodings between runs.
        recipe: .toml or .json file with settings that differ from the published ones.
        rival: Parquet files with columns id and score of other systems on the same clips, for the card.
        search: JSON of benchmarks/detector_search.py, for the card.
    """
    if system != "detector":
        raise BadInput("cannot be trained by this command yet; there is: detector", where=system)
    require("torch", "train")
    from earwitness.systems.detector import train_detector
    from earwitness.systems.origin import Origin
    from earwitness.training.recipe import read_recipe

    settings = Origin.RECIPE if recipe is None else read_recipe(recipe, Origin.RECIPE)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bars:
        tasks = {what: bars.add_task(what, total=None) for what in ("encode", "leave out")}
        folder = train_detector(
            corpus, store, out, recipe=settings, rivals={path.stem: path for path in rival or []},
            search=search,
            progress=lambda what, done, of: bars.update(tasks[what], completed=done, total=of),
        )  # fmt: skip
    print(folder)
    return 0
