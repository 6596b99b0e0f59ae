"""VoxCeleb1: celebrities from web videos, with the trial lists O, E and H."""

from __future__ import annotations

import os

import msgspec
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.key_file import read_key
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import choice, join_key, noted, refuse_outside, scanned
from earwitness.corpora.trials import Trials
from earwitness.corpora.voxceleb_files import list_file, utterances, with_people
from earwitness.errors import BadInput

LISTS = {
    "O": "veri_test2.txt", "E": "list_test_all2.txt", "H": "list_test_hard2.txt",
    "O-original": "veri_test.txt", "E-original": "list_test_all.txt", "H-original": "list_test_hard.txt",
}  # fmt: skip
"""Trial list -> its file; O, E and H are the cleaned ones, which papers report."""
TRIALS = {
    "O": 37_611, "E": 579_818, "H": 550_894,
    "O-original": 37_720, "E-original": 581_480, "H-original": 552_536,
}  # fmt: skip
"""Trials of a complete list."""
SPLITS = ("verification", "identification")
CARD = CorpusCard(
    name="voxceleb1",
    title="VoxCeleb1",
    tasks=("speaker", "gender"),
    licence="CC-BY-4.0 (metadata); the audio is that of web videos",
    access="request",
    get="robots.ox.ac.uk/~vgg/data/voxceleb: vox1_dev_wav, vox1_test_wav, vox1_meta.csv and the trial lists",
    citation="Nagrani, Chung and Zisserman, VoxCeleb: a large-scale speaker identification dataset, "
    "Interspeech 2017",
    languages=("en",),
    hours=351.6,
    expected=(
        Expected(rows=148_642, where={"split": "train"}, known="established"),
        Expected(rows=4_874, where={"split": "test"}, known="established"),
    ),
    labels={"gender": ("male", "female")},
    notes=(
        "1,211 speakers to train on, 40 to test. Trials O are on the 40; E and H are on all 1,251, so what "
        "was trained on VoxCeleb1 must not be tested on them.",
        "split=identification (iden_split.txt) has all speakers on all sides.",
        "Counts of rows and trials as in the recipe of PaddleSpeech.",
        "The links of the release come and go; languages are mostly, not only, English.",
    ),
)
IDS = r"id1[01][0-9]{3}"


def scan(root: str | os.PathLike[str], *, split: str = "verification") -> Corpus:
    """The utterances that lie as `id10001/<video>/00001.wav`.

    Args:
        root: with `wav` (or `dev/wav` and `test/wav`); `vox1_meta.csv` and the lists in it, in its folder
            `meta`, or beside it.
        split: "verification" (speakers of the development and the test part), or "identification" (by
            `iden_split.txt`, all speakers on all sides).

    Returns:
        `session` (speaker and video), `gender`, `nationality`; ids are such as
        `id10001/1zcIwhmdeo4/00001`.

    Raises:
        BadInput: when no file lies so, a list is not sound, or an utterance is there twice.
    """
    choice("split", split, SPLITS)
    found, unknown = utterances(root, IDS)
    rows, notes = with_people(found, root, "vox1_meta.csv", "VoxCeleb1 ID")
    report, card = ScanReport(unknown=noted(unknown), notes=notes), CARD
    if split == "identification":
        rows, joined = _identification(rows, root)
        report = msgspec.structs.replace(report, missing=joined.missing, extra=joined.extra)
        card = msgspec.structs.replace(CARD, expected=())
    return scanned(card, rows, root, report, labels=("session", "gender", "nationality"))


def trials(root: str | os.PathLike[str], name: str = "O") -> Trials:
    """A trial list.

    Args:
        root: as for `scan`.
        name: key of `LISTS`.

    Returns:
        Sides are ids of the corpus; label target (same speaker) or nontarget.

    Raises:
        BadInput: when there is no list of that name, its file is not there, or a line of it is none.
    """
    choice("trial list", name, tuple(LISTS))
    path = list_file(root, LISTS[name])
    if path is None:
        raise BadInput(f"has no {LISTS[name]}, nor its folder meta", where=str(root))
    table = read_key(path, ("label", "left", "right"))
    odd = table.filter(~pl.col("label").is_in(["0", "1"]))
    if len(odd):
        raise BadInput(f"has the label {odd['label'][0]!r}; known are 0, 1", where=str(path))
    for side in ("left", "right"):
        refuse_outside(table[side], str(path))
    return Trials(
        table.select(
            _id("left"),
            _id("right"),
            pl.col("label").replace_strict({"0": "nontarget", "1": "target"}, return_dtype=pl.String),
        ),
        f"voxceleb1-{name}",
    )


def _id(column: str) -> pl.Expr:
    """The id of an utterance from its path in a list."""
    return pl.col(column).str.replace(r"\.[A-Za-z0-9]+$", "")


def _identification(rows: pl.DataFrame, root: str | os.PathLike[str]) -> tuple[pl.DataFrame, ScanReport]:
    path = list_file(root, "iden_split.txt")
    if path is None:
        raise BadInput("has no iden_split.txt, nor its folder meta", where=str(root))
    key = read_key(path, ("side", "file"))
    sides = {"1": "train", "2": "validation", "3": "test"}
    odd = key.filter(~pl.col("side").is_in(list(sides)))
    if len(odd):
        raise BadInput(f"has the part {odd['side'][0]!r}; known are 1, 2, 3", where=str(path))
    refuse_outside(key["file"], str(path))
    parts = key.select(
        _id("file").alias("id"), pl.col("side").replace_strict(sides, return_dtype=pl.String).alias("split")
    )
    there, report = join_key(parts, rows, on="id", where=str(path))
    return there.join(rows.drop("split", "path", "bytes"), on="id", maintain_order="left"), report
