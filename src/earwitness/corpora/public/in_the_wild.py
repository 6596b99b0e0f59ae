"""In-the-Wild: speeches of public figures and deepfakes of them, as the net has them."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.key_file import read_key, read_text, relabel
from earwitness.corpora.scanning import join_key, scanned
from earwitness.errors import BadInput

CARD = CorpusCard(
    name="in-the-wild",
    title="In-the-Wild",
    tasks=("detection",),
    licence="Apache-2.0",
    access="open",
    get="deepfake-demo.aisec.fraunhofer.de/in_the_wild: release_in_the_wild.zip, unpacked",
    citation="Müller et al., Does Audio Deepfake Detection Generalize?, Proc. Interspeech, 2022",
    languages=("en",),
    hours=37.9,
    expected=(
        Expected(rows=31_779, known="established"),
        Expected(rows=19_963, where={"label": "bona fide"}),
        Expected(rows=11_816, where={"label": "spoof"}),
    ),
    labels={"label": ("bona fide", "spoof")},
    notes=(
        "A test set: it has no training part.",
        "Bona fide is written bona-fide, with a hyphen. Copies come with and without a first line of names.",
        "Several clips were cut from one recording; the key does not tell which: groups are single rows.",
        "The hours are from memory.",
    ),
)


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The rows of `meta.csv`.

    Args:
        root: `release_in_the_wild`, or the folder that holds it.

    Returns:
        `label`; `speaker` is the public figure, whether it is them or a spoof of them; `split` is test.

    Raises:
        BadInput: when there is no `meta.csv`, a line is not of three cells, or a label is unknown.
    """
    places = (Path(root) / folder / "meta.csv" for folder in (".", "release_in_the_wild"))
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise BadInput("has no meta.csv; give the folder release_in_the_wild", where=str(root))
    header = read_text(path).lstrip().startswith("file,")
    key = read_key(path, ("file", "speaker", "label"), separator=",", header=header)
    key = key.with_columns(pl.all().str.strip_chars())
    key = relabel(key, "label", {"bona-fide": "bona fide", "spoof": "spoof"}, path)
    inside = path.parent.relative_to(root).as_posix()
    key = key.with_columns(
        pl.col("file").str.replace(r"\.[^.]*$", "").alias("id"),
        (pl.lit("" if inside == "." else f"{inside}/") + pl.col("file")).alias("path"),
        pl.lit("test").alias("split"),
        (pl.col("label") == "spoof").alias("synthetic"),
    )  # fmt: skip
    rows, report = join_key(key, file_tree(root), on="path", where=str(path))
    return scanned(CARD, rows, root, report, labels=("label",))
