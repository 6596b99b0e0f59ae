"""Analyse many recordings: several at once, in order, each written down when it is done."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from earwitness.audio.path_names import written
from earwitness.errors import BadInput
from earwitness.evidence.equipment import Equipment
from earwitness.evidence.finding import Failure, RecordingFinding
from earwitness.evidence.hearing import Stopped, analyze_one
from earwitness.evidence.journal import Journal, Pictures
from earwitness.evidence.picture import Picture


class Done(NamedTuple):
    """One recording that is finished.

    Args:
        path: as it was found.
        result: what was found, or why not.
        remembered: whether it was taken from the journal of an earlier run.
    """

    path: str
    result: RecordingFinding | Failure
    remembered: bool


def options_hash(equipment: Equipment, *, prior: float, hop: float) -> str:
    """Hash of all that changes a finding beside the recording: model, encoder, options, references."""
    model = equipment.model
    parts = (
        model.sha256, model.earwitness, equipment.encoder.revision, repr(prior), repr(hop),
        repr(equipment.quality), *equipment.reference_hashes,
        *(side.sha256 for side in equipment.sides.values()),
        *(() if (one := equipment.localiser) is None else (one.sha256, repr(one.resolution.seconds))),
    )  # fmt: skip
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def run(
    paths: Sequence[str],
    equipment: Equipment,
    *,
    prior: float,
    hop: float,
    out: Path | None = None,
    pictures: Pictures | None = None,
    advance: Callable[[float], object] | None = None,
) -> Iterator[Done]:
    """Analyse recordings and give each as soon as it and all before it are done.

    Args:
        paths: of the recordings.
        equipment: loaded instruments.
        prior: probability of bona fide before anything is heard.
        hop: from window to window in the timeline, in seconds.
        out: folder with the journal; what stands there already is not done again.
        pictures: where to keep what a report draws.
        advance: told the share of a recording that has been heard, 0 to 1, when there is only one.

    Returns:
        What is done, in the order of the paths.

    Raises:
        BadInput: when the output folder cannot be written to any more.
    """
    journal = Journal(out, options_hash(equipment, prior=prior, hop=hop)) if out else None
    stop = threading.Event()
    at_once = min(len(paths), equipment.encoder.threads)
    single = advance if len(paths) == 1 else None

    def work(path: str) -> tuple[RecordingFinding | Failure, Picture | None]:
        try:
            known = None if journal is None else journal.find(path)
            if known is not None and (pictures is None or pictures.has(known)):
                return known, None
            return analyze_one(path, equipment, prior=prior, hop=hop, stop=stop, advance=single)
        except Stopped:
            raise
        except BadInput as refusal:
            return Failure(path=written(path), reason=refusal.reason), None
        except MemoryError:
            return Failure(path=written(path), reason="not enough memory; close other programs"), None
        except Exception as error:
            # One recording must never end the work on all the others.
            kind = f"{type(error).__name__}: {error}".splitlines()[0]
            return Failure(path=written(path), reason=f"internal error ({kind}); please report it"), None

    pool = ThreadPoolExecutor(max(1, at_once), thread_name_prefix="recording")
    waiting: deque[tuple[str, Future[tuple[RecordingFinding | Failure, Picture | None]]]] = deque()
    coming = iter(paths)
    try:
        while True:
            while len(waiting) <= at_once and (path := next(coming, None)) is not None:
                waiting.append((path, pool.submit(work, path)))
            if not waiting:
                return
            path, future = waiting.popleft()
            result, picture = future.result()
            remembered = picture is None and isinstance(result, RecordingFinding)
            if isinstance(result, RecordingFinding) and picture is not None:
                if pictures is not None:
                    pictures.add(result, picture)
                if journal is not None:
                    journal.add(result)
            yield Done(path, result, remembered)
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        if journal is not None:
            journal.close()
