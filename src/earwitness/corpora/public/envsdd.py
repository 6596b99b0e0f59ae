"""EnvSDD: environmental sounds, real and made from text or from the real ones."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.headed_table import read_headed
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, parse_names, scanned
from earwitness.errors import BadInput

CARD = CorpusCard(
    name="envsdd",
    title="EnvSDD",
    tasks=("detection", "attribution"),
    licence="CC-BY-NC-4.0",
    access="open",
    get="zenodo.org, records 15220951 (development) and 15241138 (test); datasplit_dev.csv of "
    "github.com/apple-yinhan/EnvSDD beside the folder development",
    citation="Yin et al., EnvSDD: Benchmarking Environmental Sound Deepfake Detection, Proc. Interspeech, "
    "2025",
    hours=361.99,
    expected=(
        Expected(rows=178_765, where={"part": "development"}, known="established"),
        Expected(rows=35_753, where={"part": "development", "label": "bona fide"}, known="established"),
        Expected(rows=143_012, where={"part": "development", "label": "spoof"}, known="established"),
    ),
    labels={
        "label": ("bona fide", "spoof"), "part": ("development", "test"),
        "kind": ("text to audio", "audio to audio"),
    },
    notes=(
        "No speech. Paths as the authors' scripts write them: real_audio/<set>/<clip>, fake_audio/TTA or "
        "ATA/<generator>/<set>/<clip>; labels are those of the folders.",
        "group is the real clip: what was made from it, or from its caption, has its name.",
        "Train and validation are those of datasplit_dev.csv (clip, set, ..., usage); without it rows have "
        "no split. The test part is labelled by test_metadata.csv (file, source clip, source set, real or "
        "tta or ata, generator). Licence is from memory.",
    ),
)  # fmt: skip
NAME = (
    r"(?:.*/)?(?:(?P<real>real_audio)|fake_audio/(?P<how>TTA|ATA)/(?P<generator>[^/]+))/(?P<source_set>[^/]+)/"
    r"(?P<clip>[^/]+)\.[^./]+"
)
KINDS = {"tta": "text to audio", "ata": "audio to audio"}


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The files of the development part, and of the test part where its list is.

    Args:
        root: folder that holds `development` or its `real_audio` and `fake_audio`, `datasplit_dev.csv`,
            and for the test part `test_metadata.csv` with its audio in any folder named `test...`,
            `audio` below it or not.

    Returns:
        `label`; `attack` (generator) and `kind` (text or audio to audio), empty for real sounds;
        `source_set`; `part`.

    Raises:
        BadInput: when nothing is found, or a list is not sound.
    """
    files = file_tree(root)
    test, files, report = _test(Path(root), files)
    found, unknown = parse_names(files, NAME, "path")
    rows = found.with_columns(
        pl.col("real").is_null().alias("synthetic"),
        pl.col("generator").fill_null("").alias("attack"),
        pl.col("how").str.to_lowercase().replace_strict(KINDS, default="").alias("kind"),
        pl.lit("development").alias("part"),
        pl.col("path").str.extract(r"((?:real_audio|fake_audio)/.*)\.[^./]+$").alias("id"),
        pl.format("{}/{}", "source_set", "clip").alias("group"),
    )
    report, rows = _divided(Path(root), rows, report)
    rows = pl.concat([rows, test], how="diagonal") if len(test) else rows
    rows = rows.with_columns(
        pl.when("synthetic").then(pl.lit("spoof")).otherwise(pl.lit("bona fide")).alias("label")
    )
    report = ScanReport(
        unknown=noted(unknown), missing=report.missing, extra=report.extra, notes=report.notes
    )
    return scanned(CARD, rows, root, report, labels=("label", "attack", "kind", "source_set", "part"))


def _divided(root: Path, rows: pl.DataFrame, report: ScanReport) -> tuple[ScanReport, pl.DataFrame]:
    path = root / "datasplit_dev.csv"
    if not path.is_file():
        note = ("there is no datasplit_dev.csv: the rows of development have no split",) if len(rows) else ()
        return (
            ScanReport(missing=report.missing, extra=report.extra, notes=note),
            rows.with_columns(pl.lit("").alias("split")),
        )
    table = read_headed(path, separator=",")
    if table.width < 3:
        raise BadInput(f"has {table.width} columns, not a clip, a set and a usage", where=str(path))
    clip, source, *_, usage = table.columns
    key = table.select(
        pl.format("{}/{}", source, pl.col(clip).str.replace(r"\.[^./]+$", "")).alias("group"),
        pl.col(usage).alias("usage"),
    )
    words = {"train": "train", "validation": "validation"}
    odd = key.filter(~pl.col("usage").is_in(list(words)))
    if len(odd):
        raise BadInput(f"has the usage {odd['usage'][0]!r}; known are train, validation", where=str(path))
    twice = key["group"].filter(key["group"].is_duplicated())
    if len(twice):
        raise BadInput(f"names {twice[0]!r} more than once", where=str(path))
    key = key.with_columns(pl.col("usage").replace_strict(words).alias("split")).drop("usage")
    real = rows.filter(~pl.col("synthetic"))
    missing = key.join(real, on="group", how="anti")["group"]
    extra = rows.join(key, on="group", how="anti")["path"]
    report = ScanReport(
        missing=noted(pl.concat([pl.Series(report.missing.examples, dtype=pl.String), missing])),
        extra=noted(pl.concat([pl.Series(report.extra.examples, dtype=pl.String), extra])),
    )
    return report, rows.join(key, on="group", how="inner", maintain_order="left")


def _test(root: Path, files: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, ScanReport]:
    """Rows of the test part, the files that are not of it, and what is missing or extra in it."""
    places = (root / folder / "test_metadata.csv" for folder in (".", "test"))
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        return pl.DataFrame(), files, ScanReport()
    table = read_headed(path, separator=",")
    if table.width < 5:
        raise BadInput(f"has {table.width} columns, not five", where=str(path))
    table = table.select(table.columns[:5])
    table.columns = ["file", "source_clip", "source_set", "faketype", "generator"]
    odd = table.filter(~pl.col("faketype").str.to_lowercase().is_in(["real", *KINDS]))
    if len(odd):
        raise BadInput(f"has the label {odd['faketype'][0]!r}; known are real, tta, ata", where=str(path))
    twice = table["file"].filter(table["file"].is_duplicated())
    if len(twice):
        raise BadInput(f"names {twice[0]!r} more than once", where=str(path))
    kind = pl.col("faketype").str.to_lowercase()
    key = table.with_columns(
        (kind != "real").alias("synthetic"),
        kind.replace_strict(KINDS, default="").alias("kind"),
        pl.when(kind == "real").then(pl.lit("")).otherwise("generator").alias("attack"),
        pl.lit("test").alias("part"),
        pl.lit("test").alias("split"),
        pl.format("test/{}", pl.col("file").str.replace(r"\.[^./]+$", "")).alias("id"),
        pl.format("{}/{}", "source_set", pl.col("source_clip").str.replace(r"\.[^./]+$", "")).alias("group"),
    )
    whose = files.filter(pl.col("path").str.contains(r"(^|/)test[^/]*/")).with_columns(
        pl.col("path").str.extract(r"([^/]+)$").alias("file")
    )
    rows = key.join(whose.select("file", "path", "bytes"), on="file", how="inner", maintain_order="left")
    report = ScanReport(
        missing=noted(key.join(whose, on="file", how="anti")["id"]),
        extra=noted(whose.join(key, on="file", how="anti")["path"]),
    )
    return rows, files.join(whose, on="path", how="anti"), report
