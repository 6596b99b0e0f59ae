"""SAVEE: four Englishmen, seven emotions."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned
from earwitness.corpora.speaker_split import speaker_split

EMOTIONS = {
    "a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "n": "neutral", "sa": "sadness",
    "su": "surprise",
}  # fmt: skip
CARD = CorpusCard(
    name="savee",
    title="SAVEE",
    tasks=("emotion",),
    licence="free for research, no redistribution",
    access="registration",
    get="kahlan.eps.surrey.ac.uk/savee: register, AudioData.zip, unpacked",
    citation="Haq and Jackson, Speaker-dependent audio-visual emotion recognition, AVSP 2009",
    hours=0.51,  # sum of the lengths in EmoBox's lists
    languages=("en-GB",),
    expected=(
        Expected(rows=480, known="established"),
        Expected(rows=120, where={"emotion": "neutral"}, known="established"),
        Expected(rows=120, where={"speaker": "DC"}, known="established"),
    ),
    labels={"emotion": tuple(EMOTIONS.values())},
    notes=(
        "Two layouts are read: folders of speakers (DC/a01.wav), and the flat copy (DC_a01.wav).",
        "Four men: speaker-disjoint folds are four. split=nkululeko tests on KL.",
    ),
)
NAME = r"(?:.*/)?(?P<speaker>DC|JE|JK|KL)(?:/|_)(?P<code>sa|su|a|d|f|h|n)(?P<number>[0-9]{2})\.(?i:wav)"


def scan(root: str | os.PathLike[str], *, split: str = "none") -> Corpus:
    """The clips whose paths tell speaker, emotion and number.

    Args:
        root: the folder that holds the folders `DC`, `JE`, `JK`, `KL`, or the clips of the flat copy.
        split: "none", or "nkululeko" for KL as the test side.

    Returns:
        `emotion`, `emotion_as_labelled` (the letters), `gender`, `language`; ids are such as `DC_a01`.

    Raises:
        BadInput: when no file has such a path, or a clip is there in both layouts.
    """
    found, unknown = parse_names(file_tree(root), NAME, "path")
    rows = found.with_columns(
        pl.format("{}_{}{}", "speaker", "code", "number").alias("id"),
        speaker_split(split, "speaker", ("KL",)),
        pl.col("code").replace_strict(EMOTIONS, return_dtype=pl.String).alias("emotion"),
        pl.col("code").alias("emotion_as_labelled"),
        pl.lit("male").alias("gender"),
        pl.lit("en-GB").alias("language"),
    )
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown)),
        labels=("emotion", "emotion_as_labelled", "gender", "language"),
    )  # fmt: skip
