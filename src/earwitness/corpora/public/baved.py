"""BAVED: seven Arabic words at three levels of emotion."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned
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
    expected=(Expected(rows=1_935),),
    labels={"intensity": tuple(LEVELS.values())},
    notes=(
        "The label is how strong the emotion is (intensity), not which one: there is no column emotion.",
        "61 speakers, from memory. No official split; split=nkululeko tests on 4 46 47 51 54.",
        "The words are written as the corpus' own page has them.",
    ),
)
NAME = (
    r"(?P<who>[0-9]+)-(?P<sex>[MFmf])-(?P<years>[0-9]{1,3})-(?P<word>[0-6])-(?P<level>[0-2])-(?P<take>[0-9]+)"
)
TEST = ("4", "46", "47", "51", "54")


def scan(root: str | os.PathLike[str], *, split: str = "none") -> Corpus:
    """The clips whose names have speaker, gender, age, word, level and take.

    Args:
        root: the folder that holds the folders `0` to `6`, one a word.
        split: "none", or "nkululeko" for its five test speakers.

    Returns:
        `intensity` (low, normal, high), `gender`, `age` in years, `language`, `transcript`.

    Raises:
        BadInput: when no file has such a name.
    """
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
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown)),
        labels=("intensity", "gender", "age", "language", "transcript"),
    )  # fmt: skip
