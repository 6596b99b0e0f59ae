"""`earwitness corpora trials`: a trial list of a public corpus as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts
import msgspec

from earwitness.corpora.trial_lists import trials as named_trials
from earwitness.errors import BadInput


def trials(
    name: str,
    root: Path,
    *,
    which: Annotated[str, cyclopts.Parameter(name="--list")],
    out: Path,
    json: bool = False,
) -> int:
    """Read a trial list of speaker verification, count it, and write its table.

    Args:
        name: of the corpus (voxceleb1, asvspoof5).
        root: its top folder.
        which: of its lists: O, E, H (voxceleb1); validation, test (asvspoof5).
        out: the table to be written, Parquet.
        json: print JSON.
    """
    if not out.parent.is_dir():
        raise BadInput("is not in a folder that is there", where=str(out))
    found = named_trials(name, root, which)
    written = found.write(out)
    labels = {
        str(label): count for label, count in found.table.group_by("label").len().sort("label").iter_rows()
    }
    if json:
        told = {
            "trials": len(found),
            "labels": labels,
            "enrolled": len(found.enrolment),
            "path": str(written),
        }
        print(msgspec.json.encode(told).decode())
    else:
        counts = ", ".join(f"{label} {count:,}" for label, count in labels.items())
        print(f"{len(found):,} trials: {counts}")
        print(written)
    return 0
