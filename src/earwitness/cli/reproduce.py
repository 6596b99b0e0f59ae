"""`earwitness reproduce`: the experiment behind a paper's claim, on open speech."""

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
from earwitness.errors import BadInput, require


def reproduce(
    claim: str,
    *,
    corpus: Path,
    out: Path,
    store: Path | None = None,
    ledger: Path | None = None,
    rounds: int = 5,
    clips: int = 1500,
    test_clips: int = 800,
    epochs: int = 8,
    seeds: Annotated[list[int] | None, cyclopts.Parameter(consume_multiple=True)] = None,
    threads: int | None = None,
) -> int:
    """Repeat the experiment behind a paper's claim on open-voices; it may be stopped and started again.

    Args:
        claim: which; there is: nes2net.
        corpus: folder of open-voices.
        out: folder that gets a run for each system.
        store: folder that keeps encodings between runs; the folder `store` of OUT without it.
        ledger: JSON file that gets claim, published and our figures, verdict, seeds, data hash and cost;
            "CLAIM.json" in OUT without it.
        rounds: spoof families that are held back in turn.
        clips: training clips of a round.
        test_clips: test clips of a round.
        epochs: through the training clips.
        seeds: one training for each; 1, 2 and 3 without it.
        threads: of torch.
    """
    if claim != "nes2net":
        raise BadInput("no such claim; there is: nes2net", where=claim)
    require("torch", "train")
    import msgspec

    from earwitness.systems.reproduce_nes2net import Size, table_of
    from earwitness.systems.reproduce_nes2net import reproduce as run
    from earwitness.systems.running import use_threads
    from earwitness.whole_file import write_whole

    use_threads(threads)
    size = Size(
        rounds=rounds, clips=clips, test_clips=test_clips, epochs=epochs, seeds=tuple(seeds or (1, 2, 3))
    )
    with Progress(*COLUMNS, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        bar = bars.add_task(claim, total=None)
        entry = run(
            corpus, store or out / "store", out, size=size,
            progress=lambda what, done, of: bars.update(bar, description=what, completed=done, total=of),
        )  # fmt: skip
    path = ledger or out / f"{claim}.json"
    write_whole(path, msgspec.json.format(msgspec.json.encode(entry), indent=1) + b"\n")
    table = Table(box=SIMPLE_HEAD)
    for column in (
        "system",
        "EER",
        "95 % interval",
        "minus nes2net",
        "parameters",
        "multiply-adds",
        "a clip",
    ):
        table.add_column(column)
    for row in table_of(entry):
        table.add_row(*row)
    Console(width=160).print(table)
    verdict = entry["verdict"]
    print(f"error: {verdict['error']}; compute: {verdict['compute']}; against {verdict['against']}: {path}")
    return 0
