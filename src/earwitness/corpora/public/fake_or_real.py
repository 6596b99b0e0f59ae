"""FoR, Fake-or-Real: real speech of several collections against text-to-speech of 2019."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned

VERSIONS = {
    "for-original": "original", "for-norm": "norm", "for-2sec": "2 seconds", "for-2seconds": "2 seconds",
    "for-rerec": "re-recorded", "for-rerecorded": "re-recorded",
}  # fmt: skip
CARD = CorpusCard(
    name="for",
    title="FoR (Fake or Real)",
    tasks=("detection",),
    licence="not stated by its authors",
    access="open",
    get="bil.eecs.yorku.ca/datasets: for-norm and others, unpacked",
    citation="Reimao and Tzerpos, FoR: A Dataset for Synthetic Speech Detection, Proc. SpeD, 2019",
    languages=("en",),
    expected=(
        Expected(rows=26_939, where={"version": "norm", "split": "train", "label": "bona fide"}),
        Expected(rows=26_927, where={"version": "norm", "split": "train", "label": "spoof"}),
        Expected(rows=5_400, where={"version": "norm", "split": "validation", "label": "bona fide"}),
        Expected(rows=5_398, where={"version": "norm", "split": "validation", "label": "spoof"}),
        Expected(rows=2_264, where={"version": "norm", "split": "test", "label": "bona fide"}),
        Expected(rows=2_370, where={"version": "norm", "split": "test", "label": "spoof"}),
    ),
    labels={"label": ("bona fide", "spoof"), "version": tuple(dict.fromkeys(VERSIONS.values()))},
    notes=(
        "Labels are those of the folders real and fake: there is no key, so a copy whose folders were "
        "exchanged cannot be told.",
        "Names tell what was done to a file (fileN.wav_16k.wav_norm.wav_mono.wav_silence.wav). The real "
        "files of the original version differ from the fakes in format: take norm, or trust no figure.",
        "group ties the versions of one clip of one folder by its number; that the numbers agree is "
        "recalled.",
        "Neither speakers nor synthesisers are named.",
    ),
)
NAME = (
    r"(?:(?:.*/)?(?P<folder>for-(?:original|norm|2sec|2seconds|rerec|rerecorded))/)?(?:.*/)?"
    r"(?P<part>training|validation|testing)/(?P<kind>real|fake)/(?P<clip>[^/]+)\.[^./]+"
)


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The files below `training`, `validation` and `testing`, of one version or of several.

    Args:
        root: one version (`for-norm` ...), or a folder that holds several.

    Returns:
        `label`; `version` (original, norm, 2 seconds, re-recorded; empty when no folder tells).

    Raises:
        BadInput: when no file has such a path.
    """
    found, unknown = parse_names(file_tree(root), NAME, "path")
    own = VERSIONS.get(os.path.basename(os.path.abspath(root)), "")  # noqa: PTH100, PTH119 - links stay
    rows = found.with_columns(
        pl.col("path").str.replace(r"\.[^./]+$", "").alias("id"),
        pl.col("part").replace_strict({"training": "train", "validation": "validation", "testing": "test"})
        .alias("split"),
        pl.col("kind").replace_strict({"real": "bona fide", "fake": "spoof"}).alias("label"),
        (pl.col("kind") == "fake").alias("synthetic"),
        pl.col("folder").replace_strict(VERSIONS, default=None).fill_null(own).alias("version"),
        pl.format("{}/{}/{}", "part", "kind", pl.col("clip").str.replace(r"\.(?:wav|mp3)(?:[_.].*)?$", ""))
        .alias("group"),
    )  # fmt: skip
    return scanned(CARD, rows, root, ScanReport(unknown=noted(unknown)), labels=("label", "version"))
