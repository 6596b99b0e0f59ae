"""`earwitness corpora simulate` and `body-samples`: signals of bodies, SIMULATED ones and real ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.corpora import body_samples
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


def samples(folder: Path, *, archives: Path | None = None) -> int:
    """Take real ECG, EDA and pulse recordings out of two packages (pyphysio, heartpy): no labels, 6 signals.

    Encode them with `earwitness encode FOLDER --encoder NAME --mapping relabel`.

    Args:
        folder: of the corpus; made if it is not there.
        archives: folder with the packages, or for them; `archives` in the corpus's without it.
    """
    made = body_samples.build(folder, archives=archives, tell=Console(stderr=True).print)
    seconds = float((made.table["end"] - made.table["start"]).sum())
    print(f"{len(made)} real signals, {seconds / 60:.1f} minutes, no labels: {folder}")
    return 0
