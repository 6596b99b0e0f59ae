"""BAVED: seven Arabic words at three levels of emotion."""

from __future__ import annotations

import os

import msgspec
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.repeats import without_repeats
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import choice, noted, parse_names, scanned
from earwitness.corpora.speaker_split import speaker_split

LEVELS = {"0": "low", "1": "normal", "2": "high"}
WORDS = {
    "0": "اعجبني", "1": "لم يعجبني", "2": "هذا", "3": "الفيلم", "4": "رائع", "5": "مقول", "6": "سيئ",
}  # fmt: skip
CARD = CorpusCard(
    name="baved",
    title="BAVED",
    tasks=("emotion", "speaker", "gender", "age"),
    licence="not stated",
    access="open",
    get="github.com/40uf411/Basic-Arabic-Vocal-Emotions-Dataset, unpacked",
    citation="Aouf, Basic Arabic Vocal Emotions Dataset (BAVED), GitHub, 2019",
    languages=("ar",),
    expected=(Expected(rows=1_908, known="established"),),
    labels={"intensity": tuple(LEVELS.values())},
    notes=(
        "The label is how strong the emotion is (intensity), not which one: there is no column emotion.",
        "No official split; split=nkululeko tests on 4 46 47 51 54.",
        "The release has 1,935 files of 60 speakers, though its page says 61. 27 files have the bytes of "
        "another, 21 of them under another name: all that speaker 53 says is what 46 says. They are left "
        "out, else a speaker-disjoint split (that of nkululeko, too) tests on what it was trained on; "
        "repeats=keep keeps them.",
        "The words are written as the corpus' own page has them.",
    ),
)
NAME = (
    r"(?P<who>[0-9]+)-(?P<sex>[MFmf])-(?P<years>[0-9]{1,3})-(?P<word>[0-6])-(?P<level>[0-2])-(?P<take>[0-9]+)"
)
TEST = ("4", "46", "47", "51", "54")


def scan(root: str | os.PathLike[str], *, split: str = "none", repeats: str = "drop") -> Corpus:
    """The clips whose names have speaker, gender, age, word, level and take.

    Args:
        root: the folder that holds the folders `0` to `6`, one a word.
        split: "none", or "nkululeko" for its five test speakers.
        repeats: "drop" files with the bytes of another, or "keep" them.

    Returns:
        `intensity` (low, normal, high), `gender`, `age` in years, `language`, `transcript`.

    Raises:
        BadInput: when no file has such a name.
    """
    choice("rule of repeats", repeats, ("drop", "keep"))
    found, unknown = parse_names(file_tree(root), NAME)
    sexes = {"M": "male", "F": "female"}
    rows = found.with_columns(
        pl.col("stem").alias("id"),
        speaker_split(split, "who", TEST),
        pl.col("who").alias("speaker"),
        pl.col("level").replace_strict(LEVELS, return_dtype=pl.String).alias("intensity"),
        pl.col("sex").str.to_uppercase().replace_strict(sexes, return_dtype=pl.String).alias("gender"),
        pl.col("years").cast(pl.Float64).alias("age"),
        pl.lit("ar").alias("language"),
        pl.col("word").replace_strict(WORDS, return_dtype=pl.String).alias("transcript"),
    )
    report, card = ScanReport(unknown=noted(unknown)), CARD
    if repeats == "drop":
        rows, report = without_repeats(rows, root, report)
    else:
        card = msgspec.structs.replace(CARD, expected=(Expected(rows=1_935, known="established"),))
    return scanned(
        card, rows, root, report,
        labels=("intensity", "gender", "age", "language", "transcript"),
    )  # fmt: skip
