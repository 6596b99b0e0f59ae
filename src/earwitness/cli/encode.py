"""`earwitness encode`: compute the representations of a corpus once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import cyclopts
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.encoders.corpus_segments import segments_of
from earwitness.encoders.encoding import encode_into
from earwitness.encoders.loading import load
from earwitness.encoders.store import Store


def encode(
    corpus: Path,
    *,
    encoder: str,
    store: Path = Path("store"),
    layers: Annotated[list[int] | None, cyclopts.Parameter(consume_multiple=True)] = None,
    weights: Path | None = None,
    threads: int | None = None,
    normalise: Literal["none", "rms"] = "none",
    stored: Literal["float16", "float32"] = "float16",
    precision: Literal["fp32", "bf16", "int8"] = "fp32",
    device: str = "cpu",
) -> int:
    """Encode the recordings of a corpus into a store; what is there already is not done again.

    It may be stopped at any time and started again.

    Args:
        corpus: corpus.parquet, or the folder that holds it.
        encoder: name of the encoder (`earwitness encoders` lists them).
        store: folder of the store; made if it is not there.
        layers: hidden states to keep; all that there are without it.
        weights: the weight file, package file or folder that holds the encoder's weights.
        threads: recordings encoded at once; one for each free processor without it.
        normalise: `rms` brings every chunk of 14 s to one level first.
        stored: element type on disk.
        precision: of the arithmetic.
        device: that computes.

    Returns:
        Exit code: 0 all encoded, 1 some files could not be read (each is named).
    """
    segments = segments_of(corpus)
    chosen = load(
        encoder,
        weights=weights,
        precision=precision,
        device=device,
        layers=layers,
        threads=threads,
        normalise=normalise,
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Store(store) as opened, Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task(f"encoding with {chosen.name}", total=len(segments), rate="")
        heard = 0.0

        def advance(done: int, seconds: float) -> None:
            nonlocal heard
            heard += seconds
            elapsed = shown.tasks[0].elapsed or 1e-9
            shown.update(task, advance=done, rate=f"{heard / elapsed:.0f} x real time" if heard else "")

        result = encode_into(opened, chosen, segments, stored=stored, progress=advance)
    for path, reason in result.failures:
        print(f"earwitness: {path}: {reason}", file=sys.stderr)
    print(
        f"{result.made} encoded, {result.found} there already, {len(result.failures)} files unreadable; "
        f"store: {store}"
    )
    return 1 if result.failures else 0
