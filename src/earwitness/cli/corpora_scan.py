"""`earwitness corpora scan`: from a copy of a corpus to its table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import cyclopts
import msgspec
import polars as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.corpora.catalogue import card
from earwitness.corpora.catalogue import scan as scan_corpus
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_hashes import corpus_hashes
from earwitness.corpora.durations import seconds_of, with_durations
from earwitness.corpora.file_record import record_path
from earwitness.errors import BadInput

_COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
SHOWN = 30
"""Values of a column that are shown with their counts."""


def scan(
    name: str,
    root: Path,
    *,
    out: Path | None = None,
    set_: Annotated[list[str] | None, cyclopts.Parameter(name="--set", negative="")] = None,
    durations: bool = False,
    hashes: bool = False,
    workers: int | None = None,
    json: bool = False,
) -> int:
    """Scan a copy of a corpus, say what was found and what was left out, and write its table.

    Nothing is converted or copied: the rows point at the files.

    Args:
        name: of the corpus (`earwitness corpora list`), or of a format for data of your own: table, folders,
            kaldi, audformat, lhotse, huggingface.
        root: its top folder.
        out: the table to be written; corpus.parquet in the folder without it.
        set_: choices of the scan, OPTION=VALUE (`earwitness corpora list NAME` names them).
        durations: read the length of each file from its header.
        hashes: read all files and keep their hashes beside the table, for `check` and the record of a run;
            else that is done when they are first wanted.
        workers: threads that read headers.
        json: print JSON.
    """
    options = {}
    for part in set_ or []:
        option, sign, value = part.partition("=")
        if not sign or not option:
            raise BadInput("is not OPTION=VALUE", where=part)
        options[option] = value
    if workers is not None and workers < 1:
        raise BadInput("must be at least 1", where="--workers")
    file = out if out is not None else root / "corpus.parquet"
    if not file.parent.is_dir():
        raise BadInput("is not in a folder that is there", where=str(file))
    console = Console(stderr=True)
    with console.status(f"scanning {root}"):
        found = scan_corpus(name, root, **options)
    if durations:
        with Progress(*_COLUMNS, console=console, transient=True, disable=not sys.stderr.isatty()) as bars:
            task = bars.add_task("reading lengths", total=None)
            found = with_durations(
                found, root, workers=workers,
                progress=lambda done, of: bars.update(task, completed=done, total=of),
            )  # fmt: skip
    written = found.write(file, root)
    record_path(written).unlink(missing_ok=True)  # of an earlier scan
    record = _record(found, name, written)
    if hashes:
        with Progress(*_COLUMNS, console=console, transient=True, disable=not sys.stderr.isatty()) as bars:
            task = bars.add_task("reading files", total=None)
            taken = corpus_hashes(
                Corpus.read(written), root, lambda done, of: bars.update(task, completed=done, total=of)
            )
        record["hashes"] = msgspec.to_builtins(taken)
    print(
        msgspec.json.format(msgspec.json.encode(record), indent=2).decode() if json else _told(record, found)
    )
    return 0


def _record(corpus: Corpus, name: str, written: Path) -> dict[str, Any]:
    table = corpus.table
    seconds = seconds_of(table)
    labels = [column for column in ("split", *card(name).labels, "label") if column in table.columns]
    return {
        "schema": "earwitness.scan/1",
        "name": corpus.name,
        "rows": len(table),
        "speakers": table.filter(pl.col("speaker") != "")["speaker"].n_unique(),
        "groups": table["group"].n_unique(),
        "hours": None if seconds.null_count() else round(float(seconds.sum()) / 3600, 4),
        "columns": table.columns,
        "labels": {column: _counts(table[column]) for column in dict.fromkeys(labels)},
        "report": msgspec.to_builtins(corpus.report),
        "out": str(written),
    }


def _counts(column: pl.Series) -> dict[str, int]:
    counted = column.cast(pl.String).fill_null("").value_counts(name="rows")
    return dict(counted.sort("rows", column.name, descending=[True, False]).iter_rows())


def _told(record: dict[str, Any], corpus: Corpus) -> str:
    hours = "" if record["hours"] is None else f", {record['hours']:.2f} hours"
    known = _many(record["speakers"], "speaker") if record["speakers"] else "speakers not known"
    rows, groups = _many(record["rows"], "row"), _many(record["groups"], "group")
    lines = [f"{record['name']}: {rows}{hours}, {known}, {groups}"]
    for column, counts in record["labels"].items():
        if set(counts) == {""}:
            continue
        shown = ", ".join(f"{value or '-'} {rows:,}" for value, rows in list(counts.items())[:SHOWN])
        rest = f", and {len(counts) - SHOWN} more" if len(counts) > SHOWN else ""
        lines.append(f"{column}: {shown}{rest}")
    if "hashes" in record:
        lines.append(f"SHA-256 of the audio (ids and files): {record['hashes']['audio_sha256']}")
    return "\n".join([*lines, *corpus.report.lines(), f"written: {record['out']}"])


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
