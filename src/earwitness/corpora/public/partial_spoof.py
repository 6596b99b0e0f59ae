"""PartialSpoof: utterances of ASVspoof 2019 LA in which stretches were replaced by spoofed ones."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.frame_labels import SEGMENTS, stretches
from earwitness.corpora.key_file import read_key, relabel
from earwitness.corpora.restricted_pickle import load_plain
from earwitness.corpora.scanning import choice, join_key, scanned
from earwitness.errors import BadInput

CARD = CorpusCard(
    name="partial-spoof",
    title="PartialSpoof",
    tasks=("detection", "localisation"),
    licence="CC-BY-4.0",
    access="open",
    get="zenodo.org, record 5766198: database_{train,dev,eval}.tar.gz, database_protocols.tar.gz and "
    "database_segment_labels.tar.gz, unpacked: they make the folder database",
    citation="Zhang et al., The PartialSpoof Database and Countermeasures for the Detection of Short Fake "
    "Speech Segments Embedded in an Utterance, IEEE/ACM TASLP 31, 2023",
    languages=("en",),
    expected=(
        Expected(rows=25_380, where={"split": "train"}),
        Expected(rows=2_580, where={"split": "train", "label": "bona fide"}),
        Expected(rows=22_800, where={"split": "train", "label": "spoof"}),
        Expected(rows=24_844, where={"split": "validation"}, known="established"),
        Expected(rows=2_548, where={"split": "validation", "label": "bona fide"}),
        Expected(rows=22_296, where={"split": "validation", "label": "spoof"}),
        Expected(rows=71_237, where={"split": "test"}, known="established"),
        Expected(rows=7_355, where={"split": "test", "label": "bona fide"}),
        Expected(rows=63_882, where={"split": "test", "label": "spoof"}),
    ),
    labels={"label": ("bona fide", "spoof")},
    notes=(
        "In the files of segment labels 1 is bona fide and 0 spoof, the other way round than most code has "
        "it. The scan refuses labels by which bona fide utterances are spoof throughout.",
        "Each file of segment labels is a pickle within a .npy; it is read by an unpickler that knows arrays "
        "and plain values only.",
        "Segments are those of the finest resolution that is there (10 ms in a complete copy), unless "
        "another is asked for; frame_labels() gives the frames of any resolution as they were published.",
        "The key does not tell which utterances of ASVspoof 2019 LA were cut: groups are single rows.",
    ),
)
SPLITS = {"train": "train", "dev": "validation", "eval": "test"}
RESOLUTIONS = ("0.01", "0.02", "0.04", "0.08", "0.16", "0.32", "0.64")
"""Lengths of a frame for which labels are published, in seconds."""
BONA_FIDE, SPOOF = 0, 1


def scan(root: str | os.PathLike[str], resolution: str = "finest") -> Corpus:
    """The rows of the protocols that are there, with their segments.

    Args:
        root: the folder `database`, or the one that holds it.
        resolution: of the segments, one of `RESOLUTIONS`; `finest` the finest that is there, `none`
            none.

    Returns:
        `label`; `attack` as the protocol has it (CON for what was put together), empty for bona fide;
        `segments` (start and end in seconds, label), null where a row has none.

    Raises:
        BadInput: when no protocol is there, a label is unknown, or segment labels are broken or
            turned round.
    """
    choice("resolution", resolution, ("finest", "none", *RESOLUTIONS))
    base = _base(root)
    keys, cut = [], []
    for part, split in SPLITS.items():
        path = base / "protocols" / "PartialSpoof_LA_cm_protocols" / f"PartialSpoof.LA.cm.{part}.trl.txt"
        if not path.is_file():
            continue
        key = read_key(path, ("speaker", "id", "_", "attack", "label"))
        key = relabel(key, "label", {"bonafide": "bona fide", "spoof": "spoof"}, path)
        keys.append(key.with_columns(pl.lit(split).alias("split")))
        there = [name for name in RESOLUTIONS if _labels(base, part, name).is_file()]
        chosen = there[0] if resolution == "finest" and there else resolution
        if chosen in RESOLUTIONS:
            frames = frame_labels(base, split, float(chosen))
            _refuse_turned(key, frames, _labels(base, part, chosen))
            cut.append(stretches(frames, float(chosen), ("bona fide", "spoof")))
    if not keys:
        raise BadInput(
            "has no protocols/PartialSpoof_LA_cm_protocols; give the folder database", where=str(root)
        )
    key = pl.concat(keys).with_columns(
        pl.col("attack").replace("-", ""), (pl.col("label") == "spoof").alias("synthetic")
    )
    rows, report = join_key(key, file_tree(root), where="PartialSpoof_LA_cm_protocols")
    if cut:
        rows = rows.join(pl.concat(cut), on="id", how="left", maintain_order="left")
        without = rows["segments"].null_count()
        if without:
            told = f"{without:,} rows have no segment labels, among them " + str(
                rows.filter(pl.col("segments").is_null())["id"].sort()[0]
            )
            report = msgspec.structs.replace(report, notes=(*report.notes, told))
    else:
        rows = rows.with_columns(pl.lit(None, SEGMENTS).alias("segments"))
    return scanned(CARD, rows, root, report, labels=("label", "attack", "segments"))


def frame_labels(root: str | os.PathLike[str], split: str, resolution: float) -> dict[str, NDArray[np.int64]]:
    """The labels of frames of one length, as published but in our polarity.

    Args:
        root: as for `scan`.
        split: "train", "validation" or "test".
        resolution: length of a frame in seconds, 0.01 to 0.64.

    Returns:
        id -> `(frames,)`, 1 = spoof, 0 = bona fide: what `metrics` expects of true frames.

    Raises:
        BadInput: when the file is not there or does not hold such labels.
    """
    name = next((name for name in RESOLUTIONS if abs(float(name) - resolution) < 1e-9), "")
    if not name:
        raise BadInput(
            f"is no published resolution; there are: {', '.join(RESOLUTIONS)}", where=f"{resolution}"
        )
    choice("split", split, tuple(SPLITS.values()))
    part = next(part for part, ours in SPLITS.items() if ours == split)
    path = _labels(_base(root), part, name)
    value = load_plain(path)
    if not isinstance(value, dict):
        raise BadInput("is no table of utterances and their labels", where=str(path))
    return {str(key): _frames(labels, key, path) for key, labels in value.items()}


def _frames(labels: object, key: object, path: Path) -> NDArray[np.int64]:
    values = np.atleast_1d(np.asarray(labels))
    if values.ndim == 1 and values.dtype.kind in "USOif":
        words = values.astype(str)
        real, spoof = np.isin(words, ("1", "1.0")), np.isin(words, ("0", "0.0"))
        if (real | spoof).all():
            return np.where(real, BONA_FIDE, SPOOF).astype(np.int64)
    raise BadInput(f"has something else than 1 and 0 for {key!r}", where=str(path))


def _refuse_turned(key: pl.DataFrame, frames: dict[str, NDArray[np.int64]], path: Path) -> None:
    real = [frames[name] for name in key.filter(pl.col("label") == "bona fide")["id"] if name in frames]
    wholly = sum(1 for labels in real if len(labels) and (labels == SPOOF).all())
    if 2 * wholly > len(real):
        raise BadInput(
            f"makes {wholly:,} of {len(real):,} bona fide utterances spoof throughout: its labels are turned "
            "round",
            where=str(path),
        )


def _base(root: str | os.PathLike[str]) -> Path:
    inner = Path(root) / "database"
    return inner if inner.is_dir() else Path(root)


def _labels(base: Path, part: str, resolution: str) -> Path:
    return base / "segment_labels" / f"{part}_seglab_{resolution}.npy"
