"""`earwitness corpora convert`: a corpus in the form of another toolkit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.corpora.conversion.convert import convert as convert_corpus
from earwitness.corpora.corpus import Corpus


def convert(
    corpus: Path,
    *,
    to: Literal["kaldi", "lhotse", "huggingface", "audformat"],
    out: Path,
    label: str = "label",
    json: bool = False,
) -> int:
    """Write a corpus for another toolkit; its audio is linked, not copied.

    Args:
        corpus: corpus.parquet, or the folder that holds it.
        to: the form.
        out: folder that is made.
        label: column that is the label where the form has one only (Kaldi).
        json: print JSON.
    """
    read = Corpus.read(corpus)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bars:
        task = bars.add_task("reading headers", total=None, visible=to == "lhotse")
        found = convert_corpus(
            read, read.root or corpus.parent, to, out, label=label,
            progress=lambda done, of: bars.update(task, completed=done, total=of),
        )  # fmt: skip
    if json:
        record = {"schema": "earwitness.convert/1", "out": str(out)} | msgspec.structs.asdict(found)
        print(msgspec.json.encode(record).decode())
        return 0
    more = ", ..." if len(found.files) > 8 else ""
    print(f"{found.rows:,} rows as {to} in {out}: {', '.join(found.files[:8])}{more}")
    if found.dropped:
        print(f"left out, as {to} has no place for them: {', '.join(found.dropped)}")
    return 0
