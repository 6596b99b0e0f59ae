"""ASVspoof 2019, logical access: the corpus that most detectors are trained on."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.key_file import read_key, relabel
from earwitness.corpora.scanning import join_key, scanned
from earwitness.errors import BadInput

CARD = CorpusCard(
    name="asvspoof2019-la",
    title="ASVspoof 2019 LA",
    tasks=("detection", "attribution"),
    licence="ODC-By-1.0",
    access="open",
    get="datashare.ed.ac.uk, handle 10283/3336: LA.zip, unpacked",
    citation="Wang et al., ASVspoof 2019: a large-scale public database of synthesized, converted and "
    "replayed speech, Computer Speech & Language 64, 2020",
    languages=("en",),
    expected=(
        Expected(rows=2_580, where={"split": "train", "label": "bona fide"}, known="established"),
        Expected(rows=22_800, where={"split": "train", "label": "spoof"}),
        Expected(rows=2_548, where={"split": "validation", "label": "bona fide"}, known="established"),
        Expected(rows=22_296, where={"split": "validation", "label": "spoof"}),
        Expected(rows=7_355, where={"split": "test", "label": "bona fide"}, known="established"),
        Expected(rows=63_882, where={"split": "test", "label": "spoof"}),
    ),
    labels={"label": ("bona fide", "spoof"), "attack": tuple(f"A{number:02}" for number in range(1, 20))},
    notes=("A16 is the method of A04, A19 that of A06: with them the test split holds known attacks.",),
)
SPLITS = {"train.trn": "train", "dev.trl": "validation", "eval.trl": "test"}


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The rows of all protocol files that are there.

    Args:
        root: the folder `LA`: `ASVspoof2019_LA_cm_protocols`, `ASVspoof2019_LA_{train,dev,eval}/flac`.

    Returns:
        `split` train, validation or test; `label`; `attack` A01 to A19, empty for bona fide.

    Raises:
        BadInput: when no protocol is there, a line is not of five columns, or a label is unknown.
    """
    keys = []
    for ending, split in SPLITS.items():
        path = Path(root) / "ASVspoof2019_LA_cm_protocols" / f"ASVspoof2019.LA.cm.{ending}.txt"
        if path.is_file():
            key = read_key(path, ("speaker", "id", "_", "attack", "label"))
            key = relabel(key, "label", {"bonafide": "bona fide", "spoof": "spoof"}, path)
            keys.append(key.with_columns(pl.lit(split).alias("split")))
    if not keys:
        raise BadInput("has no ASVspoof2019_LA_cm_protocols; give the folder LA", where=str(root))
    key = pl.concat(keys).with_columns(
        pl.col("attack").replace("-", ""), (pl.col("label") == "spoof").alias("synthetic")
    )
    rows, report = join_key(key, file_tree(root), where="ASVspoof2019_LA_cm_protocols")
    return scanned(CARD, rows, root, report, labels=("label", "attack"))
