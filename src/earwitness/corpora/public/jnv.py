"""JNV: Japanese non-verbal vocalisations, six emotions."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned

EMOTIONS = {
    "anger": "anger", "angry": "anger", "disgust": "disgust", "fear": "fear", "happy": "happiness",
    "happiness": "happiness", "sad": "sadness", "sadness": "sadness", "surprise": "surprise",
}  # fmt: skip
CARD = CorpusCard(
    name="jnv",
    title="JNV",
    tasks=("emotion", "non-verbal"),
    licence="CC-BY-SA-4.0",
    access="open",
    get="ss-takashi.sakura.ne.jp, corpus jnv: jnv_corpus_ver3.zip, unpacked",
    citation="Xin, Takamichi and Saruwatari, JNV corpus: a corpus of Japanese nonverbal vocalizations with "
    "diverse phrases and emotions, Speech Communication 156, 2024",
    languages=("ja",),
    expected=(Expected(rows=420, known="established"),),
    labels={"emotion": ("anger", "disgust", "fear", "happiness", "sadness", "surprise")},
    notes=(
        "420 clips of 4 speakers, as the authors' abstract says. No official split.",
        "Names are such as F1_happy_01_F: R for a phrase that was given, F for one of the speaker's own.",
        "The files have two channels; they become one by their mean, as everywhere here.",
    ),
)
NAME = (
    r"(?P<speaker>(?P<sex>[FM])[12])_(?P<code>anger|angry|disgust|fear|happy|happiness|sad|sadness|surprise)"
    r"_(?P<phrase>[0-9]+)(?:_(?P<kind>[RF]))?"
)


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The clips whose names have speaker, emotion and phrase.

    Args:
        root: the folder that holds `F1`, `F2`, `M1`, `M2`.

    Returns:
        `emotion`, `emotion_as_labelled`, `style` (regular, free, or empty where the name does not say),
        `gender`, `language`.

    Raises:
        BadInput: when no file has such a name.
    """
    found, unknown = parse_names(file_tree(root), NAME)
    rows = found.with_columns(
        pl.col("stem").alias("id"),
        pl.col("code").replace_strict(EMOTIONS, return_dtype=pl.String).alias("emotion"),
        pl.col("code").alias("emotion_as_labelled"),
        pl.col("kind").replace_strict({"R": "regular", "F": "free"}, default="").alias("style"),
        pl.col("sex").replace_strict({"F": "female", "M": "male"}, return_dtype=pl.String).alias("gender"),
        pl.lit("ja").alias("language"),
    )
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown)),
        labels=("emotion", "emotion_as_labelled", "style", "gender", "language"),
    )  # fmt: skip
