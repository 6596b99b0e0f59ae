"""Emo-DB, the Berlin database: ten speakers say ten sentences in seven emotions."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned

WORDS = {
    "W": "Ärger", "L": "Langeweile", "E": "Ekel", "A": "Angst", "F": "Freude", "T": "Trauer", "N": "neutral",
}  # fmt: skip
EMOTIONS = {
    "W": "anger", "L": "boredom", "E": "disgust", "A": "fear", "F": "happiness", "T": "sadness",
    "N": "neutral",
}  # fmt: skip
PEOPLE = {
    "03": ("male", 31), "08": ("female", 34), "09": ("female", 21), "10": ("male", 32), "11": ("male", 26),
    "12": ("male", 30), "13": ("female", 32), "14": ("female", 35), "15": ("male", 25), "16": ("female", 31),
}  # fmt: skip
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
COUNTS = {
    "anger": 127, "boredom": 81, "disgust": 46, "fear": 69, "happiness": 71, "neutral": 79, "sadness": 62,
}  # fmt: skip
CARD = CorpusCard(
    name="emodb",
    title="Emo-DB",
    tasks=("emotion", "speaker", "gender", "age"),
    licence="CC0-1.0 or CC-BY-4.0, as sources have it",
    access="open",
    get="emodb.bilderbar.info: download.zip, or zenodo.org, record 17651657: emodb_2.0.zip; unpacked",
    citation="Burkhardt et al., A database of German emotional speech, Interspeech 2005",
    hours=0.41,  # sum of the lengths in EmoBox's lists
    languages=("de",),
    expected=(
        Expected(rows=535, known="established"),
        *(Expected(rows=n, where={"emotion": name}, known="established") for name, n in COUNTS.items()),
    ),
    labels={"emotion": tuple(EMOTIONS.values())},
    notes=(
        "No official split; speaker-disjoint folds.",
        "Counts as in the file lists of EmoBox; ages and genders of the speakers as its own page gives them.",
        "Later releases are in audformat: read them as such, or their folder wav with this scan.",
    ),
)
NAME = (
    r"(?P<speaker>03|08|09|1[0-6])(?P<sentence>a0[12457]|b0[1239]|b10)(?P<code>[WLEAFTN])(?P<version>[a-z])"
)


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The clips whose names have speaker, sentence, emotion and version.

    Args:
        root: the folder that holds `wav`.

    Returns:
        `emotion`, `emotion_as_labelled` (German), `gender`, `age` in years, `language`, `transcript`.

    Raises:
        BadInput: when no file has such a name.
    """
    found, unknown = parse_names(file_tree(root), NAME)
    genders = {who: gender for who, (gender, _) in PEOPLE.items()}
    ages = {who: float(age) for who, (_, age) in PEOPLE.items()}
    rows = found.with_columns(
        pl.col("stem").alias("id"),
        pl.col("code").replace_strict(EMOTIONS, return_dtype=pl.String).alias("emotion"),
        pl.col("code").replace_strict(WORDS, return_dtype=pl.String).alias("emotion_as_labelled"),
        pl.col("speaker").replace_strict(genders, return_dtype=pl.String).alias("gender"),
        pl.col("speaker").replace_strict(ages, return_dtype=pl.Float64).alias("age"),
        pl.lit("de").alias("language"),
        pl.col("sentence").replace_strict(SENTENCES, return_dtype=pl.String).alias("transcript"),
    )
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown)),
        labels=("emotion", "emotion_as_labelled", "gender", "age", "language", "transcript"),
    )  # fmt: skip
