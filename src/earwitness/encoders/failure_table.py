"""What could not be encoded, as a table that can be worked through."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from earwitness.encoders.encoding import Failure
from earwitness.whole_file import write_whole

_SCHEMA = {"path": pl.String, "start": pl.Float64, "end": pl.Float64, "reason": pl.String}


def write_failures(path: Path, failures: Sequence[Failure]) -> None:
    """Write the table of one run, whole or not at all; without failures an old one goes.

    Args:
        path: of the CSV file: path, start and end (s, empty for the whole file), reason.
        failures: of the run.

    Raises:
        BadInput: when it cannot be written.
    """
    if not failures:
        path.unlink(missing_ok=True)
        return
    table = pl.DataFrame([tuple(failure) for failure in failures], schema=_SCHEMA, orient="row")
    write_whole(path, table.write_csv().encode())
