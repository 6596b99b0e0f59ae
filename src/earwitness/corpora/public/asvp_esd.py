"""ASVP-ESD: emotional speech and non-verbal sounds from films, television and the web."""

from __future__ import annotations

import os

import msgspec
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import choice, noted, parse_names, scanned

WORDS = {
    "01": "boredom", "02": "neutral", "03": "happy", "04": "sad", "05": "angry", "06": "fear",
    "07": "disgust", "08": "surprise", "09": "excited", "10": "pleasure", "11": "pain",
    "12": "disappointment", "13": "breath",
}  # fmt: skip
EMOTIONS = {
    "01": "boredom", "02": "neutral", "03": "happiness", "04": "sadness", "05": "anger", "06": "fear",
    "07": "disgust", "08": "surprise", "09": "excitement", "10": "pleasure", "11": "pain",
    "12": "disappointment", "13": "other",
}  # fmt: skip
AGES = {"01": "over 65", "02": "20 to 64", "03": "under 20", "04": "baby"}
ORIGINS = {"01": "website", "02": "video channel", "03": "film"}
STYLES = ("all", "speech", "non-speech")
CARD = CorpusCard(
    name="asvp-esd",
    title="ASVP-ESD",
    tasks=("emotion", "non-verbal"),
    licence="CC-BY-4.0",
    access="open",
    get="zenodo.org, record 7132783: ASVP-ESD-Update.zip, unpacked",
    citation="Landry et al., ASVP-ESD: a dataset and its benchmark for emotion recognition using both speech "
    "and non-speech utterances, Global Scientific Journals 8(5), 2020",
    hours=17.98,  # sum of the lengths in EmoBox's lists
    languages=("zh", "en", "fr", "ru"),
    expected=(
        Expected(rows=5_139, where={"style": "speech"}),
        Expected(rows=8_824, where={"style": "non-speech"}),
    ),
    labels={"emotion": tuple(EMOTIONS.values()), "style": ("speech", "non-speech")},
    notes=(
        "MATA and its neighbours take the non-speech part alone: style=non-speech.",
        "Actor 0, and a folder named actor_ without a number, is a catch-all of many people: its rows have "
        "no speaker, so speaker-disjoint folds leave them to the group.",
        "Counts are those of the file list of EmoBox (13,964 with the babies' voices); releases differ.",
        "Even actors are men, odd ones women, as EmoBox reads it. Where a name has a value that is not in "
        "the corpus' list (some 140 do), the column is empty and the row stays.",
        "Sources disagree on the language codes: they are given as they stand, language_as_coded.",
        "13 is breath and others: the published class count is not established; drop it for twelve.",
    ),
)
NAME = (
    r"(?P<modality>0[0-9])[-_](?P<channel>0[12])[-_](?P<code>0[1-9]|1[0-3])[-_](?P<strength>[0-9]+)"
    r"[-_](?P<statement>[0-9]+)[-_](?P<actor>[0-9]+)[-_](?P<years>[0-9]+)[-_](?P<origin>[0-9]+)"
    r"(?:[-_](?P<tongue>[0-9]+))?(?: ?[-_][0-9]+)*"
)


def scan(root: str | os.PathLike[str], *, style: str = "all") -> Corpus:
    """The clips whose names have the eight to twelve fields of the corpus.

    Args:
        root: the folder that holds `Audio` (and `Bonus`).
        style: "all", "speech" or "non-speech".

    Returns:
        `emotion`, `emotion_as_labelled`, `style`, `intensity` (normal or high), `gender`, `age_group`,
        `origin`, `language_as_coded`; `speaker` is empty for the catch-all.

    Raises:
        BadInput: when no file has such a name.
    """
    choice("style", style, STYLES)
    found, unknown = parse_names(file_tree(root), NAME)
    actor = pl.col("actor").cast(pl.Int64)
    nobody = (actor == 0) | pl.col("path").str.contains(r"(^|/)actor_0*/")
    rows = found.with_columns(
        pl.col("stem").alias("id"),
        pl.col("code").replace_strict(EMOTIONS, return_dtype=pl.String).alias("emotion"),
        pl.col("code").replace_strict(WORDS, return_dtype=pl.String).alias("emotion_as_labelled"),
        pl.col("channel").replace_strict({"01": "speech", "02": "non-speech"}, return_dtype=pl.String)
        .alias("style"),
        pl.col("strength").replace_strict({"01": "normal", "02": "high"}, default="").alias("intensity"),
        pl.when(nobody).then(pl.lit("")).when(actor % 2 == 0).then(pl.lit("male"))
        .otherwise(pl.lit("female")).alias("gender"),
        pl.when(nobody).then(pl.lit("")).otherwise(pl.format("actor-{}", actor)).alias("speaker"),
        pl.col("years").replace_strict(AGES, default="").alias("age_group"),
        pl.col("origin").replace_strict(ORIGINS, default="").alias("origin"),
        pl.col("tongue").fill_null("").alias("language_as_coded"),
    )  # fmt: skip
    card = CARD
    if style != "all":
        rows = rows.filter(pl.col("style") == style)
        kept = tuple(expected for expected in CARD.expected if expected.where["style"] == style)
        card = msgspec.structs.replace(CARD, expected=kept)
    return scanned(
        card, rows, root, ScanReport(unknown=noted(unknown)),
        labels=(
            "emotion", "emotion_as_labelled", "style", "intensity", "gender", "age_group", "origin",
            "language_as_coded",
        ),
    )  # fmt: skip
