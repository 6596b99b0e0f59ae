"""What the headers of files tell of their class: rate, format, channels, bit rate, rounding of lengths.

A corpus whose spoofs are 22.05 kHz WAV and whose real speech is 16 kHz FLAC is solved without a sample.
Everything is decoded to floats of one rate before it is encoded, but a corpus should not rely on that.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from earwitness.audio.decode import FileInfo, probe

Real = NDArray[np.float64]
MOST_KINDS = 6
"""Formats that get a column of their own, the most frequent ones."""
STEPS = {"10 ms": 0.01, "0.1 s": 0.1, "1 s": 1.0}
"""Lengths that editing tools round to, in seconds."""
FRAMES = (160, 256, 1024)
"""Lengths that vocoders and codecs round to, in samples."""


def container_properties(
    table: pl.DataFrame, root: str | os.PathLike[str], tick: Callable[[], object] = lambda: None
) -> tuple[Real, tuple[str, ...]]:
    """What the header of each row's file says, its length itself aside.

    Args:
        table: with a column `path`.
        root: folder that the paths start from.
        tick: called after each file.

    Returns:
        Shape (rows, properties), and their names: rate in kHz, channels, bit rate as a logarithm, whether
        the length is a multiple of a step, and a column for each frequent format (0 or 1).

    Raises:
        BadInput: when a header cannot be read.
    """
    paths = table["path"].unique(maintain_order=True).to_list()
    found: dict[str, tuple[FileInfo, int]] = {}

    def look(path: str) -> tuple[FileInfo, int]:
        file = Path(root) / path
        return probe(file), file.stat().st_size

    with ThreadPoolExecutor(2 * len(os.sched_getaffinity(0))) as pool:
        for path, seen in zip(paths, pool.map(look, paths), strict=True):
            found[path] = seen
            tick()
    rows = [found[path] for path in table["path"]]
    kinds = [f"{info.container} {info.encoding}" for info, _ in rows]
    counts = pl.Series("kind", kinds).value_counts().sort("count", "kind", descending=[True, False])
    frequent = counts["kind"].head(MOST_KINDS).to_list()
    names = (
        "rate", "channels", "bit_rate", *(f"length in {step}" for step in STEPS),
        *(f"length in {size} samples" for size in FRAMES), *frequent,
    )  # fmt: skip
    values = [_numbers(info, size, kind, frequent) for (info, size), kind in zip(rows, kinds, strict=True)]
    return np.array(values, np.float64).reshape(len(rows), len(names)), names


def _numbers(info: FileInfo, size: int, kind: str, frequent: list[str]) -> list[float]:
    samples = round(info.duration * info.sample_rate)
    tolerance = 1.01 / info.sample_rate
    rounded = [
        float(abs(info.duration - round(info.duration / step) * step) < tolerance) for step in STEPS.values()
    ]
    framed = [float(samples % size == 0) for size in FRAMES]
    rate = np.log10(8 * size / max(info.duration, 1e-3))
    own = [float(kind == name) for name in frequent]
    return [info.sample_rate / 1000, float(info.channels), float(rate), *rounded, *framed, *own]
