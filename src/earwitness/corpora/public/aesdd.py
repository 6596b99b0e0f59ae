"""AESDD: Greek actors, five emotions."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import choice, noted, parse_names, scanned
from earwitness.corpora.soundless import without_soundless
from earwitness.corpora.speaker_split import speaker_split

EMOTIONS = {"a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "s": "sadness"}
CARD = CorpusCard(
    name="aesdd",
    title="AESDD",
    tasks=("emotion",),
    licence="CC-BY-4.0",
    access="open",
    get="m3c.web.auth.gr, AESDD: Acted Emotional Speech Dynamic Database, unpacked",
    citation="Vryzas et al., Speech emotion recognition for performance interaction, Journal of the Audio "
    "Engineering Society 66(6), 2018",
    hours=0.69,  # sum of the lengths in EmoBox's lists
    languages=("el",),
    expected=(
        Expected(rows=604, known="established"),
        Expected(rows=121, where={"emotion": "anger"}, known="established"),
        Expected(rows=122, where={"emotion": "disgust"}, known="established"),
        Expected(rows=120, where={"emotion": "fear"}, known="established"),
        Expected(rows=119, where={"emotion": "happiness"}, known="established"),
    ),
    labels={"emotion": tuple(EMOTIONS.values())},
    notes=(
        "The corpus grows; 604 files are those that EmoBox lists. s05 (3) is said to be corrupt: files "
        "that cannot be decoded or hold no sound are left out, whatever their name.",
        "The names do not tell who is a man: genders=nkululeko takes that toolkit's (odd numbers are men), "
        "which gives three men and two women where the first release says two men and three women.",
        "split=nkululeko tests on speaker 5.",
    ),
)
NAME = r"(?P<code>[adfhsADFHS])(?P<sentence>[0-9]+)\s*\((?P<actor>[0-9]+)\)(?P<take>[ab]?)"


def scan(root: str | os.PathLike[str], *, split: str = "none", genders: str = "none") -> Corpus:
    """The clips whose names have emotion, sentence and speaker.

    Args:
        root: the folder that holds `anger`, `disgust`, `fear`, `happiness`, `sadness`.
        split: "none", or "nkululeko" for speaker 5 as the test side.
        genders: "none", or "nkululeko" for its rule.

    Returns:
        `emotion`, `emotion_as_labelled` (the letter), `sentence` (its number), `gender`, `language`;
        ids are such as `a05-3`.

    Raises:
        BadInput: when no file has such a name.
    """
    choice("rule of genders", genders, ("none", "nkululeko"))
    found, unknown = parse_names(file_tree(root), NAME)
    rows = found.with_columns(
        (pl.col("code").str.to_lowercase() + pl.col("sentence") + "-" + pl.col("actor") + pl.col("take"))
        .alias("id"),
        speaker_split(split, "actor", ("5",)),
        pl.col("actor").alias("speaker"),
        pl.col("code").str.to_lowercase().replace_strict(EMOTIONS, return_dtype=pl.String).alias("emotion"),
        pl.col("code").str.to_lowercase().alias("emotion_as_labelled"),
        pl.when(pl.lit(genders == "none")).then(pl.lit(""))
        .when(pl.col("actor").cast(pl.Int64) % 2 == 1).then(pl.lit("male")).otherwise(pl.lit("female"))
        .alias("gender"),
        pl.lit("el").alias("language"),
    )  # fmt: skip
    rows, report = without_soundless(rows, root, ScanReport(unknown=noted(unknown)))
    return scanned(
        CARD, rows, root, report,
        labels=("emotion", "emotion_as_labelled", "sentence", "gender", "language"),
    )  # fmt: skip
