"""`earwitness encode`: compute the representations of a corpus once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import cyclopts
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.encoders.cluster import encode_on_cluster
from earwitness.encoders.cluster_worker import EncoderRequest
from earwitness.encoders.corpus_segments import SignalWindows, segments_of
from earwitness.encoders.encoding import Encoded, Segment, encode_into
from earwitness.encoders.failure_table import write_failures
from earwitness.encoders.store import Store

Advance = Callable[[int, float], None]


def encode(
    corpus: Path,
    *,
    encoder: str,
    store: str = "store",
    layers: Annotated[list[int] | None, cyclopts.Parameter(consume_multiple=True)] = None,
    weights: Path | None = None,
    threads: int | None = None,
    normalise: Literal["none", "rms", "unit", "peak", "processor"] = "none",
    policy: Literal["cropped", "padded-30"] = "cropped",
    stored: Literal["float16", "float32"] = "float16",
    precision: Literal["fp32", "bf16", "int8"] = "fp32",
    device: str = "cpu",
    mapping: Literal["resample", "relabel"] | None = None,
    window: float = 10.0,
    hop: float = 0.5,
    filtered: bool = False,
    failures: Path | None = None,
    cluster: str | None = None,
    workers: int | None = None,
) -> int:
    """Encode the recordings of a corpus into a store; what is there already is not done again.

    It may be stopped at any time and started again.

    Args:
        corpus: corpus.parquet, or the folder that holds it.
        encoder: name of the encoder (`earwitness encoders` lists them).
        store: folder of the store; made if it is not there. With --cluster also an address of an
            object store, such as s3://bucket/store.
        layers: hidden states to keep; all that there are without it.
        weights: the weight file, package file or folder that holds the encoder's weights.
        threads: recordings encoded at once; one for each free processor without it.
        normalise: brings every chunk of 14 s to one level first: `rms` to -26 dB full scale, `unit`
            to mean 0 and variance 1, `peak` to a largest value of 1, `processor` as the model's own
            settings say.
        policy: of Whisper: `cropped` to the clip's length, or `padded-30` with silence, as published.
        stored: element type on disk.
        precision: of the arithmetic.
        device: that computes.
        mapping: of rows that hold ECG, EMG or EDA to 16 kHz: `resample` keeps the seconds, `relabel`
            takes the samples for samples at 16 kHz. They are cut into windows of one label.
        window: seconds of such a window.
        hop: from one window to the next, as a share of its length.
        filtered: whether such a window is filtered: ECG 0.5 to 40 Hz, EMG 10 to 250 Hz, EDA to 5 Hz.
        failures: CSV file for what could not be read; unreadable.csv in the store without it.
        cluster: `local`, or the address of a Ray cluster, all of whose machines see the corpus and
            the store under the same paths.
        workers: with --cluster: how many; one for each processor of the cluster without it.

    Returns:
        Exit code: 0 all encoded, 1 some recordings could not be read (each is named).
    """
    signals = mapping and SignalWindows(mapping=mapping, seconds=window, hop=hop, filtered=filtered)
    segments = segments_of(corpus, signals or None)
    request = EncoderRequest(
        name=encoder,
        weights=None if weights is None else str(weights),
        precision=precision,
        device=device,
        layers=None if layers is None else tuple(layers),
        normalise=normalise,
        policy=policy,
        stored=stored,
    )

    def work(advance: Advance) -> Encoded:
        if cluster is None:
            loaded = request.load(threads)
            with Store(store) as opened:
                return encode_into(opened, loaded, segments, stored=stored, progress=advance)
        return encode_on_cluster(store, request, segments, address=cluster, workers=workers, progress=advance)

    result = _shown(work, f"encoding with {encoder}", segments)
    table = failures or (None if "://" in store else Path(store) / "unreadable.csv")
    if table is not None:
        write_failures(table, result.failures)
    for failure in result.failures[:NAMED]:
        print(f"earwitness: {failure.path}: {failure.reason}", file=sys.stderr)
    if len(result.failures) > NAMED:
        print(f"earwitness: ... and {len(result.failures) - NAMED} more", file=sys.stderr)
    told = f" (listed in {table})" if result.failures and table is not None else ""
    print(
        f"{result.made} encoded, {result.found} there already, {len(result.failures)} unreadable{told}; "
        f"store: {store}"
    )
    return 1 if result.failures else 0


NAMED = 20
"""Unreadable recordings that are named on the screen; the table has all of them."""


def _shown(work: Callable[[Advance], Encoded], title: str, segments: list[Segment]) -> Encoded:
    """Work with a bar: how far, how fast, and how much time is left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=len(segments), rate="")
        heard = 0.0

        def advance(done: int, seconds: float) -> None:
            nonlocal heard
            heard += seconds
            bar = shown.tasks[0]
            elapsed = bar.elapsed or 1e-9
            rate = f"{(bar.completed + done) / elapsed:.1f} clips/s"
            if heard:
                rate += f", {heard / elapsed:.0f} x real time"
            shown.update(task, advance=done, rate=rate)

        return work(advance)
