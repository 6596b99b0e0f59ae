"""`earwitness cross-corpus`: every corpus against every other, for each encoder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import cyclopts
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from earwitness.cli.train import COLUMNS
from earwitness.errors import require

Words = Annotated[list[str] | None, cyclopts.Parameter(consume_multiple=True)]


def cross_corpus(
    corpus: Path,
    *,
    out: Path,
    encoders: Words = None,
    heads: Words = None,
    store: Path | None = None,
    label: str = "emotion",
    classes: str = "common",
    merge: Words = None,
    folds: int = 5,
    seeds: Annotated[list[int] | None, cyclopts.Parameter(consume_multiple=True)] = None,
    set_: Annotated[list[str] | None, cyclopts.Parameter(name="--set", negative="")] = None,
    threads: int | None = None,
    json: bool = False,
) -> int:
    """Train on each corpus and test on every other; it may be stopped and started again.

    Args:
        corpus: folder of joined corpora (`earwitness corpora join`).
        out: folder that gets a run for each encoder and head, `matrix.json` and `matrix.html`.
        encoders: NAME or NAME:LAYER each; whisper-base and ge2e without it.
        heads: recipes of cross-corpus-ser: default (FCN), cnn, mean-shift, coral, cnn-coral.
        store: folder that keeps encodings between runs; the folder `store` of OUT without it.
        label: column of the emotions.
        classes: five, four, labels joined by +, or common: those that all corpora have.
        merge: labels that count as others: calm, excitement.
        folds: speaker-disjoint, inside each corpus, for the diagonal.
        seeds: one training for each; 0, 1 and 2 without it.
        set_: single settings of the recipe, `key=value`.
        threads: of torch.
        json: print JSON in place of a table.
    """
    require("torch", "train")
    import msgspec

    from earwitness.systems.running import use_threads
    from earwitness.systems.ser_matrix import ser_matrices
    from earwitness.systems.ser_page import COLUMNS as TITLES
    from earwitness.systems.ser_page import page, summary
    from earwitness.whole_file import write_whole

    use_threads(threads)
    with Progress(*COLUMNS, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        bar = bars.add_task("cross-corpus", total=None)
        found = ser_matrices(
            corpus, store or out / "store", out, encoders=encoders or ("whisper-base:6", "ge2e"),
            heads=heads or ("default", "cnn"), label=label, classes=classes, merges=merge or (), folds=folds,
            seeds=seeds or (0, 1, 2), settings=set_ or (),
            progress=lambda what, done, of: bars.update(bar, description=what, completed=done, total=of),
        )  # fmt: skip
    written = msgspec.json.format(msgspec.json.encode(found), indent=1)
    write_whole(out / "matrix.json", written + b"\n")
    write_whole(out / "matrix.html", page(found).encode())
    if json:
        print(written.decode())
        return 0
    for table in found.labels:
        print("\n".join(table.lines()))
    shown = Table(*TITLES, box=SIMPLE_HEAD)
    for row in summary(found):
        shown.add_row(*row)
    Console(width=140).print(shown)
    print(out / "matrix.html")
    return 0
