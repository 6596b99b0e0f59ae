"""`earwitness corpora convert-emotions`: genuine against converted emotion, from any emotion corpus."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.corpora.converted_emotions import convert_emotions as convert


def convert_emotions(corpus: Path, folder: Path, *, seed: int = 0, json: bool = False) -> int:
    """Write every clip of an emotion corpus as it is, and once converted to another emotion.

    Converters by rule (pitch, level and pace through WORLD, a phase vocoder, a moved residual): easier to
    hear than those of EmoFake, which cannot be had openly.

    Args:
        corpus: folder of a corpus with columns speaker and emotion, or its Parquet file.
        folder: gets audio and corpus.parquet; made if it is not there.
        seed: the same seed gives the same clips.
        json: print JSON.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    quiet = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bars:
        task = bars.add_task("converting", total=None)
        made = convert(
            corpus, folder, seed=seed, progress=lambda done, of: bars.update(task, completed=done, total=of)
        ).table
    by = dict(sorted(made.filter(made["synthetic"])["attack"].value_counts().iter_rows()))
    if json:
        print(msgspec.json.encode({"rows": len(made), "converted": by}).decode())
    else:
        print(f"{len(made):,} rows, converted by {by}: {folder}")
    return 0
