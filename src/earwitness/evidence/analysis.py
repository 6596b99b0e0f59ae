"""Analyse recordings: what the command line and Python users call."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from earwitness.audio.path_names import FileName, written
from earwitness.errors import BadInput
from earwitness.evidence.batch import run
from earwitness.evidence.equipment import Equipment
from earwitness.evidence.finding import Failure, Findings, RecordingFinding
from earwitness.evidence.folder import recordings

Paths = FileName | Iterable[FileName]


def analyze(
    paths: Paths,
    *,
    reference: Paths = (),
    prior: float = 0.5,
    hop: float = 0.5,
    equipment: Equipment | None = None,
    threads: int | None = None,
    localiser: str | os.PathLike[str] | None = None,
    resolution: float | None = None,
) -> Findings:
    """Analyse recordings: is the voice real, where, and how sure are we.

    Args:
        paths: one recording or several; folders are searched for audio.
        reference: recordings of a known voice to compare with; none = no comparison.
        prior: probability of bona fide before anything is heard, above 0 and below 1. It changes the
            probability, never the likelihood ratio or the decision.
        hop: from window to window in the timeline, in seconds, 0.02 to the window's length. It
            changes the timeline alone.
        equipment: loaded instruments; the shipped ones when `None`.
        threads: chunks encoded at once; as many as there are processors when `None`. This and what
            follows is for instruments that are loaded here.
        localiser: folder of a localiser (`earwitness export`), which says frame by frame which
            stretches differ; none ships.
        resolution: length of its frames, in seconds; the one that it shows when `None`.

    Returns:
        Findings in the order of the paths; what could not be analysed stands in `errors`.

    Raises:
        BadInput: when an option is out of range, a path does not exist, there is nothing to
            analyse, or a reference cannot be used.
    """
    given = recordings(paths)
    equipment = equipment or Equipment(
        threads=threads, localiser=None if localiser is None else Path(localiser), resolution=resolution
    )
    check_options(equipment, prior=prior, hop=hop)
    equipment.enrol(_several(reference))
    done = [one.result for one in run(given.paths, equipment, prior=prior, hop=hop)]
    found = [result for result in done if isinstance(result, RecordingFinding)]
    failed = [result for result in done if isinstance(result, Failure)]
    failed += [Failure(path=written(folder), reason=reason) for folder, reason in given.unreadable]
    return Findings(model=equipment.model, recordings=tuple(found), errors=tuple(failed))


def check_options(equipment: Equipment, *, prior: float, hop: float) -> None:
    """Refuse options that mean nothing.

    Raises:
        BadInput: when one is out of its range.
    """
    if not 0 < prior < 1:
        raise BadInput(f"is a probability above 0 and below 1, not {prior}", where="--prior")
    longest = equipment.detection.manifest.window_seconds
    if not 0.02 <= hop <= longest:
        raise BadInput(f"is 0.02 to {longest:g} seconds, not {hop}", where="--hop")


def _several(paths: Paths) -> Sequence[FileName]:
    return [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
