"""Files of a corpus that hold no sound or cannot be decoded: found by listening, not by name."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from earwitness.audio.decode import Stream
from earwitness.corpora.lfs_pointers import without_pointers
from earwitness.corpora.scan_report import ScanReport, noted
from earwitness.errors import BadInput

QUIETEST = 1e-3
"""Peak below which a file counts as silent, of full scale (-60 dB): our choice, no corpus names one."""


def without_soundless(
    rows: pl.DataFrame, root: str | os.PathLike[str], report: ScanReport, quietest: float = QUIETEST
) -> tuple[pl.DataFrame, ScanReport]:
    """The rows whose files have sound.

    Args:
        rows: with `path` and `bytes`; files of no bytes are left to `scanned`.
        root: that the paths start from.
        report: of the scan so far.
        quietest: peak, of full scale, that a file must reach somewhere.

    Returns:
        The rows with sound, and the report with the others: silent ones are `dropped`.
    """
    rows, report = without_pointers(rows, root, report)
    silent: list[str] = []
    broken: list[str] = []
    for path in rows.filter(pl.col("bytes") > 0)["path"]:
        try:
            with Stream(Path(root) / path, sample_rate=None) as stream:
                if not any(float(np.abs(block).max(initial=0.0)) >= quietest for block in stream):
                    silent.append(path)
        except BadInput:
            broken.append(path)
    kept = rows.filter(~pl.col("path").is_in(silent + broken))
    report = msgspec.structs.replace(report, dropped=noted(pl.Series(silent, dtype=pl.String)))
    if broken:
        report = msgspec.structs.replace(report, unreadable=noted(pl.Series(broken, dtype=pl.String)))
    return kept, report
