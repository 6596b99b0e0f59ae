"""How long the files of a corpus are, as their headers say."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import polars as pl

from earwitness.audio.decode import probe
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.scanning import noted
from earwitness.errors import BadInput

_AT_ONCE = 4096


def with_durations(
    corpus: Corpus,
    root: str | os.PathLike[str],
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """The corpus with a column `duration`: length of each row's file in seconds, from its header.

    Files whose header cannot be read are left out and told. A row whose `end` is null still goes to
    the end of its file: an MP3 without a length header only estimates.

    Args:
        corpus: as scanned.
        root: folder that the paths start from.
        workers: threads that read; two for each processor without it.
        progress: called with (files done, files).

    Raises:
        BadInput: when no file can be read, or a row starts after its file ends.
    """
    table = corpus.table
    sound = (
        table.filter(pl.col("signal").fill_null("audio") == "audio") if "signal" in table.columns else table
    )
    paths = sound["path"].unique().sort().to_list()
    seconds: list[float | None] = []
    workers = workers or 2 * (
        os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count() or 1
    )
    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(paths), _AT_ONCE):  # bounded: a corpus may have a million files
            part = paths[first : first + _AT_ONCE]
            for done, found in enumerate(pool.map(_length, (Path(root) / path for path in part)), first + 1):
                seconds.append(found)
                if progress is not None:
                    progress(done, len(paths))
    lengths = pl.DataFrame({"path": paths, "duration": seconds}, schema_overrides={"duration": pl.Float64})
    broken = lengths.filter(pl.col("duration").is_null())["path"]
    kept = table.filter(~pl.col("path").is_in(broken.implode())).drop("duration", strict=False)
    if not len(kept):
        raise BadInput(f"holds no file that can be read, such as {broken[0]}", where=str(root))
    kept = kept.join(lengths, on="path", how="left", maintain_order="left")
    late = kept.filter(pl.col("start") >= pl.col("duration"))
    if len(late):
        raise BadInput(f"row {late['id'][0]!r} starts after its file ends", where=corpus.name)
    report = corpus.report
    if len(broken):
        report = msgspec.structs.replace(report, unreadable=noted(broken))
    return Corpus(kept, corpus.name, report)


def seconds_of(table: pl.DataFrame) -> pl.Series:
    """Length of each row in seconds; null where neither its end nor the length of its file is known.

    Example:
        >>> rows = pl.DataFrame({"start": [0.0, 1.0], "end": [2.0, None], "duration": [9.0, 3.0]})
        >>> seconds_of(rows).to_list()
        [2.0, 2.0]
    """
    length = pl.col("duration") if "duration" in table.columns else pl.lit(None, pl.Float64)
    end = pl.coalesce(pl.col("end").cast(pl.Float64), length.cast(pl.Float64))
    return table.select((end - pl.col("start")).alias("seconds"))["seconds"]


def _length(path: Path) -> float | None:
    try:
        return probe(path).duration
    except BadInput:
        return None
