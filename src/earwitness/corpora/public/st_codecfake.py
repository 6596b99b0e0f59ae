"""ST-Codecfake: which neural codec made it, with codecs, settings and sources that training lacks."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.codecfake_lists import LABELS, file_and_source, read_lists
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import join_key, scanned
from earwitness.errors import BadInput

LISTS = {
    "train": "train", "dev": "dev", "eval_id": "eval_id", "eval_ood7": "eval_ood", "eval_ood8-11": "eval_ood",
}  # fmt: skip
CODECS = {
    "0": "", "1": "mimi", "2": "speechtokenizer", "3": "funcodec", "4": "encodec", "5": "facodec",
    "6": "snac", "7": "wavtokenizer",
}  # fmt: skip
FOLDERS = {
    **{f"ID_diff_config/C3-{n}": "3" for n in (1, 2, 3, 4)},
    **{f"ID_diff_config/C4-{n}": "4" for n in (1, 2, 3)},
    "ID_diff_source/NCSSD-mimi": "1", "ID_diff_source/NCSSD-snac": "6",
    "OOD_diff_source/NCSSD_wavtokenizer": "7", "OOD_diff_config/wavtokenizer_small40": "7",
    "ALM/moshi": "", "ALM/mini-omni": "", "ALM/speechgpt-gen": "", "ALM/valle": "",
}  # fmt: skip
COUNTS = {
    "train": 70_000, "dev": 7_000, "eval_id": 92_596, "eval_ood": 66_140,
    **dict.fromkeys(FOLDERS, 10_000), "ALM/valle": 4_436, "ALM/speechgpt-gen": 18,
}  # fmt: skip
CARD = CorpusCard(
    name="st-codecfake",
    title="ST-Codecfake",
    tasks=("attribution", "detection"),
    licence="CC-BY-NC-ND-4.0",
    access="open",
    get="zenodo.org, records 14631091 (main) and 14631085 (open set), arranged as the authors' README says",
    citation="Xie et al., Neural Codec Source Tracing: Toward Comprehensive Attribution in Open-Set "
    "Condition, arXiv 2501.06514, 2025",
    languages=("en", "zh"),
    expected=tuple(
        Expected(rows=rows, where={"part": part}, known="established") for part, rows in COUNTS.items()
    ),
    labels={"label": ("bona fide", "spoof"), "part": tuple(COUNTS)},
    notes=(
        "Folders, lists and counts as in the authors' README. Which codec is 1 to 6 is read off the file "
        "names in their published results (mimi_, speechtokenizer_, funcodec_, encodec_, facodec_, snac_); 7 "
        "is WavTokenizer by its folders. The names of 8 to 11 are not established: codec is then what stands "
        "before the first _ of the file name, where the rest is a name of AISHELL-3 or VCTK.",
        "Their published results for C3-1 count 13,228 files, the README 10,000.",
        "C3-4 is FunCodec (3) by its name and by their evaluation; the README prints 4.",
        "Files of the other folders have no list: the folder is the label, all are spoofs. The sets of "
        "unseen real speech are ASVspoof 2019 LA, In-the-Wild and NCSSD: scan those. Licence is from memory.",
        "group is the source utterance: it ties the codecs' versions of one clip.",
    ),
)
FOLDER = r"^(?:.*/)?((?:ID_diff_config|ID_diff_source|OOD_diff_source|OOD_diff_config|ALM)/[^/]+)/[^/]+$"


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The rows of the lists and of the folders that have none.

    Args:
        root: the folder `st-codecfake`.

    Returns:
        `label`; `part`; `codec_id` 0 (real) to 11, empty for language models; `codec`, empty for real;
        `attack` the codec or the language model.

    Raises:
        BadInput: when no list is there, a line is not of three columns, a label is unknown, or real
            and 0 do not go together.
    """
    key = read_lists(root, LISTS, LABELS)
    turned = key.filter((pl.col("type") == "0") != (pl.col("label") == "bona fide"))
    if len(turned):
        name, label, number, where = turned.select("file", "label", "type", "list").row(0)
        raise BadInput(f"gives {name!r} the label {label} and the type {number}; only 0 is real", where=where)
    # Real files may stand in both lists of eval_ood: one file, one row
    key = key.unique(["part", "file", "label", "type"], keep="first", maintain_order=True)
    files = file_tree(root).with_columns(
        pl.col("path").str.extract(FOLDER, 1).alias("folder"),
        pl.format("{}/{}", pl.col("path").str.extract(r"([^/]+)/[^/]+$").fill_null(""), "stem").alias("stem"),
    )
    loose = files.filter(pl.col("folder").is_in(list(FOLDERS)).fill_null(False))
    rows, report = join_key(
        file_and_source(key, "[a-z0-9]+").with_columns(pl.format("{}/{}", "part", "stem").alias("id"))
        .drop("stem"),
        files.join(loose, on="path", how="anti"), where="label",
    )  # fmt: skip
    unlisted = loose.select(
        "path", "bytes", pl.col("folder").alias("part"), pl.lit("spoof").alias("label"),
        pl.col("path").str.extract(r"([^/]*)$").alias("file"),
        pl.col("folder").replace_strict(FOLDERS).alias("type"),
    )  # fmt: skip
    unlisted = file_and_source(unlisted, "[A-Za-z0-9-]+").with_columns(
        pl.format("{}/{}", "part", "stem").alias("id")
    )
    table = pl.concat([rows, unlisted], how="diagonal").with_columns(
        pl.col("file").str.extract(r"^([a-z0-9]+)_(?:SSB|p[0-9]{3}_|s5_)", 1).fill_null("").alias("prefix"),
        pl.col("part").replace_strict({"train": "train", "dev": "validation"}, default="test").alias("split"),
        (pl.col("label") == "spoof").alias("synthetic"),
        pl.col("type").alias("codec_id"),
    )
    table = table.with_columns(
        pl.col("type").replace_strict(CODECS, default=None).fill_null(pl.col("prefix")).alias("codec")
    ).with_columns(
        pl.when(pl.col("part").str.starts_with("ALM/")).then(pl.col("part").str.replace("ALM/", ""))
        .otherwise("codec").alias("attack")
    )  # fmt: skip
    table = table.with_columns(
        pl.when(pl.col("part").str.starts_with("ALM/")).then(pl.lit("")).otherwise("codec").alias("codec")
    )
    report = ScanReport(missing=report.missing, extra=report.extra)
    return scanned(CARD, table, root, report, labels=("label", "part", "codec_id", "codec", "attack"))
