"""What a folder of open-voices was begun as, and whether it was finished."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import polars as pl

import earwitness
from earwitness.corpora.open_voices.contents import PARTS, archives_of, sizes_of
from earwitness.errors import BadInput
from earwitness.whole_file import write_whole

FILE = "build.json"


class BuildRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The settings of a build.

    Args:
        subset: `tiny`, `small` or `full`.
        seed: that it is made with.
        finished: what the table that stands there was made from (`fingerprint`); "" while it is made.
        kept: the packages were to be kept when it was finished.
    """

    subset: str
    seed: int
    finished: str = ""
    kept: bool = False


def fingerprint(subset: str, parts: Sequence[str]) -> str:
    """SHA-256 over all that decides which rows a build has: version, sizes, packages, parts (hexadecimal).

    Args:
        subset: `tiny`, `small` or `full`.
        parts: of the corpus, in any order.

    Example:
        >>> fingerprint("tiny", ("codec", "speech")) == fingerprint("tiny", ("speech", "codec"))
        True
    """
    ordered = tuple(part for part in PARTS if part in parts)
    decides = (
        earwitness.__version__, ordered, sizes_of(subset),
        [archive.sha256 for archive in archives_of(subset, ordered)],
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(decides)).hexdigest()


def begin(folder: Path, subset: str, seed: int) -> BuildRecord:
    """The record of a folder, which is made if it is not there.

    Raises:
        BadInput: when the folder was begun as another build, or cannot be written to.
    """
    path = folder / FILE
    found = BuildRecord(subset=subset, seed=seed)
    if path.is_file():
        try:
            found = msgspec.json.decode(path.read_bytes(), type=BuildRecord)
        except msgspec.MsgspecError as error:
            raise BadInput(f"is no record of a build: {error}", where=str(path)) from error
        if (found.subset, found.seed) != (subset, seed):
            raise BadInput(
                f"was begun as {found.subset} with seed {found.seed}, not as {subset} with seed {seed}; "
                "take another folder",
                where=str(folder),
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot be written to: {error.strerror}", where=str(folder)) from error
    return found


def write(folder: Path, record: BuildRecord) -> None:
    """Write the record, whole or not at all."""
    write_whole(folder / FILE, msgspec.json.encode(record))


def is_finished(folder: Path, record: BuildRecord, parts: Sequence[str]) -> bool:
    """Whether the folder holds all that a build of these parts would make, so that nothing need be fetched.

    Args:
        folder: of the corpus.
        record: of the folder.
        parts: that are wanted.
    """
    table = folder / "corpus.parquet"
    if record.finished != fingerprint(record.subset, parts) or not table.is_file():
        return False
    try:
        paths = pl.read_parquet(table, columns=["path"], memory_map=False)["path"]
    except (OSError, pl.exceptions.PolarsError):
        return False
    return all((folder / path).is_file() for path in paths)
