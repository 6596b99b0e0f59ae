"""`earwitness analyze`: recordings in, findings out."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from earwitness.audio.path_names import one_line, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from earwitness.evidence.finding import Findings
    from earwitness.evidence.journal import Pictures


def analyze(
    *paths: str,
    reference: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    out: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    prior: float = 0.5,
    hop: float = 0.5,
    quality: bool = True,
    threads: int | None = None,
    instrument: Path | None = None,
    localiser: Path | None = None,
    resolution: float | None = None,
) -> int:
    """Analyse recordings: is the voice real, where, and how sure are we.

    Args:
        paths: Recordings, or folders that are searched for them.
        reference: Recordings of a known voice: is it the same?
        out: Folder for findings.json, findings.parquet and report.html. What already stands there
            for the same files is not done again.
        json: Print the findings as JSON, and nothing else.
        prior: Probability of a real voice before anything is heard, above 0 and below 1. Changes the
            probability, never the likelihood ratio or the decision.
        hop: Seconds from window to window in the timeline.
        quality: Predict listening quality too (DNSMOS); it takes most of the time of a short clip.
        threads: Processors to use; all that are free when not given. Changes no finding.
        instrument: Folder of another detection instrument than the shipped one.
        localiser: Folder of a localiser (earwitness export): which stretches differ from the rest,
            frame by frame, with what it was measured on. None ships.
        resolution: Length of the localiser's frames, in seconds (0.02 to 0.64); its own choice when not
            given.

    Returns:
        0 when all was analysed, 1 when some was not.
    """
    from earwitness.evidence.folder import recordings
    from earwitness.evidence.whole_files import writable_folder

    given = recordings(paths)
    if out is not None:
        writable_folder(out)

    from earwitness.evidence.analysis import check_options
    from earwitness.evidence.batch import run
    from earwitness.evidence.equipment import Equipment
    from earwitness.evidence.finding import Failure, Findings, RecordingFinding
    from earwitness.evidence.journal import Pictures

    equipment = Equipment(
        instrument, threads=threads, quality=quality, localiser=localiser, resolution=resolution
    )
    check_options(equipment, prior=prior, hop=hop)
    equipment.enrol(reference)
    pictures = None if out is None else Pictures(out / "pictures")
    found: list[RecordingFinding] = []
    failed = [Failure(path=written(folder), reason=reason) for folder, reason in given.unreadable]
    for failure in failed:
        _tell_failure(failure.path, failure.reason)
    remembered = 0
    with _progress(given.paths) as advance:
        for done in run(
            given.paths,
            equipment,
            prior=prior,
            hop=hop,
            out=out,
            pictures=pictures,
            advance=lambda share: advance(given.paths[0], share),
        ):
            advance(done.path, 1.0)
            remembered += done.remembered
            if isinstance(done.result, Failure):
                failed.append(done.result)
                _tell_failure(done.result.path, done.result.reason)
            else:
                found.append(done.result)
                if not json:
                    from earwitness.cli.summary import tell

                    tell(done.result)
    findings = Findings(model=equipment.model, recordings=tuple(found), errors=tuple(failed))
    report = None if out is None or pictures is None else _write(findings, pictures, out, equipment)
    if json:
        from earwitness.evidence.findings_files import to_json

        sys.stdout.buffer.write(to_json(findings))
        sys.stdout.buffer.flush()
    else:
        from earwitness.cli.summary import tell_all

        tell_all(findings, passed_over=given.passed_over, remembered=remembered, report=report)
    return 1 if failed else 0


def _write(findings: Findings, pictures: Pictures, out: Path, equipment: object) -> Path:
    """All files of the output folder, each whole."""
    from earwitness.evidence.equipment import Equipment
    from earwitness.evidence.findings_files import write_json, write_table
    from earwitness.evidence.report.render import render

    assert isinstance(equipment, Equipment)
    write_json(findings, out / "findings.json")
    write_table(findings, out / "findings.parquet")
    command = shlex.join(["earwitness", *(written(word) for word in sys.argv[1:])])
    return render(findings, pictures, out=out, command=command, manifest=equipment.detection.manifest)


def _tell_failure(path: str, reason: str) -> None:
    print(f"earwitness: {one_line(path)}: {reason}", file=sys.stderr)


@contextmanager
def _progress(paths: tuple[str, ...]) -> Iterator[Callable[[str, float], None]]:
    """A bar with the time left on the terminal's error stream; elsewhere, nothing."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    sizes = {path: _size(path) for path in paths}
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *([MofNCompleteColumn()] if len(paths) > 1 else []),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        redirect_stdout=sys.stdout.isatty(),
        transient=True,
    ) as bar:
        # Two tasks would show two bars: the time left comes from the bytes, the count from the files.
        task = bar.add_task("analysing", total=float(len(paths)))
        whole, heard = max(1, sum(sizes.values())), dict.fromkeys(paths, 0.0)
        total = [0.0]

        def advance(path: str, share: float) -> None:
            total[0] += (share - heard[path]) * sizes[path]
            heard[path] = share
            bar.update(task, completed=total[0] / whole * len(paths))

        yield advance


def _size(path: str) -> int:
    try:
        return max(1, os.stat(path).st_size)  # noqa: PTH116 - a Path cannot hold any bytes
    except OSError:
        return 1
