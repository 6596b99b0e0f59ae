"""EMOVO: six Italian actors say fourteen sentences in seven emotions."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned

WORDS = {
    "dis": "disgusto", "gio": "gioia", "neu": "neutrale", "pau": "paura", "rab": "rabbia", "sor": "sorpresa",
    "tri": "tristezza",
}  # fmt: skip
EMOTIONS = {
    "dis": "disgust", "gio": "happiness", "neu": "neutral", "pau": "fear", "rab": "anger", "sor": "surprise",
    "tri": "sadness",
}  # fmt: skip
CARD = CorpusCard(
    name="emovo",
    title="EMOVO",
    tasks=("emotion",),
    licence="CC-BY-NC-SA-4.0, as nkululeko has it",
    access="open",
    get="voice.fub.it, EMOVO: emovo.zip, unpacked",
    citation="Costantini et al., EMOVO corpus: an Italian emotional speech database, LREC 2014",
    hours=0.51,  # sum of the lengths in EmoBox's lists
    languages=("it",),
    expected=(
        Expected(rows=588, known="established"),
        *(
            Expected(rows=84, where={"emotion": emotion}, known="established")
            for emotion in sorted(EMOTIONS.values())
        ),
    ),
    labels={"emotion": tuple(EMOTIONS.values())},
    notes=("No official split. The names tell the sentence by a code (b1, n2 ...), not its words.",),
)
NAME = r"(?P<code>dis|gio|neu|pau|rab|sor|tri)-(?P<speaker>(?P<sex>[fm])[1-3])-(?P<sentence>[a-z]+[0-9]+)"


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The clips whose names have emotion, speaker and sentence.

    Args:
        root: the folder that holds `f1` to `f3` and `m1` to `m3`.

    Returns:
        `emotion`, `emotion_as_labelled` (Italian), `gender`, `language`, `sentence` (its code).

    Raises:
        BadInput: when no file has such a name.
    """
    found, unknown = parse_names(file_tree(root), NAME)
    rows = found.with_columns(
        pl.col("stem").alias("id"),
        pl.col("code").replace_strict(EMOTIONS, return_dtype=pl.String).alias("emotion"),
        pl.col("code").replace_strict(WORDS, return_dtype=pl.String).alias("emotion_as_labelled"),
        pl.col("sex").replace_strict({"f": "female", "m": "male"}, return_dtype=pl.String).alias("gender"),
        pl.lit("it").alias("language"),
    )
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown)),
        labels=("emotion", "emotion_as_labelled", "gender", "language", "sentence"),
    )  # fmt: skip
