"""Sessions of the DAIC interviews: labels in either naming, turns in either transcript format."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.headed_table import numbers, read_headed
from earwitness.corpora.interview_windows import interview_windows
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import choice, join_key, scanned
from earwitness.errors import BadInput

ROWS = ("session", "turns", "windows")
BINARY = ("as-labelled", "from-score")
THRESHOLD = 10.0
"""PHQ-8 score from which a session counts as depressed."""
SEGMENTS = pl.List(pl.Struct({"start": pl.Float64, "end": pl.Float64, "label": pl.String}))
_NAMES = {
    "participant_id": "id", "gender": "gender", "phq_binary": "phq_binary", "phq8_binary": "phq_binary",
    "phq_score": "phq_score", "phq8_score": "phq_score", "pcl-c (ptsd)": "pcl_c", "pcl-c": "pcl_c",
    "ptsd severity": "ptsd_severity",
}  # fmt: skip
_GENDERS = {
    "0": "female",
    "1": "male",
    "female": "female",
    "male": "male",
    "f": "female",
    "m": "male",
    "": "",
}
_NUMBERS = ("phq_binary", "phq_score", "pcl_c", "ptsd_severity")


def read_labels(path: str | os.PathLike[str]) -> pl.DataFrame:
    """A label file of DAIC-WOZ or E-DAIC.

    Returns:
        `id`, `gender` (male, female or empty), `phq_binary`, `phq_score` (0 to 24), `pcl_c`,
        `ptsd_severity`, null where the file does not have them.

    Raises:
        BadInput: when it names no participants, one twice, an unknown gender, or a score that cannot be.
    """
    table = read_headed(path)
    names = {column: _NAMES[column.lower()] for column in table.columns if column.lower() in _NAMES}
    if "id" not in names.values():
        raise BadInput("has no column 'Participant_ID'", where=str(path))
    if len(set(names.values())) < len(names):
        raise BadInput("has PHQ and PHQ8 columns; which of them counts is not clear", where=str(path))
    table = table.select(pl.col(column).alias(name) for column, name in names.items())
    twice = table["id"].filter(table["id"].is_duplicated())
    if len(twice):
        raise BadInput(f"names the participant {twice[0]!r} more than once", where=str(path))
    gender = table["gender"].str.to_lowercase() if "gender" in table.columns else pl.Series([""] * len(table))
    odd = gender.filter(~gender.is_in(list(_GENDERS)))
    if len(odd):
        raise BadInput(f"column 'Gender' holds {odd[0]!r}, not male, female, 0 or 1", where=str(path))
    nothing = pl.Series([None] * len(table), dtype=pl.Float64)
    values = {name: numbers(table, name, path) if name in table.columns else nothing for name in _NUMBERS}
    for name, top in (("phq_binary", 1), ("phq_score", 24)):
        bad = values[name].filter((values[name] < 0) | (values[name] > top))
        if len(bad):
            raise BadInput(f"{name} of {bad[0]:g} is not within 0 to {top}", where=str(path))
    return pl.DataFrame(
        {"id": table["id"], "gender": gender.replace_strict(_GENDERS, return_dtype=pl.String), **values}
    )


def read_turns(path: str | os.PathLike[str], unlabelled: str = "participant") -> pl.DataFrame:
    """The turns of a transcript, in either format.

    Args:
        path: `<id>_TRANSCRIPT.csv` (start_time, stop_time, speaker, value; tabs) or `<id>_Transcript.csv`
            (Start_Time, End_Time, Text, Confidence).
        unlabelled: who speaks, where the transcript does not say.

    Returns:
        `start` and `end` in seconds, `label` (participant or interviewer), `transcript`; turns that end
        before they start are left out, in order of their starts.

    Raises:
        BadInput: when columns are missing or a time is not a number.
    """
    table = read_headed(path)
    lower = {column.lower(): column for column in table.columns}
    end = lower.get("stop_time", lower.get("end_time"))
    text = lower.get("value", lower.get("text"))
    if "start_time" not in lower or end is None or text is None:
        raise BadInput("has not the columns of a transcript: start, end and text", where=str(path))
    who = pl.lit(unlabelled)
    if "speaker" in lower:
        who = (
            pl.when(pl.col(lower["speaker"]).str.to_lowercase() == "ellie")
            .then(pl.lit("interviewer"))
            .otherwise(pl.col(lower["speaker"]).str.to_lowercase())
        )
    turns = table.select(
        numbers(table, lower["start_time"], path).alias("start"),
        numbers(table, end, path).alias("end"),
        who.alias("label"),
        pl.col(text).alias("transcript"),
    )
    return turns.filter(pl.col("end") > pl.col("start")).sort("start", maintain_order=True)


def scan_interviews(
    card: CorpusCard,
    root: str | os.PathLike[str],
    label_files: dict[str, tuple[str, ...]],
    *,
    rows: str,
    binary: str,
    unlabelled: str = "participant",
) -> Corpus:
    """The sessions of a release, or the participant's turns in them.

    Args:
        card: of the release.
        root: with the folders `<id>_P` and the label files, at any depth.
        label_files: split -> names of its label file, the best first.
        rows: "session" (one row a session, turns as segments), "turns" (one row a turn of the participant;
            the session is its group) or "windows" (one row a window of 10 s, every 5 s).
        binary: "as-labelled", or "from-score" (10 and more).
        unlabelled: who speaks in a transcript that does not say.

    Raises:
        BadInput: when no label file is there, or a file is not sound.
    """
    choice("kind of rows", rows, ROWS)
    choice("rule of the binary label", binary, BINARY)
    labels = _labels(Path(root), label_files)
    key = labels.with_columns(pl.format("{}_AUDIO", "id").alias("stem"))
    found, report = join_key(key, file_tree(root, (".wav",)), where="label files")
    wrong = found.filter((pl.col("phq_score") >= THRESHOLD) != (pl.col("phq_binary") == 1))
    if len(wrong):
        ids = ", ".join(wrong["id"].sort().head(10))
        note = f"{len(wrong)} binary labels do not follow from the score ({THRESHOLD:g} and more): {ids}"
        report = _noting(report, note)
    if binary == "from-score":
        found = found.with_columns((pl.col("phq_score") >= THRESHOLD).cast(pl.Float64).alias("phq_binary"))
    turns = _turns(root, found, unlabelled)
    none = [row for row in found["id"] if row not in turns]
    if none:
        report = _noting(
            report, f"{len(none)} sessions have no transcript, so no turns: {', '.join(none[:10])}"
        )
    found = found.with_columns(
        pl.col("id").alias("speaker"), pl.col("id").alias("session"), pl.lit("en").alias("language")
    )
    columns = ("session", "gender", "language", "phq_binary", "phq_score", "pcl_c", "ptsd_severity")
    if rows in ("session", "windows"):
        spans = [
            turns[row].select("start", "end", "label").to_dicts() if row in turns else []
            for row in found["id"]
        ]
        table = found.with_columns(pl.Series("segments", spans, dtype=SEGMENTS))
        whole = scanned(card, table, root, report, labels=(*columns, "segments"))
        return whole if rows == "session" else interview_windows(whole)
    spoken = [
        turns[row].filter(pl.col("label") == "participant").with_row_index("turn")
        .with_columns(pl.lit(row).alias("id"))
        for row in found["id"] if row in turns
    ]  # fmt: skip
    if not spoken:
        raise BadInput("has no transcripts, so there are no turns", where=str(root))
    table = found.join(pl.concat(spoken), on="id", how="inner", maintain_order="left").with_columns(
        pl.col("id").alias("group"),
        pl.format("{}-{}", "id", pl.col("turn").cast(pl.String).str.zfill(4)).alias("id"),
    )
    card = msgspec.structs.replace(card, expected=())
    return scanned(card, table, root, report, labels=(*columns, "transcript"))


def _noting(report: ScanReport, note: str) -> ScanReport:
    return msgspec.structs.replace(report, notes=(*report.notes, note))


def _labels(root: Path, label_files: dict[str, tuple[str, ...]]) -> pl.DataFrame:
    if not root.is_dir():
        raise BadInput("is not a folder; give the top folder of the corpus", where=str(root))
    tables = []
    for split, names in label_files.items():
        path = next(
            (place / name for name in names for place in (root / "labels", root) if (place / name).is_file()),
            None,
        )
        if path is not None:
            tables.append(read_labels(path).with_columns(pl.lit(split).alias("split")))
    if not tables:
        wanted = ", ".join(names[0] for names in label_files.values())
        raise BadInput(f"has no label file; wanted in it or in its folder labels: {wanted}", where=str(root))
    return pl.concat(tables)


def _turns(root: str | os.PathLike[str], found: pl.DataFrame, unlabelled: str) -> dict[str, pl.DataFrame]:
    tree = file_tree(root, (".csv",)).with_columns(
        pl.col("stem").str.extract(r"^([0-9]+)_(?i:transcript)$").alias("id")
    )
    wanted = tree.filter(pl.col("id").is_in(found["id"].to_list()))
    return {
        row: read_turns(Path(root) / path, unlabelled)
        for row, path in wanted.select("id", "path").iter_rows()
    }
