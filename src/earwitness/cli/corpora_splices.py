"""`earwitness corpora splices`: real speech with a synthetic stretch, beside open-voices."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.corpora.open_voices.splices import splice_open_voices


def splices(
    corpus: Path, folder: Path, *, count: int = 600, seed: int = 0, workers: int = 2, json: bool = False
) -> int:
    """Make splices of real and synthetic speech beside open-voices, each with its host left whole.

    Args:
        corpus: folder of open-voices with its `sources/`.
        folder: of the splices; made if it is not there.
        count: how many at most.
        seed: the same seed gives the same splices.
        workers: processes.
        json: print JSON.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("splicing", total=count)
        made = splice_open_voices(
            corpus, folder, count=count, seed=seed, workers=workers,
            progress=lambda done, of: bars.update(task, completed=done, total=of),
        ).table  # fmt: skip
    spliced = made.filter(made["label"] == "spoof")
    hours = float((made["end"] - made["start"]).sum()) / 3600
    if json:
        print(msgspec.json.encode({"splices": len(spliced), "rows": len(made), "hours": hours}).decode())
    else:
        print(f"{len(spliced):,} splices and as many hosts left whole, {hours:.2f} hours: {folder}")
    return 0
