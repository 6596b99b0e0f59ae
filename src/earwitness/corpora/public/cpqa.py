"""CPQA-Evaluation-Set: questions about what is said and how, on clips of video talk from Singapore."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import polars as pl

from earwitness.corpora.arrow_rows import audio_of, read_part, shards, text_of
from earwitness.corpora.corpus import COLUMNS, Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, scanned
from earwitness.errors import BadInput

CARD = CorpusCard(
    name="cpqa",
    title="CPQA-Evaluation-Set",
    tasks=("question answering",),
    licence="not established",
    access="open",
    get="huggingface.co, dataset MERaLiON/CPQA-Evaluation-Set, downloaded as it is",
    citation="Wang et al., Contextual paralinguistic data creation for multi-modal speech-LLM: data "
    "condensation and spoken QA generation, Interspeech 2025",
    languages=("en", "zh"),
    hours=6.5,
    expected=(Expected(rows=2_647),),
    notes=(
        "To test on only: split is test.",
        "480 clips of 30 to 60 s; 2,647 questions were made by a language model, people wrote others beside "
        "them. Rows with the same audio are one group.",
        "The layout is inferred: an error of the hub's viewer names a key of save_to_disk's state.json. The "
        "columns are those of the same group's other sets (context, instruction, answer, other_attributes); "
        "question, answer and a flat audio column are read, too.",
        "Rows point into Arrow or Parquet files (column member, the row's number); "
        "earwitness.corpora.stored_signal gives the samples.",
    ),
)
QUESTIONS, ANSWERS = ("instruction", "question"), ("answer", "output", "response")


def scan(root: str | os.PathLike[str]) -> Corpus:
    """One row a question.

    Args:
        root: the downloaded folder: `state.json` and Arrow files, also in folders, or Parquet files.

    Returns:
        `question`, `answer`, `member` (number of the row in its file), `rate` in Hz, and the plain columns
        that the files have beside them; `end` is the length of the audio, `group` names the audio.

    Raises:
        BadInput: when no file is there, one cannot be read, or it has no question and answer. Files that
            `state.json` names and that are missing, or hold no bytes, are told.
    """
    rows: list[dict[str, Any]] = []
    broken: list[str] = []
    found = shards(root)
    for inside in found.whole:
        path = Path(root) / inside
        table = read_part(path)
        question = next((name for name in QUESTIONS if name in table.columns), None)
        answer = next((name for name in ANSWERS if name in table.columns), None)
        if question is None or answer is None:
            raise BadInput(
                f"has no question and answer; its columns: {', '.join(table.columns)}", where=str(path)
            )
        for number, row in enumerate(table.iter_rows(named=True)):
            try:
                samples, rate = audio_of(row, f"{path}, row {number}")
            except BadInput:
                broken.append(f"{inside}, row {number}")
                continue
            rows.append(
                {
                    **_plain(row),
                    "id": f"{inside.rsplit('.', 1)[0]}-{number:05}",
                    "path": inside,
                    "member": str(number),
                    "rate": float(rate),
                    "start": 0.0,
                    "end": len(samples) / rate,
                    "split": "test",
                    "group": hashlib.sha256(samples.tobytes()).hexdigest()[:16],
                    "question": text_of(row[question]),
                    "answer": text_of(row[answer]),
                }
            )
    report = ScanReport(
        unreadable=noted(pl.Series(broken, dtype=pl.String)),
        missing=noted(pl.Series(found.missing, dtype=pl.String)),
        empty=noted(pl.Series(found.empty, dtype=pl.String)),
        extra=noted(pl.Series(found.extra, dtype=pl.String)),
    )
    made = (
        pl.DataFrame(rows, infer_schema_length=None)
        if rows
        else pl.DataFrame(schema={"id": pl.String, "path": pl.String})
    )
    kept = [column for column in made.columns if column not in COLUMNS]
    return scanned(CARD, made, Path(root), report, labels=kept)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Text, numbers and truth values beside audio, question and answer; those of `other_attributes` too."""
    beside = row.get("other_attributes")
    beside = beside if isinstance(beside, dict) else {}
    taken = {*QUESTIONS, *ANSWERS, *COLUMNS, "member", "rate", "source", "synthetic", "licence", "signal"}
    return {
        name.lower(): value
        for name, value in {**beside, **row}.items()
        if isinstance(value, str | int | float | None) and name.lower() not in taken
    }
