"""Codecfake of Xie et al.: seven neural codecs and audio language models, English and Chinese."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.codecfake_lists import LABELS, file_and_source, read_lists
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scanning import join_key, scanned

PARTS = ("train", "dev", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "A1", "A2", "A3")
CODECS = {
    "1": "SoundStream", "2": "SpeechTokenizer", "3": "FunCodec", "4": "EnCodec", "5": "AudioDec",
    "6": "AcademiCodec", "7": "DAC",
}  # fmt: skip
COUNTS = {
    "train": 740_747, "dev": 92_596, **dict.fromkeys(("C1", "C2", "C3", "C4", "C5", "C6"), 26_456),
    "C7": 145_505, "A1": 8_902, "A2": 8_902, "A3": 99_112,
}  # fmt: skip
CARD = CorpusCard(
    name="codecfake-xie",
    title="Codecfake (Xie et al.)",
    tasks=("detection", "attribution"),
    licence="CC-BY-NC-ND-4.0",
    access="open",
    get="zenodo.org, records 13838106, 13841652, 13853860 (train and labels), 13841216 (dev), 13838823 and "
    "11125029 (test), arranged as Codecfake/{label,train,dev,test/C1 ...}",
    citation="Xie et al., The Codecfake Dataset and Countermeasures for the Universally Detection of "
    "Deepfake Audio, IEEE/ACM TASLP 33, 2025",
    languages=("en", "zh"),
    expected=(
        *(Expected(rows=rows, where={"part": part}, known="established") for part, rows in COUNTS.items()),
        Expected(rows=13_228, where={"part": "C1", "label": "bona fide"}, known="established"),
        Expected(rows=49_838, where={"part": "A3", "label": "spoof"}, known="established"),
        Expected(rows=49_274, where={"part": "A3", "label": "bona fide"}, known="established"),
    ),
    labels={"label": ("bona fide", "spoof"), "part": PARTS, "codec": tuple(CODECS.values())},
    notes=(
        "Lists, folders and counts as in the authors' README; names and counts by label as in the score "
        "files of their repository (F01_SSB05440084.wav: codec 1 of SSB05440084.wav).",
        "Which codec is F01 to F07 is from memory, with one thing to hold it: the same authors' ST-Codecfake "
        "calls its folders C3-1 and C4-1 FunCodec and EnCodec.",
        "C1 to C6 hold the same real files: ids begin with the part, group ties them.",
        "C1 to C6 are codecs of the training part, C7 is unseen, A1 to A3 are audio language models.",
    ),
)


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The rows of the lists that are there.

    Args:
        root: the folder `Codecfake` with `label`, `train`, `dev` and `test/C1` to `test/A3`; the test
            parts may also lie beside `train`.

    Returns:
        `label`; `part`; `attack` (F01 to F07 or the part of a language model), empty for bona fide;
        `codec` that is meant by F01 to F07, from memory; `speaker` where the name tells.

    Raises:
        BadInput: when no list is there, a line is not of three columns, or a label is unknown.
    """
    key = read_lists(root, {name: name for name in PARTS}, LABELS)
    key = file_and_source(key, r"(?:F[0-9]{2}|[ACL][0-9](?:-[0-9])?)").with_columns(
        pl.col("part").replace_strict({"train": "train", "dev": "validation"}, default="test").alias("split")
    )
    spoof = pl.col("label") == "spoof"
    key = key.with_columns(
        pl.when(spoof).then(pl.coalesce(pl.col("stem").str.extract(r"^(F[0-9]{2})_"), "part"))
        .otherwise(pl.lit("")).alias("attack"),
        pl.when(spoof).then(pl.col("stem").str.extract(r"^F0([0-9])_")).replace_strict(CODECS, default="")
        .alias("codec"),
        spoof.alias("synthetic"),
        pl.format("{}/{}", "part", "stem").alias("id"),
    )  # fmt: skip
    files = file_tree(root).with_columns(
        pl.format("{}/{}", pl.col("path").str.extract(r"([^/]+)/[^/]+$").fill_null(""), "stem").alias("stem")
    )
    rows, report = join_key(key.drop("stem"), files, where="label")
    return scanned(CARD, rows, root, report, labels=("label", "part", "attack", "codec"))
