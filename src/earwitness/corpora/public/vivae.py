"""VIVAE: non-verbal vocalisations of six emotions at four intensities."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned
from earwitness.corpora.speaker_split import speaker_split

EMOTIONS = ("achievement", "anger", "fear", "pain", "pleasure", "surprise")
CARD = CorpusCard(
    name="vivae",
    title="VIVAE",
    tasks=("emotion", "non-verbal"),
    licence="CC-BY-NC-SA-4.0",
    access="open",
    get="zenodo.org, record 4066235: VIVAE.zip, unpacked",
    citation="Holz, Larrouy-Maestri and Poeppel, The Variably Intense Vocalizations of Affect and Emotion "
    "(VIVAE) corpus prompts new perspective on nonspeech perception, Emotion 22(1), 2022",
    expected=(
        Expected(rows=1_085, known="established"),
        Expected(rows=480, where={"core": "true"}, known="established"),
    ),
    labels={"emotion": EMOTIONS, "intensity": ("low", "moderate", "strong", "peak")},
    notes=(
        "Eleven speakers; no official split, split=nkululeko tests on S05 and S06.",
        "The core set is a part of the full set: its copies are not rows of their own (column core).",
        "The licence is from memory.",
    ),
)
NAME = (
    r"(?P<speaker>S[0-9]{2})_(?P<code>achievement|anger|fear|pain|pleasure|surprise)"
    r"_(?P<intensity>low|moderate|strong|peak)_(?P<number>[0-9]+)"
)
CORE = r"(?i)(^|/)core[^/]*/"


def scan(root: str | os.PathLike[str], *, split: str = "none") -> Corpus:
    """The clips whose names have speaker, emotion, intensity and number.

    Args:
        root: the folder that holds `full_set` (and `core_set`).
        split: "none", or "nkululeko" for its two test speakers.

    Returns:
        `emotion`, `emotion_as_labelled`, `intensity` (low, moderate, strong, peak), `core` (whether the
        core set has it; null when no core set is there).

    Raises:
        BadInput: when no file has such a name.
    """
    found, unknown = parse_names(file_tree(root), NAME)
    core = found.filter(pl.col("path").str.contains(CORE))["stem"]
    kept = found.filter(~pl.col("path").str.contains(CORE))
    kept = kept if len(kept) else found
    rows = kept.with_columns(
        pl.col("stem").alias("id"),
        speaker_split(split, "speaker", ("S05", "S06")),
        pl.col("code").alias("emotion"),
        pl.col("code").alias("emotion_as_labelled"),
        (pl.col("stem").is_in(core.to_list()) if len(core) else pl.lit(None, pl.Boolean)).alias("core"),
    )
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown)),
        labels=("emotion", "emotion_as_labelled", "intensity", "core"),
    )  # fmt: skip
