"""ShEMO: Persian radio plays, six emotions."""

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
    "A": "anger", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness", "W": "surprise",
}  # fmt: skip
CARD = CorpusCard(
    name="shemo",
    title="ShEMO",
    tasks=("emotion", "gender"),
    licence="free for academic purposes",
    access="open",
    get="github.com/pariajm/sharif-emotional-speech-database: male.zip and female.zip, unpacked",
    citation="Mohamad Nezami, Jamshid Lou and Karami, ShEMO: a large-scale validated database for Persian "
    "speech emotion detection, Language Resources and Evaluation 53(1), 2019",
    languages=("fa",),
    hours=3.42,
    expected=(Expected(rows=3_000, known="established"), Expected(rows=38, where={"emotion": "fear"})),
    labels={"emotion": tuple(EMOTIONS.values())},
    notes=(
        "No official split; split=nkululeko tests on M12 M25 F07 F24.",
        "Fear has some 38 clips: most work drops it, and takes anger, happiness, neutral and sadness.",
        "87 speakers; 3,000 utterances of 3 h 25 min as the authors say. EmoBox lists 2,838 of them.",
    ),
)
NAME = r"(?P<speaker>(?P<sex>[FM])[0-9]{2})(?P<code>[AFHNSW])(?P<number>[0-9]{2,3})"
TEST = ("M12", "M25", "F07", "F24")


def scan(root: str | os.PathLike[str], *, split: str = "none") -> Corpus:
    """The clips whose names have speaker, emotion and number.

    Args:
        root: the folder that holds `male` and `female`.
        split: "none", or "nkululeko" for its four test speakers.

    Returns:
        `emotion`, `emotion_as_labelled` (the letter), `gender`, `language`.

    Raises:
        BadInput: when no file has such a name.
    """
    found, unknown = parse_names(file_tree(root), NAME)
    rows = found.with_columns(
        pl.col("stem").alias("id"),
        speaker_split(split, "speaker", TEST),
        pl.col("code").replace_strict(EMOTIONS, return_dtype=pl.String).alias("emotion"),
        pl.col("code").alias("emotion_as_labelled"),
        pl.col("sex").replace_strict({"F": "female", "M": "male"}, return_dtype=pl.String).alias("gender"),
        pl.lit("fa").alias("language"),
    )
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown)),
        labels=("emotion", "emotion_as_labelled", "gender", "language"),
    )  # fmt: skip
