"""MLAAD: text-to-speech of many systems in many languages; fakes only."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.headed_table import read_headed
from earwitness.corpora.scanning import join_key, scanned
from earwitness.errors import BadInput

CARD = CorpusCard(
    name="mlaad",
    title="MLAAD (Multi-Language Audio Anti-Spoofing Dataset)",
    tasks=("detection", "attribution"),
    licence="CC-BY-NC-4.0",
    access="open",
    get="huggingface.co/datasets/mueller91/MLAAD: the folder fake",
    citation="Müller et al., MLAAD: The Multi-Language Audio Anti-Spoofing Dataset, Proc. IJCNN, 2024",
    labels={"label": ("bona fide", "spoof")},
    notes=(
        "Fakes only: bona fide speech is M-AILABS, from which the texts are, or another corpus. Join them.",
        "fake/<language>/<system>/meta.csv, cells between |, with path, original_file, language, model_name, "
        "architecture, transcript and others, as public loaders read it; versions differ in the last "
        "columns. Versions grow (v5: 82 systems, v9: 140): no count is compared.",
        "group is the clip of M-AILABS whose text is spoken: every system says it. The speaker is "
        "reference_speaker where there is one, else unknown: the reader in original_file is not the voice. "
        "Licence is from memory.",
    ),
)
COLUMNS = ("path", "original_file", "language", "model_name", "architecture", "transcript")


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The rows of every `meta.csv` below a folder.

    Args:
        root: the folder that holds `fake`, or `fake` itself.

    Returns:
        `label` (always spoof); `attack`, the system; `family`, its architecture; `language` as the corpus
        names it; `transcript`; `training_data` of the system.

    Raises:
        BadInput: when there is no `meta.csv`, or one is not sound.
    """
    keys = []
    for inside in file_tree(root, (".csv",))["path"]:
        folder, _, name = inside.rpartition("/")
        if name == "meta.csv":
            keys.append(_meta(Path(root) / inside, folder))
    if not keys:
        raise BadInput("has no fake/<language>/<system>/meta.csv", where=str(root))
    none = pl.DataFrame(schema={"training_data": pl.String, "speaker": pl.String})
    key = pl.concat([none, *keys], how="diagonal").with_columns(
        pl.col("training_data", "speaker").fill_null(""),
        pl.lit("spoof").alias("label"),
        pl.lit(True).alias("synthetic"),
    )
    rows, report = join_key(key, file_tree(root), on="path", where="meta.csv")
    return scanned(
        CARD, rows, root, report,
        labels=("label", "attack", "family", "language", "transcript", "training_data"),
    )  # fmt: skip


def _meta(path: Path, folder: str) -> pl.DataFrame:
    table = read_headed(path, COLUMNS, separator="|")
    name = pl.col("path").str.extract(r"([^/\\]*)$")
    placed = pl.format("{}/{}", pl.lit(folder), name) if folder else name
    kept = {"training_data": "training_data", "reference_speaker": "speaker"}
    return table.select(
        placed.alias("path"),
        pl.col("model_name").alias("attack"),
        pl.col("architecture").alias("family"),
        "language",
        "transcript",
        *(pl.col(theirs).alias(ours) for theirs, ours in kept.items() if theirs in table.columns),
        placed.str.replace(r"\.[^./]+$", "").alias("id"),
        pl.when(pl.col("original_file").is_in(["", "-"]))
        .then(placed)
        .otherwise("original_file")
        .alias("group"),
    )
