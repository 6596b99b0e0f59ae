"""CtrSVDD: singing, real and synthesised by fourteen systems, without the music."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.key_file import read_key, relabel
from earwitness.corpora.scanning import choice, join_key, noted, scanned
from earwitness.errors import BadInput

CARD = CorpusCard(
    name="ctrsvdd",
    title="CtrSVDD (SVDD Challenge 2024, controlled)",
    tasks=("detection", "attribution"),
    licence="CC-BY-NC-ND-4.0",
    access="open",
    get="zenodo.org, record 10467604 (train, dev) and the test set of the challenge; bona fide singing of "
    "four collections is fetched and cut by the scripts of SVDDChallenge/CtrSVDD_Utils",
    citation="Zang et al., CtrSVDD: A Benchmark Dataset and Baseline Analysis for Controlled Singing Voice "
    "Deepfake Detection, Proc. Interspeech, 2024",
    languages=("zh", "ja"),
    hours=307.98,
    expected=(
        Expected(rows=84_404, where={"split": "train"}, known="established"),
        Expected(rows=12_169, where={"split": "train", "label": "bona fide"}),
        Expected(rows=72_235, where={"split": "train", "label": "spoof"}),
        Expected(rows=6_547, where={"split": "validation", "label": "bona fide"}),
        Expected(rows=37_078, where={"split": "validation", "label": "spoof"}),
        Expected(rows=67_579, where={"split": "test"}, known="established"),
        Expected(rows=2_845, where={"split": "test", "source_set": "acesinger"}, known="established"),
    ),
    labels={"label": ("bona fide", "spoof"), "attack": tuple(f"A{number:02}" for number in range(1, 15))},
    notes=(
        "Spoof is written deepfake. Train and dev hold the same eight systems, A01 to A08.",
        "A14 is left out of published figures; here too, unless a14=keep. What is left are 67,579 test rows, "
        "the figures with ACE bona fide.",
        "ace=without leaves the rows of acesinger out (64,734 are left), the figures without ACE bona fide: "
        "the singing of acesinger is itself synthesised, only by a system that none of the attacks is.",
        "The bona fide singing of Oniku, Ofuton, Kiritan and JVS-MuSiC is not in the download: without it "
        "those rows are missing, not wrong.",
        "Names do not tell which song a fake was made from: groups are single rows. Licence and hours are "
        "from memory.",
    ),
)
LISTS = {"train": "train", "dev": "validation", "test": "test"}
COLUMNS = ("source_set", "speaker", "id", "_", "attack", "label")


def scan(root: str | os.PathLike[str], ace: str = "with", a14: str = "leave out") -> Corpus:
    """The rows of the lists that are there.

    Args:
        root: folder that holds `train.txt`, `dev.txt`, `test.txt` and the audio, in any folders.
        ace: `with` or `without` the rows of acesinger.
        a14: `leave out` or `keep` the rows of that attack.

    Returns:
        `label`; `attack`, empty for bona fide; `source_set`, the collection of singing; `speaker` is the
        singer.

    Raises:
        BadInput: when no list is there, a line is not of six columns, or a label is unknown.
    """
    choice("ace", ace, ("with", "without"))
    choice("a14", a14, ("leave out", "keep"))
    keys = []
    for name, split in LISTS.items():
        path = Path(root) / f"{name}.txt"
        if path.is_file():
            key = relabel(
                read_key(path, COLUMNS), "label", {"bonafide": "bona fide", "deepfake": "spoof"}, path
            )
            keys.append(key.with_columns(pl.lit(split).alias("split")))
    if not keys:
        raise BadInput("has no train.txt, dev.txt or test.txt; give the folder of the lists", where=str(root))
    key = pl.concat(keys).with_columns(
        pl.col("attack").replace("-", ""), (pl.col("label") == "spoof").alias("synthetic")
    )
    rows, report = join_key(key, file_tree(root), where="CtrSVDD lists")
    out = pl.lit(False)
    if a14 == "leave out":
        out |= pl.col("attack") == "A14"
    if ace == "without":
        out |= pl.col("source_set") == "acesinger"
    report = msgspec.structs.replace(report, dropped=noted(rows.filter(out)["id"]))
    return scanned(_card(ace, a14), rows.filter(~out), root, report, labels=("label", "attack", "source_set"))


def _card(ace: str, a14: str) -> CorpusCard:
    """The card with the counts that these choices leave."""
    kept = [
        expected for expected in CARD.expected
        if expected.where.get("split") != "test" or (ace == "with" and a14 == "leave out")
    ]  # fmt: skip
    if ace == "without" and a14 == "leave out":
        kept.append(Expected(rows=64_734, where={"split": "test"}, known="established"))
    return msgspec.structs.replace(CARD, expected=tuple(kept))
