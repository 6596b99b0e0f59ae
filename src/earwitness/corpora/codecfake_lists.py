"""The lists of Codecfake and ST-Codecfake: `<file> <real|fake> <type>`, one list a part."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from earwitness.corpora.key_file import read_key, relabel
from earwitness.errors import BadInput

LABELS = {"real": "bona fide", "fake": "spoof"}
UTTERANCE = r"((?:SSB[0-9]{8})|(?:(?:p[0-9]{3}|s5)_[0-9]{3}))"
"""Names of AISHELL-3 and VCTK."""


def read_lists(
    root: str | os.PathLike[str], parts: Mapping[str, str], labels: dict[str, str]
) -> pl.DataFrame:
    """The lists that are there, one below the other.

    Args:
        root: folder of the corpus; the lists are in `label` (or `label/label`).
        parts: name of a list without its ending -> the folder of its files.
        labels: word of the list -> ours.

    Returns:
        `file`, `label`, `type`, `part`, `list`.

    Raises:
        BadInput: when no list is there, or one is not sound or names a file twice.
    """
    found = []
    for name, part in parts.items():
        places = (Path(root) / folder / f"{name}.txt" for folder in ("label", "label/label"))
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            continue
        key = relabel(read_key(path, ("file", "label", "type")), "label", labels, path)
        twice = key["file"].filter(key["file"].is_duplicated())
        if len(twice):
            raise BadInput(f"names {twice[0]!r} more than once", where=str(path))
        found.append(key.with_columns(pl.lit(part).alias("part"), pl.lit(name).alias("list")))
    if not found:
        raise BadInput(f"has no label/{next(iter(parts))}.txt or other list in label", where=str(root))
    return pl.concat(found)


def file_and_source(key: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """The key with what its file names tell.

    Args:
        key: with `file`.
        prefix: regular expression of what stands before the name of the source utterance and `_`.

    Returns:
        `stem`; `group`, the source utterance (the stem without its prefix); `speaker` of AISHELL-3 or
        VCTK, empty for others.
    """
    stem = pl.col("file").str.replace(r"\.[^./\\]*$", "")
    # p230_135 is a name of VCTK as it stands: nothing is to be taken off before its _
    source = (
        pl.when(stem.str.contains(f"^{UTTERANCE}$"))
        .then(stem)
        .otherwise(stem.str.replace(f"^(?:{prefix})_", ""))
    )
    speaker = source.str.extract(f"^{UTTERANCE}$").str.extract(r"^(SSB[0-9]{4}|p[0-9]{3}|s5)")
    return key.with_columns(stem.alias("stem"), source.alias("group"), speaker.fill_null("").alias("speaker"))
