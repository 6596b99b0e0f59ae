"""RAVDESS: acted emotions, spoken and sung."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned
from earwitness.corpora.speaker_split import speaker_split

WORDS = {
    "01": "neutral", "02": "calm", "03": "happy", "04": "sad", "05": "angry", "06": "fearful",
    "07": "disgust", "08": "surprised",
}  # fmt: skip
EMOTIONS = {
    "01": "neutral", "02": "calm", "03": "happiness", "04": "sadness", "05": "anger", "06": "fear",
    "07": "disgust", "08": "surprise",
}  # fmt: skip
CARD = CorpusCard(
    name="ravdess",
    title="RAVDESS",
    tasks=("emotion",),
    licence="CC-BY-NC-SA-4.0",
    access="open",
    get="zenodo.org, record 1188976: Audio_Speech_Actors_01-24.zip, unpacked",
    citation="Livingstone and Russo, The Ryerson Audio-Visual Database of Emotional Speech and Song, "
    "PLoS ONE 13(5), 2018",
    hours=1.48,  # sum of the lengths in EmoBox's lists
    languages=("en",),
    expected=(
        Expected(rows=1_440, where={"style": "speech"}, known="established"),
        Expected(rows=96, where={"style": "speech", "emotion": "neutral"}, known="established"),
        Expected(rows=192, where={"style": "speech", "emotion": "anger"}, known="established"),
    ),
    labels={"emotion": tuple(EMOTIONS.values()), "intensity": ("normal", "strong")},
    notes=(
        "No official split; split=nkululeko is the one that toolkit balances by gender.",
        "There is no strong neutral, so neutral has half as many clips.",
        "A well-known re-upload holds every clip twice, in two folders: give one of them.",
    ),
)
NAME = (
    r"(?P<modality>0[13])-(?P<take>(?P<channel>0[12])-(?P<code>0[1-8])-(?P<strength>0[12])"
    r"-(?P<statement>0[12])-(?P<repetition>0[12])-(?P<actor>[0-9]{2}))"
)
VALIDATION, TEST = ("16", "17", "19", "20"), ("21", "22", "23", "24")


def scan(root: str | os.PathLike[str], *, split: str = "none") -> Corpus:
    """The clips whose names have the seven fields of the corpus.

    Args:
        root: the folder that holds `Actor_01` to `Actor_24`.
        split: "none", or "nkululeko" for actors 1-15 and 18 to train on, 16 17 19 20 to validate,
            21-24 to test.

    Returns:
        `emotion`, `emotion_as_labelled`, `intensity` (normal or strong), `style` (speech or song),
        `gender`, `language`, `transcript`; `speaker` is the actor, `group` the take, which a film of
        it shares.

    Raises:
        BadInput: when no file has such a name.
    """
    found, unknown = parse_names(file_tree(root), NAME)
    rows = found.with_columns(
        pl.col("stem").alias("id"),
        pl.col("take").alias("group"),
        speaker_split(split, "actor", TEST, VALIDATION),
        pl.col("code").replace_strict(EMOTIONS, return_dtype=pl.String).alias("emotion"),
        pl.col("code").replace_strict(WORDS, return_dtype=pl.String).alias("emotion_as_labelled"),
        pl.col("strength").replace_strict({"01": "normal", "02": "strong"}, return_dtype=pl.String)
        .alias("intensity"),
        pl.col("channel").replace_strict({"01": "speech", "02": "song"}, return_dtype=pl.String)
        .alias("style"),
        pl.when(pl.col("actor").cast(pl.Int64) % 2 == 1).then(pl.lit("male")).otherwise(pl.lit("female"))
        .alias("gender"),
        pl.lit("en").alias("language"),
        pl.col("statement").replace_strict(
            {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"},
            return_dtype=pl.String,
        ).alias("transcript"),
        pl.format("actor-{}", "actor").alias("speaker"),
    )  # fmt: skip
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown)),
        labels=(
            "emotion", "emotion_as_labelled", "intensity", "style", "gender", "language", "transcript",
        ),
    )  # fmt: skip
