"""DCASE 2023, task 7: Foley sounds of seven classes, recorded and synthesised."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned

SOUNDS = ("DogBark", "Footstep", "GunShot", "Keyboard", "MovingMotorVehicle", "Rain", "Sneeze_Cough")
CARD = CorpusCard(
    name="dcase2023-foley",
    title="DCASE 2023 Task 7 (Foley sound synthesis)",
    tasks=("detection", "attribution"),
    licence="CC-BY-4.0",
    access="open",
    get="zenodo.org, record 7957169 (recorded: dev, eval) and 8091972 (synthesised, as they were rated); "
    "unpack the first into real, the second into fake",
    citation="Choi et al., Foley Sound Synthesis at the DCASE 2023 Challenge, Proc. DCASE, 2023; its use for "
    "detection: Ouajdi et al., arXiv 2403.17529, 2024",
    labels={
        "label": ("bona fide", "spoof"), "sound": SOUNDS, "track": ("A", "B"), "part": ("dev", "eval"),
    },
    notes=(
        "No speech. Seven classes as on the challenge's page; 44 synthesisers after Ouajdi et al.",
        "The layout is our choice, for none is established: a recorded sound lies in dev/<class> or "
        "eval/<class>, a synthesised one in [TrackA or TrackB/]<system>/<class> below a folder fake, TrackA "
        "or TrackB. Other places are counted as unknown.",
        "dev and eval of the recorded sounds are the challenge's own parts. There is no official split for "
        "detection: take folds, or leave engines out. Licence is from memory; no count is established.",
    ),
)  # fmt: skip
CLASS = "|".join(SOUNDS)
FAKE = rf"(?:.*/)?(?P<system>[^/]+)/(?P<sound>{CLASS})/(?P<clip>[^/]+)\.[^./]+"
REAL = rf"(?:.*/)?(?P<part>dev|eval)/(?P<sound>{CLASS})/(?P<clip>[^/]+)\.[^./]+"


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The files in folders of the seven classes.

    Args:
        root: folder that holds the recorded sounds (`dev`, `eval`) and the synthesised ones (`fake`, or
            `TrackA` and `TrackB`).

    Returns:
        `label`; `sound`; `attack`, the synthesiser, empty for recorded sounds; `track` A or B where a
        folder tells; `part` dev or eval of the recorded ones.

    Raises:
        BadInput: when no file has such a path.
    """
    files = file_tree(root)
    made = files.filter(pl.col("path").str.contains(r"(?i:(^|/)(fake|track_?[ab])/)"))
    fake, odd = parse_names(made, FAKE, "path")
    real, strange = parse_names(files.join(made, on="path", how="anti"), REAL, "path")
    track = pl.col("path").str.extract(r"(?i:(?:^|/)track_?([ab])/)").str.to_uppercase().fill_null("")
    fake = fake.select(
        "path", "bytes", "sound", pl.col("system").alias("attack"), track.alias("track"),
        pl.lit("spoof").alias("label"), pl.lit(True).alias("synthetic"), pl.lit("").alias("part"),
    )  # fmt: skip
    real = real.select(
        "path", "bytes", "sound", "part", pl.lit("").alias("attack"), pl.lit("").alias("track"),
        pl.lit("bona fide").alias("label"), pl.lit(False).alias("synthetic"),
    )  # fmt: skip
    rows = pl.concat([real, fake], how="diagonal").with_columns(
        pl.col("path").str.replace(r"\.[^./]+$", "").alias("id")
    )
    report = ScanReport(unknown=noted(pl.concat([odd, strange])))
    return scanned(CARD, rows, root, report, labels=("label", "sound", "attack", "track", "part"))
