"""TESS: two actresses, two hundred words, seven emotions."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned

EMOTIONS = {
    "angry": "anger", "disgust": "disgust", "fear": "fear", "happy": "happiness", "neutral": "neutral",
    "ps": "surprise", "sad": "sadness",
}  # fmt: skip
CARD = CorpusCard(
    name="tess",
    title="TESS",
    tasks=("emotion",),
    licence="CC-BY-NC-ND-4.0",
    access="open",
    get="borealisdata.ca, doi 10.5683/SP2/E8H2MF, unpacked",
    citation="Pichora-Fuller and Dupuis, Toronto emotional speech set (TESS), 2020",
    hours=1.6,  # sum of the lengths in EmoBox's lists
    languages=("en",),
    expected=(
        Expected(rows=2_800, known="established"),
        Expected(rows=400, where={"emotion": "surprise"}, known="established"),
        Expected(rows=1_400, where={"speaker": "OAF"}, known="established"),
    ),
    labels={"emotion": tuple(EMOTIONS.values())},
    notes=(
        "Two speakers: speaker-disjoint folds are two.",
        "ps is a pleasant surprise. Ages (64 and 26 years) and licence are from memory.",
        "One clip of the older woman is named OA_bite_neutral in some copies; it is taken as hers.",
        "A well-known re-upload holds every clip twice, in two folders: give one of them.",
    ),
)
NAME = r"(?P<who>OAF?|YAF)_(?P<word>[a-z]+)_(?P<code>angry|disgust|fear|happy|neutral|ps|sad)"


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The clips whose names have speaker, word and emotion.

    Args:
        root: the folder with the clips.

    Returns:
        `emotion`, `emotion_as_labelled`, `gender`, `age` in years, `language`, `transcript`.

    Raises:
        BadInput: when no file has such a name.
    """
    found, unknown = parse_names(file_tree(root), NAME)
    rows = found.with_columns(pl.col("who").replace("OA", "OAF").alias("speaker")).with_columns(
        pl.format("{}_{}_{}", "speaker", "word", "code").alias("id"),
        pl.col("code").replace_strict(EMOTIONS, return_dtype=pl.String).alias("emotion"),
        pl.col("code").alias("emotion_as_labelled"),
        pl.lit("female").alias("gender"),
        pl.col("speaker").replace_strict({"OAF": 64.0, "YAF": 26.0}, return_dtype=pl.Float64).alias("age"),
        pl.lit("en").alias("language"),
        pl.format("Say the word {}", "word").alias("transcript"),
    )
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown)),
        labels=("emotion", "emotion_as_labelled", "gender", "age", "language", "transcript"),
    )  # fmt: skip
