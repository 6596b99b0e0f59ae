"""`earwitness reproduce`: the experiment behind a paper's claim, on open data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import cyclopts
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from earwitness.cli.train import COLUMNS
from earwitness.errors import require


def reproduce(
    claim: str,
    *,
    corpus: Path,
    out: Path,
    store: Path | None = None,
    ledger: Path | None = None,
    set_: Annotated[list[str] | None, cyclopts.Parameter(name="--set", negative="")] = None,
    threads: int | None = None,
    json: bool = False,
) -> int:
    """Repeat the experiment behind a paper's claim; it may be stopped and started again.

    Args:
        claim: which; a wrong name lists what there is.
        corpus: folder of the corpus it is repeated on, such as that of open-voices.
        out: folder that gets a run for each system.
        store: folder that keeps encodings between runs; the folder `store` of OUT without it.
        ledger: JSON file that gets claim, published and our figures, verdicts, seeds, data hash and cost;
            "CLAIM.json" in OUT without it.
        set_: `key=value` each, of the experiment's size, such as `seeds=[1,2,3]`.
        threads: of torch.
        json: print the entry in place of tables.
    """
    require("torch", "train")
    import msgspec

    from earwitness.systems.ledger.catalogue import reproduction
    from earwitness.systems.running import use_threads
    from earwitness.training.recipe import with_settings
    from earwitness.whole_file import write_whole

    experiment = reproduction(claim)
    size = with_settings(experiment.Size(), set_ or ())
    use_threads(threads)
    with Progress(*COLUMNS, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        bar = bars.add_task(claim, total=None)
        entry = experiment.reproduce(
            corpus, store or out / "store", out, size=size,
            progress=lambda what, done, of: bars.update(bar, description=what, completed=done, total=of),
        )  # fmt: skip
    path = ledger or out / f"{claim}.json"
    written = msgspec.json.format(msgspec.json.encode(entry), indent=1)
    write_whole(path, written + b"\n")
    if json:
        print(written.decode())
        return 0
    _show(entry)
    print(f"written: {path}")
    return 0


def _show(entry: Any) -> None:
    console = Console(width=160)
    table = Table(box=SIMPLE_HEAD)
    for column in ("what", "on", "figure", "mean", "95 % interval", "best seed", "n", "parameters"):
        table.add_column(column)
    for one in entry.measured:
        table.add_row(
            one.what, one.on, one.metric, f"{one.value:.4f}", f"{one.low:.4f} to {one.high:.4f}",
            f"{one.best:.4f}", f"{one.n:,}", f"{one.parameters:,}",
        )  # fmt: skip
    console.print(table)
    for further in entry.tables:
        table = Table(*further.columns, box=SIMPLE_HEAD, title=further.title)
        for row in further.rows:
            table.add_row(*row)
        console.print(table)
    for verdict in entry.verdicts:
        print(f"{verdict.word}: {verdict.claim} ({verdict.because})")
    for note in entry.notes:
        print(f"note: {note}")
