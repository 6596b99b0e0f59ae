"""MESD: Mexican Spanish words in six emotions, by women, men and children."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned

EMOTIONS = {
    "Anger": "anger", "Disgust": "disgust", "Fear": "fear", "Happiness": "happiness", "Neutral": "neutral",
    "Sadness": "sadness",
}  # fmt: skip
CARD = CorpusCard(
    name="mesd",
    title="MESD",
    tasks=("emotion",),
    licence="CC-BY-4.0",
    access="open",
    get="data.mendeley.com, dataset cy34mh68j9: Mexican Emotional Speech Database (MESD), unpacked",
    citation="Duville et al., The Mexican Emotional Speech Database (MESD): elaboration and assessment based "
    "on machine learning, EMBC 2021",
    hours=0.17,  # sum of the lengths in EmoBox's lists
    languages=("es-MX",),
    expected=(
        Expected(rows=862, known="established"),
        Expected(rows=143, where={"emotion": "anger"}, known="established"),
        Expected(rows=143, where={"emotion": "neutral"}, known="established"),
        Expected(rows=144, where={"emotion": "sadness"}, known="established"),
    ),
    labels={"emotion": tuple(EMOTIONS.values()), "voice": ("female", "male", "child")},
    notes=(
        "The names do not tell the speaker (3 women, 2 men, 6 children): no speaker-disjoint folds. "
        "Stratify by emotion and voice, and keep a word (column transcript) on one side.",
        "Corpus A says the same words in all emotions, corpus B other words in each: with B a word tells "
        "the emotion.",
        "862 files in the lists of EmoBox, 864 in the paper's plan. The licence is from memory.",
    ),
)
NAME = (
    r"(?P<code>Anger|Disgust|Fear|Happiness|Neutral|Sadness)_(?P<who>[FMC])_(?P<part>[AB])_(?P<rest>[^\\/]+)"
)


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The clips whose names have emotion, voice, corpus and word.

    Args:
        root: the folder with the clips. Below a folder whose name holds "reduced", the names have one
            more field before the word.

    Returns:
        `emotion`, `emotion_as_labelled`, `voice` (female, male, child), `gender` (empty for children),
        `language`, `transcript` (the word, without accents as the names have it), `word_list` (A or
        B), `reduction` (the extra field; empty in the main variant); no `speaker`.

    Raises:
        BadInput: when no file has such a name.
    """
    found, unknown = parse_names(file_tree(root), NAME)
    reduced = pl.col("path").str.contains(r"(?i)reduced[^/]*/") & pl.col("rest").str.contains("_")
    voices = {"F": "female", "M": "male", "C": "child"}
    rows = found.with_columns(
        pl.col("stem").alias("id"),
        pl.when(reduced).then(pl.col("rest").str.extract(r"^([^_]*)_")).otherwise(pl.lit("")).alias("reduction"),
        pl.when(reduced).then(pl.col("rest").str.replace(r"^[^_]*_", "")).otherwise(pl.col("rest"))
        .str.replace_all("_", " ").alias("transcript"),
        pl.col("code").replace_strict(EMOTIONS, return_dtype=pl.String).alias("emotion"),
        pl.col("code").alias("emotion_as_labelled"),
        pl.col("who").replace_strict(voices, return_dtype=pl.String).alias("voice"),
        pl.col("part").alias("word_list"),
        pl.lit("es-MX").alias("language"),
    ).with_columns(pl.col("voice").replace("child", "").alias("gender"))  # fmt: skip
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown)),
        labels=(
            "emotion", "emotion_as_labelled", "voice", "gender", "language", "transcript", "word_list",
            "reduction",
        ),
    )  # fmt: skip
