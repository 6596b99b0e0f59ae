"""RAVDESS: acted emotions, spoken and sung."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned

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
    languages=("en",),
    expected=(Expected(rows=1_440, where={"style": "speech"}),),
    labels={"emotion": tuple(EMOTIONS.values())},
    notes=("No official split; there is no strong neutral.",),
)
NAME = (
    r"(?P<modality>0[1-3])-(?P<channel>0[12])-(?P<code>0[1-8])-(?P<strength>0[12])"
    r"-(?P<statement>0[12])-(?P<repetition>0[12])-(?P<actor>[0-9]{2})"
)


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The clips whose names have the seven fields of the corpus.

    Args:
        root: the folder that holds `Actor_01` to `Actor_24`.

    Returns:
        `emotion`, `intensity` (normal or strong), `style` (speech or song), `gender`, `transcript`;
        `speaker` is the actor, `group` actor and sentence.

    Raises:
        BadInput: when no file has such a name.
    """
    found, unknown = parse_names(file_tree(root), NAME)
    rows = found.with_columns(
        pl.col("stem").alias("id"),
        pl.col("code").replace_strict(EMOTIONS, default=None).alias("emotion"),
        pl.col("strength").replace_strict({"01": "normal", "02": "strong"}, default=None).alias("intensity"),
        pl.col("channel").replace_strict({"01": "speech", "02": "song"}, default=None).alias("style"),
        pl.when(pl.col("actor").cast(pl.Int64) % 2 == 1).then(pl.lit("male")).otherwise(pl.lit("female"))
        .alias("gender"),
        pl.col("statement").replace_strict(
            {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}, default=None
        ).alias("transcript"),
        pl.format("actor-{}", "actor").alias("speaker"),
    )  # fmt: skip
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown)),
        labels=("emotion", "intensity", "style", "gender", "transcript"),
    )  # fmt: skip
