"""CREMA-D: ninety-one actors say twelve sentences in six emotions."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.headed_table import numbers, read_headed
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned
from earwitness.corpora.soundless import without_soundless
from earwitness.errors import BadInput

EMOTIONS = {
    "ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happiness", "NEU": "neutral", "SAD": "sadness",
}  # fmt: skip
LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": "", "X": ""}
SENTENCES = {
    "IEO": "It's eleven o'clock",
    "TIE": "That is exactly what happened",
    "IOM": "I'm on my way to the meeting",
    "IWW": "I wonder what this is about",
    "TAI": "The airplane is almost full",
    "MTI": "Maybe tomorrow it will be cold",
    "IWL": "I would like a new alarm clock",
    "ITH": "I think I have a doctor's appointment",
    "DFA": "Don't forget a jacket",
    "ITS": "I think I've seen this before",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}
COUNTS = {"anger": 1_271, "disgust": 1_271, "fear": 1_271, "happiness": 1_271, "neutral": 1_087}
CARD = CorpusCard(
    name="cremad",
    title="CREMA-D",
    tasks=("emotion", "speaker", "gender", "age"),
    licence="ODbL-1.0",
    access="open",
    get="github.com/CheyneyComputerScience/CREMA-D (git lfs): AudioWAV and VideoDemographics.csv",
    citation="Cao et al., CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset, IEEE Transactions on "
    "Affective Computing 5(4), 2014",
    hours=5.26,  # sum of the lengths in EmoBox's lists
    languages=("en",),
    expected=(
        Expected(rows=7_441),
        *(Expected(rows=n, where={"emotion": name}, known="established") for name, n in COUNTS.items()),
        Expected(rows=1_270, where={"emotion": "sadness"}),
    ),
    labels={"emotion": tuple(EMOTIONS.values()), "intensity": ("low", "medium", "high")},
    notes=(
        "No official split; speaker-disjoint folds.",
        "The emotion is the one that was played; that which listeners heard differs and is not read.",
        "7,442 files and six emotions as in the file lists of EmoBox; one of them holds no sound "
        "(1076_MTI_SAD_XX). It is found by its level and left out.",
        "The crowd's own MP3 copies (AudioMP3) are left alone: they are the same clips.",
    ),
)
NAME = (
    r"(?P<actor>1[0-9]{3})_(?P<sentence>IEO|TIE|IOM|IWW|TAI|MTI|IWL|ITH|DFA|ITS|TSI|WSI)"
    r"_(?P<code>ANG|DIS|FEA|HAP|NEU|SAD)_(?P<level>LO|MD|HI|XX?)"
)
TABLE = "VideoDemographics.csv"


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The clips whose names have the four fields of the corpus, with age and gender of the actors.

    Args:
        root: the folder that holds `AudioWAV` and, for age and gender, `VideoDemographics.csv`.

    Returns:
        `emotion`, `emotion_as_labelled`, `intensity` (empty where none was asked for), `gender`, `age`
        in years, `language`, `transcript`; `speaker` is the actor.

    Raises:
        BadInput: when no file has such a name, or the table of actors is not sound.
    """
    found, unknown = parse_names(file_tree(root, (".wav",)), NAME)
    people, notes = _people(Path(root))
    rows = found.join(people, on="actor", how="left", maintain_order="left").with_columns(
        pl.format("{}_{}_{}_{}", "actor", "sentence", "code", "level").alias("id"),
        pl.col("code").replace_strict(EMOTIONS, return_dtype=pl.String).alias("emotion"),
        pl.col("code").alias("emotion_as_labelled"),
        pl.col("level").replace_strict(LEVELS, return_dtype=pl.String).alias("intensity"),
        pl.col("sentence").replace_strict(SENTENCES, return_dtype=pl.String).alias("transcript"),
        pl.col("gender").fill_null(""),
        pl.lit("en").alias("language"),
        pl.col("actor").alias("speaker"),
    )
    rows, report = without_soundless(rows, root, ScanReport(unknown=noted(unknown), notes=notes))
    return scanned(
        CARD, rows, root, report,
        labels=(
            "emotion", "emotion_as_labelled", "intensity", "gender", "age", "language", "transcript",
        ),
    )  # fmt: skip


def _people(root: Path) -> tuple[pl.DataFrame, tuple[str, ...]]:
    path = next((place / TABLE for place in (root, root.parent) if (place / TABLE).is_file()), None)
    if path is None:
        none = {"actor": pl.String, "gender": pl.String, "age": pl.Float64}
        return pl.DataFrame(schema=none), (f"{TABLE} is not there: no row has an age or a gender",)
    table = read_headed(path, ("ActorID", "Age", "Sex"))
    other = table.filter(~pl.col("Sex").str.to_lowercase().is_in(["male", "female"]))
    if len(other):
        raise BadInput(f"column 'Sex' holds {other['Sex'][0]!r}, not Male or Female", where=str(path))
    twice = table["ActorID"].filter(table["ActorID"].is_duplicated())
    if len(twice):
        raise BadInput(f"names the actor {twice[0]!r} more than once", where=str(path))
    return table.select(
        pl.col("ActorID").alias("actor"),
        pl.col("Sex").str.to_lowercase().alias("gender"),
        numbers(table, "Age", path).alias("age"),
    ), ()
