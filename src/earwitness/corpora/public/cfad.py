"""CFAD: Chinese speech, real from six sources and fake from twelve methods; clean, noisy and coded."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned

FAKE = {
    "straight": "traditional vocoder", "gl": "traditional vocoder", "lpcnet": "neural vocoder",
    "wavenet": "neural vocoder", "pwg": "neural vocoder", "hifigan": "neural vocoder",
    "mbmelgan": "neural vocoder", "stylegan": "neural vocoder", "world": "traditional vocoder",
    "fasthifigan": "text to speech", "tacohifigan": "text to speech", "partiallyfake": "partially fake",
}  # fmt: skip
REAL = ("aishell1", "aishell3", "thchs30", "magicread", "magicconversa", "selfrecording")
OTHER_NAMES = {"replaceonceaishell1": "partiallyfake", "nieshuai": "selfrecording"}
"""Names of folders in other copies -> the usual ones."""
CARD = CorpusCard(
    name="cfad",
    title="CFAD (Chinese Fake Audio Detection)",
    tasks=("detection", "attribution"),
    licence="CC-BY-NC-ND-4.0",
    access="open",
    get="zenodo.org, record 8122764 (the older FAD: 6635521), unpacked",
    citation="Ma et al., CFAD: A Chinese dataset for fake audio detection, Speech Communication 164, 2024",
    languages=("zh",),
    labels={
        "label": ("bona fide", "spoof"), "attack": tuple(FAKE), "family": tuple(dict.fromkeys(FAKE.values())),
        "source_set": REAL, "condition": ("clean", "noisy", "codec"), "part": ("seen", "unseen"),
    },
    notes=(
        "Labels are those of the folders real_* and fake_*: there is no key.",
        "Folders of methods and sources as in a public loader that checks them (clean_version/train_clean/"
        "fake_clean/gl ...): train, dev and test_seen hold eight methods, test_unseen the other four (world, "
        "fasthifigan, tacohifigan, partiallyfake). A model of twelve classes cannot be trained on the "
        "official split: pool its parts and take folds by group.",
        "Licence is from memory; counts are not established and none is compared.",
        "group and speaker come from a name of AISHELL-1, AISHELL-3 or THCHS-30 within a file name, where "
        "there is one; else a group is a clip with its noisy and coded copies, and the speaker is unknown.",
    ),
)  # fmt: skip
NAME = (
    r"(?:.*/)?(?P<branch>train|dev|test_seen|test_unseen|test_see|test_unsee)(?:_(?:clean|noisy|codec))?/"
    r"(?P<kind>(?i:real|fake))(?:_[^/]*)?/(?P<type>[^/]+)/(?:[^/]+/)*(?P<clip>[^/]+)\.[^./]+"
)
UTTERANCE = r"(BAC009S[0-9]{4}W[0-9]{4}|SSB[0-9]{8}|[A-D][0-9]{1,2}_[0-9]{3})"


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The files below folders `real_*` and `fake_*` of the parts.

    Args:
        root: the top folder (`FAD`), or one of its versions.

    Returns:
        `label`; `attack` (method) and its `family`, empty for real; `source_set` (of real speech), empty
        for fake; `condition` clean, noisy or codec; `part` of the test set, seen or unseen methods.

    Raises:
        BadInput: when no file has such a path.
    """
    found, unknown = parse_names(file_tree(root), NAME, "path")
    named = found.with_columns(
        pl.col("type").str.to_lowercase().replace(OTHER_NAMES).alias("type"),
        (pl.col("kind").str.to_lowercase() == "fake").alias("synthetic"),
        pl.col("path").str.extract(r"(clean|noisy|codec)").fill_null("clean").alias("condition"),
        pl.col("clip").str.extract(UTTERANCE).alias("utterance"),
    )
    known = pl.when("synthetic").then(pl.col("type").is_in(list(FAKE))).otherwise(pl.col("type").is_in(REAL))
    odd = named.filter(~known)["path"]
    seen = pl.col("branch").str.starts_with("test_see")
    rows = named.filter(known).with_columns(
        pl.col("path").str.replace(r"\.[^./]+$", "").alias("id"),
        pl.when("synthetic").then(pl.lit("spoof")).otherwise(pl.lit("bona fide")).alias("label"),
        pl.col("branch").replace_strict({"train": "train", "dev": "validation"}, default="test")
        .alias("split"),
        pl.when(seen).then(pl.lit("seen")).when(pl.col("branch").str.starts_with("test"))
        .then(pl.lit("unseen")).otherwise(pl.lit("")).alias("part"),
        pl.when("synthetic").then("type").otherwise(pl.lit("")).alias("attack"),
        pl.col("type").replace_strict(FAKE, default="").alias("family"),
        pl.when("synthetic").then(pl.lit("")).otherwise("type").alias("source_set"),
        pl.col("utterance").str.extract(r"^(?:BAC009(?:S[0-9]{4})|SSB[0-9]{4}|[A-D][0-9]{1,2})", 0)
        .str.replace("BAC009", "").fill_null("").alias("speaker"),
        pl.coalesce("utterance", pl.format("{}/{}/{}", "branch", "type", "clip")).alias("group"),
    )  # fmt: skip
    report = ScanReport(unknown=noted(pl.concat([unknown, odd])))
    return scanned(
        CARD, rows, root, report, labels=("label", "attack", "family", "source_set", "condition", "part")
    )
