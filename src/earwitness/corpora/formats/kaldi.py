"""A Kaldi data folder: wav.scp and utt2spk, with segments, text and labels where they are there."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.formats.own_rows import own_card, own_corpus
from earwitness.corpora.key_file import read_key, read_text
from earwitness.errors import BadInput

CARD = own_card(
    "kaldi",
    "A Kaldi data folder",
    "your own: wav.scp, utt2spk; segments, text, utt2label, utt2lang, spk2gender where there are any",
    (
        "data=data/train names the data folder below the root, when the audio lies elsewhere below it.",
        "split=train, when the folder is one split of several.",
        "Commands in wav.scp (lines that end in |) are never run.",
    ),
)
MORE = {"utt2label": "label", "utt2lang": "language", "utt2dur": "duration", "utt2split": "split"}
"""Files of one value an utterance -> column."""


def scan(root: str | os.PathLike[str], *, data: str = "", split: str = "", labels: str = "") -> Corpus:
    """The utterances of a data folder.

    Args:
        root: folder that holds the audio; paths of wav.scp lead into it, or start from it.
        data: the data folder, from the root; the root itself when empty.
        split: of all its rows.
        labels: words of `utt2label` -> ours, `fake=spoof+real=bona fide`.

    Returns:
        `speaker` of utt2spk, `transcript` of text, `label`, `language`, `gender`; `start` and `end` of
        segments.

    Raises:
        BadInput: when a file is missing or has another form, an utterance is named twice or not at all in
            wav.scp or utt2spk, or a line of wav.scp is a command.
    """
    folder = Path(root) / data
    scp = folder / "wav.scp"
    if not scp.is_file():
        raise BadInput(
            "has no wav.scp; give a Kaldi data folder, or data=FOLDER below the root", where=str(folder)
        )
    waves = _two(scp, "path")
    command = waves.filter(pl.col("path").str.ends_with("|"))
    if len(command):
        name = command["id"][0]
        raise BadInput(f"has a command for {name!r}, and none is run; name files", where=str(scp))
    rows = waves
    segments = folder / "segments"
    if segments.is_file():
        cut = read_key(segments, ("id", "recording", "start", "end"))
        _once(cut, segments)
        _all_named(cut.select(pl.col("recording").alias("id")), waves, scp)
        waves = waves.rename({"id": "recording"})
        rows = cut.join(waves, on="recording", how="left", maintain_order="left")
        # Kaldi writes -1 for the end of the recording.
        rows = rows.with_columns(pl.col("end").replace("-1", None), pl.col("recording").alias("group"))
        rows = rows.drop("recording")
    speakers = _two(folder / "utt2spk", "speaker")
    _all_named(rows, speakers, folder / "utt2spk")
    rows = rows.join(speakers, on="id", how="left", maintain_order="left")
    text = folder / "text"
    if text.is_file():
        rows = rows.join(_two(text, "transcript", empty=True), on="id", how="left", maintain_order="left")
        rows = rows.with_columns(pl.col("transcript").fill_null(""))
    for name, column in MORE.items():
        if (folder / name).is_file():
            rows = rows.join(_two(folder / name, column), on="id", how="left", maintain_order="left")
    if (folder / "spk2gender").is_file():
        gender = _two(folder / "spk2gender", "gender").rename({"id": "speaker"})
        word = pl.col("gender").replace({"m": "male", "f": "female"})
        rows = rows.join(gender.with_columns(word), on="speaker", how="left", maintain_order="left")
    if split:
        rows = rows.with_columns(pl.lit(split).alias("split"))
    if "duration" in rows.columns and segments.is_file():
        rows = rows.drop("duration")  # that of a segment, which start and end say
    return own_corpus(CARD, rows, root, str(scp), labels=labels)


def _two(path: Path, column: str, empty: bool = False) -> pl.DataFrame:
    """Lines of an id and a rest of the line."""
    rows = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            name, *rest = line.split(maxsplit=1)
            if not rest and not empty:
                raise BadInput(f"line {number} has nothing after {name!r}", where=str(path))
            rows.append((name, rest[0].strip() if rest else ""))
    if not rows:
        raise BadInput("has no rows", where=str(path))
    found = pl.DataFrame(rows, schema={"id": pl.String, column: pl.String}, orient="row")
    _once(found, path)
    return found


def _once(table: pl.DataFrame, path: Path) -> None:
    twice = table["id"].filter(table["id"].is_duplicated())
    if len(twice):
        raise BadInput(f"names {twice[0]!r} more than once", where=str(path))


def _all_named(rows: pl.DataFrame, known: pl.DataFrame, path: Path) -> None:
    missing = rows.join(known, on="id", how="anti")
    if len(missing):
        raise BadInput(f"does not name {missing['id'][0]!r}", where=str(path))
