"""CodecFake+: VCTK through thirty-one codecs, and what codec language models' demo pages play."""

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
    name="codecfake-plus",
    title="CodecFake+",
    tasks=("detection", "attribution", "codec parsing"),
    licence="MIT by its page; the demo clips are those of their authors",
    access="open",
    get="huggingface.co/datasets/CodecFake/CodecFake_Plus_Dataset: CoRS and CoSG archives, CoRS_labels.txt, "
    "CoSG_labels.txt",
    citation="Chen et al., CodecFake+: A Large-Scale Neural Audio Codec-Based Deepfake Speech Dataset, "
    "arXiv 2501.08238, 2025",
    languages=("en",),
    expected=(
        Expected(rows=1_374_880, where={"part": "CoRS", "split": "train"}, known="established"),
        Expected(
            rows=42_965, where={"part": "CoRS", "split": "train", "label": "bona fide"}, known="established"
        ),
        Expected(
            rows=1_331_915, where={"part": "CoRS", "split": "train", "label": "spoof"}, known="established"
        ),
        Expected(rows=23_520, where={"part": "CoRS", "split": "validation"}, known="established"),
        Expected(rows=24_160, where={"part": "CoRS", "split": "test"}, known="established"),
        Expected(rows=1_797, where={"part": "CoSG"}),
    ),
    labels={
        "label": ("bona fide", "spoof"), "part": ("CoRS", "CoSG"), "quantisation": ("Mvq", "Svq", "Scq"),
        "auxiliary": ("None", "Sem", "Disentangle"), "decoder": ("Time", "Freq"),
    },
    notes=(
        "CoRS_labels.txt has speaker, file, label; CoSG_labels.txt model, clip, quantisation, auxiliary "
        "objective, decoder, label (Spoof with a capital, bonafide; Real in the three middle columns of real "
        "clips): as public loaders read them. Counts as in a public count of the label files.",
        "Splits of CoRS by speaker as in the paper: p226, p229 validation, p227, p228 test, the others "
        "training; CoSG is a test set.",
        "The codec of a CoRS file is what follows the second _ of its name; group is the utterance of VCTK.",
    ),
)  # fmt: skip
LABELS = {"bonafide": "bona fide", "Bonafide": "bona fide", "spoof": "spoof", "Spoof": "spoof"}


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The rows of the label files that are there.

    Args:
        root: folder that holds the label files and the audio, in any folders (`all_data_16k`, `CoRS`,
            `SLMdemos_16k/<model>`, `CoSG` ...).

    Returns:
        `label`; `part` CoRS or CoSG; `codec` of CoRS; `attack` the codec, or the model of CoSG, empty for
        bona fide; `quantisation`, `auxiliary`, `decoder` of CoSG, empty for bona fide and CoRS.

    Raises:
        BadInput: when neither label file is there, or one is not sound.
    """
    keys = []
    cors, cosg = Path(root) / "CoRS_labels.txt", Path(root) / "CoSG_labels.txt"
    if cors.is_file():
        keys.append(_cors(relabel(read_key(cors, ("speaker", "file", "label")), "label", LABELS, cors)))
    if cosg.is_file():
        columns = ("model", "file", "quantisation", "auxiliary", "decoder", "label")
        keys.append(_cosg(relabel(read_key(cosg, columns), "label", LABELS, cosg)))
    if not keys:
        raise BadInput("has neither CoRS_labels.txt nor CoSG_labels.txt", where=str(root))
    told = ("codec", "attack", "quantisation", "auxiliary", "decoder", "speaker")
    key = pl.concat(
        [pl.DataFrame(schema=dict.fromkeys(told, pl.String)), *keys], how="diagonal"
    ).with_columns(
        pl.col(told).fill_null(""),
        (pl.col("label") == "spoof").alias("synthetic"),
    )
    rows, report = join_key(key, file_tree(root), where="CodecFake+ labels")
    return scanned(
        CARD, rows, root, report,
        labels=("label", "part", "codec", "attack", "quantisation", "auxiliary", "decoder"),
    )  # fmt: skip


def _stem() -> pl.Expr:
    return pl.col("file").str.extract(r"([^/\\]*)$").str.replace(r"\.(?:wav|flac)$", "")


def _cors(key: pl.DataFrame) -> pl.DataFrame:
    spoof = pl.col("label") == "spoof"
    named = key.select("speaker", "label", _stem().alias("id"), pl.lit("CoRS").alias("part"))
    codec = pl.col("id").str.extract(r"^[^_]+_[^_]+_(.+)$").fill_null("")
    return named.with_columns(
        codec.alias("codec"),
        pl.when(spoof).then(codec).otherwise(pl.lit("")).alias("attack"),
        pl.col("id").str.extract(r"^([^_]+_[^_]+)").fill_null(pl.col("id")).alias("group"),
        pl.when(pl.col("speaker").is_in(["p226", "p229"])).then(pl.lit("validation"))
        .when(pl.col("speaker").is_in(["p227", "p228"])).then(pl.lit("test")).otherwise(pl.lit("train"))
        .alias("split"),
    )  # fmt: skip


def _cosg(key: pl.DataFrame) -> pl.DataFrame:
    spoof = pl.col("label") == "spoof"
    names = ("quantisation", "auxiliary", "decoder")
    return key.select(
        "label", _stem().alias("id"), _stem().alias("group"), pl.lit("CoSG").alias("part"),
        pl.lit("test").alias("split"), pl.when(spoof).then("model").otherwise(pl.lit("")).alias("attack"),
        *(pl.when(spoof).then(name).otherwise(pl.lit("")).alias(name) for name in names),
    )  # fmt: skip
