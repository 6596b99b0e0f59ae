"""`earwitness probe`: every encoder under every head, alone, in pairs and in triples."""

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


def probe(
    corpus: Path,
    *,
    encoders: str,
    out: Path,
    heads: str = "fcn,cnn",
    pairs: bool = False,
    triples: bool = False,
    store: Path | None = None,
    protocol: str = "speaker-folds:5",
    metrics: str = "",
    set_: Annotated[list[str] | None, cyclopts.Parameter(name="--set", negative="")] = None,
    seeds: Annotated[list[int] | None, cyclopts.Parameter(consume_multiple=True)] = None,
    threads: int | None = None,
    json: bool = False,
) -> int:
    """Train small heads on the vectors of many encoders, and say which tell most about a corpus.

    It may be stopped at any time and started again. Writes probe.json and probe.svg beside the runs.

    Args:
        corpus: folder of a corpus (`earwitness corpora`), or its Parquet file.
        encoders: names with commas between (`earwitness encoders list`); NAME:LAYER reads that hidden state.
        out: folder that gets a run for each line of the table.
        heads: systems that read vectors, with commas between: fcn, cnn, mata, scar, tango, finder ...; one
            that brings two encoders together is trained on all pairs.
        pairs: heads that read any number of encoders get all pairs, too.
        triples: and all triples.
        store: folder that keeps encodings between runs; the folder `store` of OUT without it.
        protocol: how the corpus is cut: official, speaker-folds:5, random-folds:5 ...
        metrics: further figures, with commas between, such as accuracy,macro_f1,uar,class_eer.
        set_: settings of every head, `key=value`, such as target=emotion or epochs=20.
        seeds: one training for each; 1 without it.
        threads: of torch.
        json: print JSON in place of the table.
    """
    require("torch", "train")
    import msgspec

    from earwitness.systems.probe_picture import probe_picture
    from earwitness.systems.probing import probe as run
    from earwitness.whole_file import write_whole

    together = (1, *([2] if pairs else []), *([3] if triples else []))
    with Progress(*COLUMNS, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        bar = bars.add_task("probe", total=None)
        rows = run(
            corpus, store or out / "store", out, _listed(encoders), _listed(heads), together=together,
            protocol=protocol, settings=set_ or (), seeds=seeds or (1,), metrics=_listed(metrics),
            threads=threads,
            progress=lambda what, done, of: bars.update(bar, description=what, completed=done, total=of),
        )  # fmt: skip
    written = msgspec.json.format(msgspec.json.encode(rows), indent=1)
    write_whole(out / "probe.json", written + b"\n")
    write_whole(out / "probe.svg", probe_picture(rows, f"What encoders tell about {corpus.stem}").encode())
    if json:
        print(written.decode())
        return 0
    table = Table(box=SIMPLE_HEAD)
    for name in ("head", "encoders", *(f"{one.metric} [95 %]" for one in rows[0].figures), "parameters"):
        table.add_column(name)
    for row in rows:
        figures = [f"{one.value:.4f} [{one.low:.4f}, {one.high:.4f}]" for one in row.figures]
        table.add_row(row.head, " + ".join(row.encoders), *figures, f"{row.figures[0].parameters:,}")
    Console(width=180).print(table)
    print(f"{protocol}; mean over {len(seeds or (1,))} seeds; {rows[0].figures[0].n:,} trials: {out}")
    return 0


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
