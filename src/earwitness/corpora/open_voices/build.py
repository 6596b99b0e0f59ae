"""Building open-voices: plan, make what is missing, write the table."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import polars as pl
import soundfile

from earwitness.audio.channel import RATE
from earwitness.corpora.corpus import COLUMNS, Corpus
from earwitness.corpora.open_voices.plan import Row
from earwitness.corpora.open_voices.record import audio_path, facts_path, tabulate
from earwitness.corpora.open_voices.row import Facts, make_row
from earwitness.corpora.parts import only, parts_of
from earwitness.errors import BadInput
from earwitness.whole_file import write_whole

Given = TypeVar("Given")
Result = TypeVar("Result")
TABLE = "corpus.parquet"
FAILED = "failed.json"
CODEBOOKS = "codebooks"
_PART = ".part"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What a build ended with.

    Args:
        table: of the corpus.
        made: rows made in this run.
        found: rows that were there already.
        failed: row id -> why it could not be made.
    """

    table: pl.DataFrame
    made: int
    found: int
    failed: dict[str, str]


def build(
    rows: list[Row],
    folder: Path,
    sources: Path,
    kokoro: Path,
    *,
    name: str = "open-voices",
    workers: int = 2,
    progress: Callable[[int, int], object] | None = None,
) -> Built:
    """Make all rows that are not there yet, then write `corpus.parquet` and a table of each part.

    Every clip is written whole or not at all, so a build that was stopped at any point goes
    on where it was. A row that an engine refuses is left out and told.

    Args:
        rows: as planned.
        folder: of the corpus; made if it is not there.
        sources: folder of unpacked packages.
        kokoro: folder of Kokoro's files.
        name: of the corpus.
        workers: processes that make rows; 0 makes them in this one, with the threads that it has.
        progress: called with (rows done, rows).

    Raises:
        BadInput: when nothing could be made, or the folder cannot be written to.
    """
    try:
        (folder / "audio").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot be written to: {error.strerror}", where=str(folder)) from error
    for ending in (_PART, ".partial"):  # left by a build that was killed
        for left in (folder / "audio").glob(f"*/*{ending}"):
            left.unlink(missing_ok=True)
    for left in folder.glob(f"*.parquet.*{_PART}"):
        left.unlink(missing_ok=True)
    missing = [row for row in rows if not (folder / audio_path(row)).exists()]
    done = len(rows) - len(missing)
    failed: dict[str, str] = {}
    if progress is not None:
        progress(done, len(rows))
    make = partial(_made, folder=folder, sources=sources, kokoro=kokoro)
    for row, refusal in zip(missing, in_turn(make, missing, workers), strict=True):
        if refusal:
            failed[row.id] = refusal
        done += 1
        if progress is not None:
            progress(done, len(rows))
    table = tabulate([row for row in rows if row.id not in failed], folder)
    if not len(table):
        raise BadInput("nothing could be made", where=str(folder))
    write_whole(folder / FAILED, msgspec.json.format(msgspec.json.encode(failed)))
    _write(table, folder, name)
    return Built(table=table, made=len(missing) - len(failed), found=len(rows) - len(missing), failed=failed)


def _write(table: pl.DataFrame, folder: Path, name: str) -> None:
    """The tables of the parts, then the whole one: while that is not there, the corpus is not built."""
    for part in parts_of(table):
        rows = only(table, part)
        # A column that the part does not have is left out, so that who needs it is refused.
        had = [column for column in rows.columns if rows[column].null_count() < len(rows)]
        kept = rows.select(column for column in rows.columns if column in {*had, *COLUMNS})
        Corpus(kept, f"{name}, {part}").write(folder / f"{part}.parquet")
    Corpus(table, name).write(folder / TABLE)


def in_turn(make: Callable[[Given], Result], rows: Sequence[Given], workers: int) -> Iterator[Result]:
    """What `make` gives for each row, in order; with no workers it is made in this process.

    Workers compute with one thread each: the sums of a matrix product depend on how many threads share
    it, and a vocoder's iterations make a difference of that into one of the recording.
    """
    if workers <= 0:
        yield from map(make, rows)
        return
    # Spawned, not forked: the parent has threads of polars, whose locks a fork would copy.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        with _environment(dict.fromkeys(_THREADS, "1")):
            found = pool.map(make, rows, chunksize=4)  # starts the workers, which inherit it
        yield from found


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _end_with_parent() -> None:
    """End this process when its parent is gone: a killed build leaves nobody who goes on."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _made(row: Row, folder: Path, sources: Path, kokoro: Path) -> str:
    """Make one row; what went wrong, or an empty string."""
    try:
        samples, facts = make_row(row, sources, kokoro, folder / CODEBOOKS)
    except BadInput as refusal:
        return str(refusal)
    path = folder / audio_path(row)
    path.parent.mkdir(exist_ok=True)
    # The facts first: where the clip is, they are.
    if facts != Facts():
        write_whole(folder / facts_path(row), msgspec.json.encode(facts))
    part = path.with_suffix(f".{os.getpid()}{_PART}")
    soundfile.write(part, samples, RATE, format="FLAC", subtype="PCM_16")
    part.replace(path)
    return ""
