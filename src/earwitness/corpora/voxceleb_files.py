"""Files and tables that VoxCeleb1 and VoxCeleb2 have alike."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.headed_table import read_headed
from earwitness.corpora.scanning import parse_names
from earwitness.errors import BadInput

PLACES = ("", "meta", "..", "../meta")
"""Where, from the folder that is scanned, the lists of a release are looked for."""


def utterances(root: str | os.PathLike[str], people: str) -> tuple[pl.DataFrame, pl.Series]:
    """The files that lie as `<speaker>/<video>/<number>`, at any depth.

    Args:
        root: the folder.
        people: regular expression of the speakers' ids.

    Returns:
        Columns `id` (`id10001/1zcIwhmdeo4/00001`), `speaker`, `session` (speaker and video), `side` (train
        or test where a folder above says dev or test, else empty), `path`, `bytes`; and the paths of
        other audio files.
    """
    name = (
        rf"(?P<above>(?:.*/)?)(?P<speaker>{people})/(?P<video>[^/\\]+)/(?P<number>[0-9]{{5}})\.[A-Za-z0-9]+"
    )
    found, unknown = parse_names(file_tree(root), name, "path")
    side = (
        pl.when(pl.col("above").str.contains(r"(?i)(^|[/_])dev([/_]|$)")).then(pl.lit("train"))
        .when(pl.col("above").str.contains(r"(?i)(^|[/_])test([/_]|$)")).then(pl.lit("test"))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    return found.with_columns(
        pl.format("{}/{}/{}", "speaker", "video", "number").alias("id"),
        pl.format("{}/{}", "speaker", "video").alias("session"),
        side.alias("side"),
    ), unknown


def list_file(root: str | os.PathLike[str], name: str) -> Path | None:
    """Where a list of the release lies: in the folder, in its `meta`, or beside it."""
    return next(
        (Path(root) / place / name for place in PLACES if (Path(root) / place / name).is_file()), None
    )


def people_table(path: str | os.PathLike[str], id_column: str) -> pl.DataFrame:
    """A `vox1_meta.csv` or `vox2_meta.csv`.

    Returns:
        `speaker`, `gender` (male or female), `nationality` (empty where there is none) and `official`
        (train or test).

    Raises:
        BadInput: when a column is missing, a speaker stands twice, or a gender or set is unknown.
    """
    table = read_headed(path, (id_column, "Gender", "Set"))
    for column, known in (("Gender", ("m", "f")), ("Set", ("dev", "test"))):
        odd = table.filter(~pl.col(column).is_in(known))
        if len(odd):
            raise BadInput(
                f"column {column!r} holds {odd[column][0]!r}, not {' or '.join(known)}", where=str(path)
            )
    twice = table[id_column].filter(table[id_column].is_duplicated())
    if len(twice):
        raise BadInput(f"names the speaker {twice[0]!r} more than once", where=str(path))
    return table.select(
        pl.col(id_column).alias("speaker"),
        pl.col("Gender").replace_strict({"m": "male", "f": "female"}, return_dtype=pl.String).alias("gender"),
        (pl.col("Nationality") if "Nationality" in table.columns else pl.lit("")).alias("nationality"),
        pl.col("Set")
        .replace_strict({"dev": "train", "test": "test"}, return_dtype=pl.String)
        .alias("official"),
    )


def with_people(
    rows: pl.DataFrame, root: str | os.PathLike[str], name: str, id_column: str
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The rows with what the table of people tells, and a note when it is not there.

    Args:
        rows: of `utterances`.
        root: that was scanned.
        name: of the table.
        id_column: of the speakers in it.

    Returns:
        The rows with `gender`, `nationality`, `split` (of the table, else of the folders), `language` empty.
    """
    path = list_file(root, name)
    notes: tuple[str, ...] = ()
    if path is None:
        blank = dict.fromkeys(("speaker", "gender", "nationality", "official"), pl.String)
        people = pl.DataFrame(schema=blank)
        notes = (f"{name} is not there: no genders; the split is that of the folders dev and test",)
    else:
        people = people_table(path, id_column)
    joined = rows.join(people, on="speaker", how="left", maintain_order="left").with_columns(
        pl.col("gender", "nationality").fill_null(""),
        pl.col("official").fill_null(pl.col("side")).alias("split"),
    )
    strangers = joined.filter(pl.col("official").is_null())["speaker"].n_unique()
    if path is not None and strangers:
        notes = (f"{strangers} speakers are not in {name}",)
    return joined, notes
