"""FakeSound: sounds of AudioCaps in which the part that was asked for is generated anew."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.frame_labels import SEGMENTS
from earwitness.corpora.key_file import read_text
from earwitness.corpora.scanning import join_key, scanned
from earwitness.errors import BadInput

PARTS = ("train", "easy", "hard", "zeroshot")
COUNTS = {"train": 1_583, "easy": 46, "hard": 135, "zeroshot": 135}
CARD = CorpusCard(
    name="fakesound",
    title="FakeSound",
    tasks=("detection", "localisation"),
    licence="not stated; the sounds are those of AudioSet's videos",
    access="open",
    get="huggingface.co/datasets/ZeyuXie/FakeSound (the fakes), github.com/FakeSoundData/FakeSound "
    "(meta_data); the real clips are those of AudioCaps",
    citation="Xie et al., FakeSound: Deepfake General Audio Detection, Proc. Interspeech, 2024",
    expected=tuple(
        Expected(rows=rows, where={"part": part, "label": label}, known="established")
        for part, rows in COUNTS.items()
        for label in ("bona fide", "spoof")
    ),
    labels={"label": ("bona fide", "spoof"), "part": PARTS},
    notes=(
        "No speech. In the lists 1 is fake and 0 real; the README of the authors says it the other way "
        "round. What decides is the name: that of a fake ends with its region (..._6.12_7.4). A list in "
        "which label, region and name do not agree is refused.",
        "The real clips are not distributed: without AudioCaps half of the rows are missing, and what is "
        "left is all fake.",
        "hard and zeroshot regenerate the same 135 clips by different models, easy is among them: ids begin "
        "with the part, group is the clip of AudioCaps. No clip of training is in a test part.",
    ),
)


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The rows of the lists that are there.

    Args:
        root: folder that holds `meta_data/{train,easy,hard,zeroshot}.json` (or `FakeSound/meta_data`) and
            the audio, in folders of these names.

    Returns:
        `label`; `part`; `segments`: the region that was generated, none for real clips; `split` is train,
        or test for the other parts.

    Raises:
        BadInput: when no list is there, or one is not sound.
    """
    keys = []
    for part in PARTS:
        places = (Path(root) / folder / f"{part}.json" for folder in ("meta_data", "FakeSound/meta_data"))
        path = next((place for place in places if place.is_file()), None)
        if path is not None:
            keys.append(_list(path, part))
    if not keys:
        raise BadInput(
            "has no meta_data/train.json or other list; give the folder FakeSound", where=str(root)
        )
    key = pl.concat(keys)
    files = file_tree(root).with_columns(
        pl.format("{}/{}", pl.col("path").str.extract(r"([^/]+)/[^/]+$").fill_null(""), _stem("path")).alias(
            "stem"
        )
    )
    rows, report = join_key(key, files, where="meta_data")
    return scanned(CARD, rows, root, report, labels=("label", "part", "segments"))


def _stem(column: str) -> pl.Expr:
    # A name holds points of its own (9IIa7qH29ps_6.12_7.4.wav)
    return pl.col(column).str.extract(r"([^/]*)$").str.replace(r"\.(?:wav|flac|mp3)$", "")


def _list(path: Path, part: str) -> pl.DataFrame:
    try:
        audios = json.loads(read_text(path))["audios"]
        rows = [(str(a["audio_id"]), a["label"], str(a["onset_offset"])) for a in audios]
    except json.JSONDecodeError as error:
        raise BadInput(f"line {error.lineno} is no JSON: {error.msg}", where=str(path)) from error
    except (KeyError, TypeError) as error:
        raise BadInput(
            "is no list of audios with audio_id, label and onset_offset", where=str(path)
        ) from error
    if not rows:
        raise BadInput("has no rows", where=str(path))
    found = []
    for name, label, region in rows:
        if label not in (0, 1, "0", "1"):
            raise BadInput(f"has the label {label!r}; known are 1 (fake), 0 (real)", where=str(path))
        fake = int(label) == 1
        if fake != (region != "0_0") or fake != name.endswith(f"_{region}"):
            raise BadInput(
                f"gives {name!r} the label {label} and the region {region}: they contradict each other",
                where=str(path),
            )
        found.append((f"{part}/{name}", fake, name.removesuffix(f"_{region}"), _segments(region, name, path)))
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "id": pl.String, "synthetic": pl.Boolean, "group": pl.String, "segments": SEGMENTS,
    }  # fmt: skip
    return pl.DataFrame(found, schema=schema, orient="row").with_columns(
        pl.when("synthetic").then(pl.lit("spoof")).otherwise(pl.lit("bona fide")).alias("label"),
        pl.lit(part).alias("part"),
        pl.lit("train" if part == "train" else "test").alias("split"),
    )


def _segments(region: str, name: str, path: Path) -> list[dict[str, object]]:
    if region == "0_0":
        return []
    try:
        start, end = (float(number) for number in region.split("_"))
    except ValueError:
        raise BadInput(f"has no region in {region!r} of {name!r}", where=str(path)) from None
    if not 0 <= start < end < float("inf"):
        raise BadInput(f"region {region} of {name!r} is empty", where=str(path))
    return [{"start": start, "end": end, "label": "spoof"}]
