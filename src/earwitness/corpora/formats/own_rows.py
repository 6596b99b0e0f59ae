"""From a table of one's own to a corpus: columns by their names or as they are mapped, never guessed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.key_file import relabel
from earwitness.corpora.scanning import join_key, scanned
from earwitness.errors import BadInput

NAMES = {
    "path": ("path", "file", "file_name", "filename", "audio_filepath", "audio", "wav"),
    "id": ("id", "utterance", "utt_id", "utterance_id"),
    "start": ("start", "start_time", "offset"),
    "end": ("end", "end_time"),
    "duration": ("duration",),
    "split": ("split", "subset", "set", "partition"),
    "speaker": ("speaker", "speaker_id", "spk", "spk_id", "client_id"),
    "transcript": ("transcript", "text", "sentence", "transcription"),
    "gender": ("gender", "sex"),
    "language": ("language", "lang", "locale"),
    "label": ("label", "key"),
}
"""Column of a corpus -> names that a table may have for it; the first that is there is taken."""

SPLITS = {
    "train": "train", "training": "train", "trn": "train",
    "dev": "validation", "valid": "validation", "validation": "validation", "val": "validation",
    "test": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
"""Words for the three splits; other words stay as they are, and belong to no official split."""

WITHIN = "lies outside of the corpus folder; give the folder that holds both as the root"


def own_card(name: str, title: str, get: str, notes: Sequence[str] = ()) -> CorpusCard:
    """The card of a format."""
    return CorpusCard(
        name=name, title=title, tasks=("any",), licence="your own", access="open", get=get, citation="",
        labels={"label": ()}, notes=tuple(notes),
    )  # fmt: skip


def below(root: str | os.PathLike[str], paths: pl.Series, where: str) -> pl.Series:
    """Paths as they stand in a corpus: below its folder, with `/`.

    Absolute paths that lead into the folder are made relative, `./` is dropped.

    Raises:
        BadInput: when a path leads elsewhere; the folders of a machine are no part of a corpus.
    """
    tops = sorted({str(Path(root).absolute()), str(Path(root).resolve())})
    told = paths.str.replace_all("\\", "/", literal=True).str.replace(r"^(\./+)+", "")
    for top in tops:
        inside = told.str.starts_with(top.rstrip("/") + "/")
        told = told.to_frame("p").select(
            pl.when(inside).then(pl.col("p").str.slice(len(top.rstrip("/")) + 1)).otherwise("p")
        )["p"]
    outside = told.filter(told.str.contains(r"^/|^[A-Za-z]:/|(^|/)\.\.(/|$)"))
    if len(outside):
        raise BadInput(f"{outside[0]!r} {WITHIN}", where=where)
    return told


def own_corpus(
    card: CorpusCard,
    rows: pl.DataFrame,
    root: str | os.PathLike[str],
    where: str,
    *,
    columns: Mapping[str, str] | None = None,
    labels: str = "",
    notes: Sequence[str] = (),
) -> Corpus:
    """The corpus that a table of one's own describes.

    Args:
        card: of the format.
        rows: one an utterance, of any columns; those that are not asked for are kept as labels.
        root: folder that the paths start from.
        where: the table, for messages.
        columns: column of the corpus -> column of the table, where `NAMES` does not say it.
        labels: words of the column `label` -> ours, `fake=spoof+real=bona fide`; a word that is not
            named is refused, for it might have the other polarity.
        notes: for the report.

    Raises:
        BadInput: when there is no column of paths or a mapped one is missing, a time is not a number, a
            path leaves the folder, ids repeat, or no file is there.
    """
    rows = _renamed(rows, columns or {}, where)
    if "path" not in rows.columns:
        there = ", ".join(rows.columns)
        raise BadInput(f"has no column of paths; path=COLUMN says which of {there} it is", where=where)
    if not len(rows):
        raise BadInput("has no rows", where=where)
    if rows["path"].null_count() or (rows["path"].cast(pl.String) == "").any():
        raise BadInput("has rows without a path", where=where)
    rows = rows.with_columns(below(root, rows["path"].cast(pl.String), where).alias("path"))
    rows = _timed(rows, where)
    rows = _identified(rows, where)
    if "split" in rows.columns:
        word = pl.col("split").cast(pl.String).fill_null("")
        rows = rows.with_columns(word.replace(SPLITS).alias("split"))
    for column in ("speaker", "label"):
        if column in rows.columns and not rows[column].dtype.is_nested():
            rows = rows.with_columns(pl.col(column).cast(pl.String).fill_null(""))
    if labels:
        pairs = dict(_pair(part) for part in labels.split("+"))
        if "label" not in rows.columns:
            raise BadInput("has no column 'label' to reword; label=COLUMN says which it is", where=where)
        rows = relabel(rows, "label", pairs, where)
    kept = [name for name in rows.columns if name not in ("path", "bytes") and rows[name].dtype != pl.Binary]
    found, report = join_key(rows.select("path", *kept), file_tree(root), on="path", where=where)
    name = Path(root).resolve().name or card.name
    report = msgspec.structs.replace(report, notes=tuple(notes))
    return scanned(msgspec.structs.replace(card, name=name), found, root, report, labels=kept)


def _pair(part: str) -> tuple[str, str]:
    word, sign, ours = part.partition("=")
    if not sign or not word or not ours:
        raise BadInput("is not WORD=LABEL, joined by +", where=part)
    return word, ours


def _renamed(rows: pl.DataFrame, columns: Mapping[str, str], where: str) -> pl.DataFrame:
    for ours, theirs in columns.items():
        if theirs not in rows.columns:
            there = ", ".join(rows.columns)
            raise BadInput(f"has no column {theirs!r} to take as {ours!r}; it has {there}", where=where)
    taken = dict(columns)
    for ours, names in NAMES.items():
        if ours not in taken:
            free = [name for name in names if name in rows.columns and name not in taken.values()]
            if free:
                taken[ours] = free[0]
    others = [name for name in rows.columns if name not in taken.values() and name not in taken]
    return rows.select(*(pl.col(theirs).alias(ours) for ours, theirs in taken.items()), *others)


def _timed(rows: pl.DataFrame, where: str) -> pl.DataFrame:
    for column in ("start", "end", "duration"):
        if column not in rows.columns:
            continue
        text = rows[column].cast(pl.String).replace("", None)
        values = text.cast(pl.Float64, strict=False)
        bad = text.filter(text.is_not_null() & ~values.is_finite().fill_null(False))
        if len(bad):
            raise BadInput(f"column {column!r} holds {bad[0]!r}, not seconds", where=where)
        rows = rows.with_columns(values.alias(column))
    if "start" in rows.columns:
        rows = rows.with_columns(pl.col("start").fill_null(0.0))
        if "end" not in rows.columns and "duration" in rows.columns:
            # With a start, a duration is that of the row; else it is that of the file.
            rows = rows.with_columns((pl.col("start") + pl.col("duration")).alias("end"))
    if "start" in rows.columns and "duration" in rows.columns:
        rows = rows.drop("duration")
    return rows


def _identified(rows: pl.DataFrame, where: str) -> pl.DataFrame:
    if "id" in rows.columns:
        rows = rows.with_columns(pl.col("id").cast(pl.String))
        if rows["id"].null_count():
            raise BadInput("has rows without an id", where=where)
    else:
        whole = pl.col("path").str.replace(r"\.[^./]*$", "")
        stem = whole.str.extract(r"([^/]*)$")
        rows = rows.with_columns(stem.alias("id"))
        if rows["id"].is_duplicated().any():  # the same names in several folders
            rows = rows.with_columns(whole.alias("id"))
        if rows["id"].is_duplicated().any() and "start" in rows.columns:
            rows = rows.with_columns(pl.format("{}@{}", "id", "start").alias("id"))
    if "group" not in rows.columns and rows["path"].is_duplicated().any():
        rows = rows.with_columns(pl.col("path").alias("group"))
    return rows
