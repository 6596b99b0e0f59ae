"""Kaldi data folders: wav.scp, utt2spk, spk2utt, and what else the corpus knows."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from earwitness.corpora.conversion.convert import AUDIO, Tick, by_split, in_parts
from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput

KNOWN = ("id", "path", "start", "end", "split", "speaker", "group", "transcript", "language", "gender")


def written(
    corpus: Corpus, root: Path, out: Path, label: str, progress: Tick | None
) -> tuple[dict[str, bytes], list[str]]:
    """The files, by name, and the columns that Kaldi has no place for.

    Ids begin with the speaker, as Kaldi's sorting wants it; a row of an unknown speaker is its own
    speaker. Lines are in the order of their bytes.

    Raises:
        BadInput: when an id or a speaker has white space in it, or two ids become one.
    """
    del root, progress
    files: dict[str, bytes] = {}
    for split, rows in by_split(corpus.table).items():
        for name, lines in _folder(rows, out, label, corpus.name).items():
            files[f"{split}/{name}" if split else name] = "".join(f"{line}\n" for line in lines).encode()
    return files, [name for name in corpus.table.columns if name not in (*KNOWN, label)]


def _folder(rows: pl.DataFrame, out: Path, label: str, where: str) -> dict[str, list[str]]:
    speaker = pl.col("speaker").fill_null("")
    own = pl.when(speaker == "").then("id").otherwise(speaker)
    prefixed = (
        pl.when(pl.col("id").str.starts_with(own)).then("id").otherwise(pl.concat_str(own, pl.lit("-"), "id"))
    )
    rows = rows.with_columns(own.alias("speaker"), prefixed.alias("utterance"))
    odd = rows.filter(pl.col("utterance").str.contains(r"\s") | pl.col("speaker").str.contains(r"\s"))
    if len(odd):
        told = f"row {odd['id'][0]!r} has white space in its id or speaker, which Kaldi splits at"
        raise BadInput(told, where=where)
    if rows["utterance"].is_duplicated().any():
        raise BadInput("has ids that are the same once their speaker stands before them", where=where)
    rows = rows.sort("utterance")
    cut = in_parts(rows)
    files: dict[str, list[str]] = {}
    place = pl.concat_str(pl.lit(f"{out}/{AUDIO}/"), "path")
    if cut:
        # A recording is called by its path: ids of a corpus name rows, not files.
        name = pl.col("path").str.replace_all(r"\s", "_")
        recordings = rows.select(name.alias("recording"), place.alias("file")).unique().sort("recording")
        if recordings["recording"].is_duplicated().any():
            raise BadInput("has files whose names differ in white space only", where=where)
        files["wav.scp"] = _lines(recordings, "recording", "file")
        ends = pl.col("end").cast(pl.String).fill_null("-1")
        files["segments"] = _lines(
            rows.select("utterance", name, "start", ends), "utterance", "path", "start", "end"
        )
    else:
        files["wav.scp"] = _lines(rows.select("utterance", place.alias("file")), "utterance", "file")
    files["utt2spk"] = _lines(rows, "utterance", "speaker")
    said = rows.group_by("speaker").agg(pl.col("utterance").sort().str.join(" ")).sort("speaker")
    files["spk2utt"] = _lines(said, "speaker", "utterance")
    for column, file in (("transcript", "text"), (label, "utt2label"), ("language", "utt2lang")):
        if column in rows.columns:
            word = pl.col(column).cast(pl.String).fill_null("").str.replace_all(r"\s+", " ")
            known = rows.select("utterance", word).filter(pl.col(column) != "")
            if len(known):
                files[file] = _lines(known, "utterance", column)
    if "gender" in rows.columns:
        letter = pl.col("gender").replace_strict({"male": "m", "female": "f"}, default=None)
        known = rows.select("speaker", letter.alias("gender")).unique().drop_nulls().sort("speaker")
        if len(known) and not known["speaker"].is_duplicated().any():
            files["spk2gender"] = _lines(known, "speaker", "gender")
    return files


def _lines(table: pl.DataFrame, *columns: str) -> list[str]:
    return table.select(pl.concat_str(columns, separator=" ").alias("line"))["line"].to_list()
