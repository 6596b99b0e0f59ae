"""Building open-voices: plan, make what is missing, write the table."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import msgspec
import polars as pl
import soundfile

from earwitness.audio.channel import RATE
from earwitness.audio.recording import Recording
from earwitness.corpora.open_voices.plan import Row
from earwitness.corpora.open_voices.row import family, make_row
from earwitness.errors import BadInput
from earwitness.whole_file import write_whole

TABLE = "corpus.parquet"
FAILED = "failed.json"


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
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Built:
    """Make all rows that are not there yet, then write `corpus.parquet`.

    Every clip is written whole or not at all, so a build that was stopped at any point goes
    on where it was. A row that an engine refuses is left out and told.

    Args:
        rows: as planned.
        folder: of the corpus; made if it is not there.
        sources: folder of unpacked packages.
        kokoro: folder of Kokoro's files.
        workers: processes.
        progress: called with (rows done, rows).

    Raises:
        BadInput: when nothing could be made, or the folder cannot be written to.
    """
    try:
        (folder / "audio").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot be written to: {error.strerror}", where=str(folder)) from error
    missing = [row for row in rows if not (folder / audio_path(row)).exists()]
    done = len(rows) - len(missing)
    failed: dict[str, str] = {}
    if progress is not None:
        progress(done, len(rows))
    make = partial(_made, folder=folder, sources=sources, kokoro=kokoro)
    for row, refusal in zip(missing, _in_turn(make, missing, workers), strict=True):
        if refusal:
            failed[row.id] = refusal
        done += 1
        if progress is not None:
            progress(done, len(rows))
    table = tabulate([row for row in rows if row.id not in failed], folder)
    if not len(table):
        raise BadInput("nothing could be made", where=str(folder))
    write_whole(folder / FAILED, msgspec.json.format(msgspec.json.encode(failed)))
    part = folder / f"{TABLE}.part"
    table.write_parquet(part)
    part.replace(folder / TABLE)
    return Built(table=table, made=len(missing) - len(failed), found=len(rows) - len(missing), failed=failed)


def _in_turn(make: Callable[[Row], str], rows: list[Row], workers: int) -> Iterator[str]:
    """What `make` gives for each row, in order; one worker is this process itself."""
    if workers <= 1:
        yield from map(make, rows)
        return
    # Spawned, not forked: the parent has threads of polars, whose locks a fork would copy.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(make, rows, chunksize=4)


def audio_path(row: Row) -> Path:
    """Path of a row's clip below the corpus folder."""
    return Path("audio") / row.id[-2:] / f"{row.id}.flac"


def tabulate(rows: list[Row], folder: Path) -> pl.DataFrame:
    """The table of a corpus whose clips are there, one row an utterance (see `Corpus`)."""
    return pl.DataFrame([_record(row, folder) for row in rows], infer_schema_length=None)


def _made(row: Row, folder: Path, sources: Path, kokoro: Path) -> str:
    """Make one row; what went wrong, or an empty string."""
    try:
        samples = make_row(row, sources, kokoro)
    except BadInput as refusal:
        return str(refusal)
    path = folder / audio_path(row)
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    soundfile.write(part, samples, RATE, format="FLAC", subtype="PCM_16")
    part.replace(path)
    return ""


def _record(row: Row, folder: Path) -> dict[str, object]:
    path = audio_path(row)
    samples, rate = soundfile.read(folder / path, dtype="float32")
    spoken = row.kind == "spoken"
    return {
        "id": row.id,
        "path": str(path),
        "start": 0.0,
        "end": len(samples) / rate,
        "split": "train",
        "speaker": "" if spoken else row.clip.speaker,
        "group": row.group,
        "label": "bona fide" if row.kind == "real" else "spoof",
        "attack": row.engine,
        "engine": row.engine,
        "family": family(row.engine),
        "voice": row.voice,
        "language": row.language,
        "source": row.clip.source if not spoken else row.engine,
        "role": "" if spoken else row.clip.role,
        "transcript": row.text if spoken else row.clip.transcript,
        "synthetic": row.kind != "real",
        "licence": "NOASSERTION" if spoken else row.clip.licence,  # the sentence has an author of its own
        "emotion": "" if spoken else row.clip.emotion,
        "partner": row.clip.id,
        "partner_source": row.clip.source,
        "channel": row.channel.name,
        "channel_settings": msgspec.json.encode(row.channel).decode(),
        "signal": "audio",
        "sha256": Recording.of(samples, rate).sha256,
    }
