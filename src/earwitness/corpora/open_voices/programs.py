"""The programs that rows need: refused before anything is made, told with their versions."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence

from earwitness.corpora.open_voices.engines import PROGRAMS
from earwitness.corpora.open_voices.plan import Row
from earwitness.errors import BadInput
from earwitness.making.codec import missing_encoders, missing_line
from earwitness.making.codec_grid import GRID

_ASK = {"espeak-ng": "--version", "flite": "--version", "ffmpeg": "-version", "sox": "--version"}
_VERSION = re.compile(r"v?\d+(\.\d+)+[^\s,;]*")


def require_programs(rows: Iterable[Row]) -> None:
    """Refuse rows that cannot be made here because a program or an encoder is missing.

    Args:
        rows: that are still to be made.

    Raises:
        BadInput: in one line: what is missing, how to have it, and how to do without.
    """
    wanted = list(rows)
    _require({row.engine for row in wanted}, {row.coding for row in wanted})


def require_programs_of(parts: Sequence[str]) -> None:
    """Refuse parts of a corpus before anything is fetched, where a program that makes them is missing.

    Raises:
        BadInput: as `require_programs`.
    """
    spoken = {"speech", "partial"} & set(parts)
    _require(set(PROGRAMS) if spoken else set(), set(GRID) if "codec" in parts else set())


def _require(engines: set[str], codings: set[str]) -> None:
    lacking = [
        program for engine, program in PROGRAMS.items() if engine in engines and shutil.which(program) is None
    ]
    if lacking:
        raise BadInput(
            f"not installed, so their speech cannot be made; on Debian: apt-get install {' '.join(lacking)}",
            where=", ".join(lacking),
        )
    without = missing_encoders([GRID[name] for name in sorted(codings) if name in GRID])
    if without:
        raise BadInput(
            f"{missing_line(without)}; or leave the part out with --parts", where="codec round trips"
        )


def versions(rows: Iterable[Row]) -> dict[str, str]:
    """Program -> its version, of those that rows were made with; a corpus is the same only with these.

    Args:
        rows: of the corpus.
    """
    used: set[str] = set()
    for row in rows:
        if row.engine in PROGRAMS:
            used.add(PROGRAMS[row.engine])
        if row.coding in GRID:
            used.add(GRID[row.coding].program)
    told = {}
    for program in sorted(used):
        path = shutil.which(program)
        if path is None:
            continue
        done = subprocess.run([path, _ASK[program]], capture_output=True, text=True, check=False, timeout=60)
        found = _VERSION.search(done.stdout + done.stderr)
        told[program] = found[0] if found else "unknown"
    return told
