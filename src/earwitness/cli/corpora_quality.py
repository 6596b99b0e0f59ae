"""`earwitness corpora quality`: how good each recording sounds, as classes for QAMO."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import cyclopts
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.corpora.quality_labels import label_quality


def quality(
    corpus: Path,
    out: Path,
    *,
    predictor: Literal["dnsmos", "signal", "distillmos", "scoreq"] = "dnsmos",
    classes: int = 2,
    thresholds: Annotated[list[float] | None, cyclopts.Parameter(consume_multiple=True)] = None,
    workers: int = 2,
    json: bool = False,
) -> int:
    """Measure how good recordings sound, and write the corpus with a column of quality classes.

    It may be stopped and started again. Measured values are kept, so that other classes cost nothing.

    Args:
        corpus: folder of a corpus, or its Parquet file.
        out: Parquet file of the new table; the audio stays where it is.
        predictor: of the quality; distillmos and scoreq (the paper's) need their packages.
        classes: as many, cut so that each has about as many bona fide rows of the split "train". With
            another protocol than the official one, give thresholds: those say nothing of what is held back.
        thresholds: lowest value of class 1, 2 ... in place of `classes` (the paper: 2.5).
        workers: recordings measured at once.
        json: print JSON.
    """
    from earwitness.encoders.quality_networks import quality_predictor

    chosen = quality_predictor(predictor)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not shown) as bars:
        task = bars.add_task("measuring quality", total=None)
        found = label_quality(
            corpus, out, chosen, classes=classes, thresholds=thresholds, workers=workers,
            progress=lambda done, of: bars.update(task, completed=done, total=of),
        )  # fmt: skip
    if json:
        print(msgspec.json.encode(found).decode())
        return 0
    cut = ", ".join(f"{value:.3f}" for value in found.thresholds)
    by = f"quantiles of {found.fitted_on:,} bona fide training rows" if found.fitted_on else "given"
    print(f"{found.predictor}, thresholds {cut} ({by})")
    for label, counts in found.counts.items():
        each = ", ".join(f"{rows:,} of class {number}" for number, rows in counts.items())
        mean = f", mean {found.means[label]:.3f}" if label in found.means else ""
        print(f"{label or 'no label'}: {each}{mean}")
    print(out)
    return 0
