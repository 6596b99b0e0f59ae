"""`earwitness corpora simulate`: SIMULATED signals of rest and stress, for end-to-end runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.corpora.simulated_stress import build


def simulate(
    name: Literal["stress"], folder: Path, *, people: int = 15, seconds: float = 165.0, seed: int = 0
) -> int:
    """Simulate ECG, EDA and EMG of people that do not exist, at rest and under stress (neurokit2).

    Nobody was measured: every row, the card and all that is trained on it say so.

    Args:
        name: which corpus.
        folder: of the corpus; made if it is not there. One that was stopped goes on where it was.
        people: how many.
        seconds: of a person in one state.
        seed: the same seed gives the same signals.
    """
    del name  # there is only one so far
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not shown) as bars:
        task = bars.add_task("simulating", total=None)
        made = build(
            folder, people=people, seconds=seconds, seed=seed,
            progress=lambda done, of: bars.update(task, completed=done, total=of),
        )  # fmt: skip
    print(f"{len(made)} SIMULATED signals of {people} people that do not exist: {folder}")
    return 0
