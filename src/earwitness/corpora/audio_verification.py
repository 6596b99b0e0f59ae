"""Whether the audio of a corpus is still what it was when its hashes were taken."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import msgspec
import polars as pl

from earwitness.audio.decode import decode
from earwitness.corpora.channel_probe import stretch
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_hashes import audio_sha256, hashed_rows
from earwitness.corpora.file_record import file_sha256, read_record, recorded_hashes
from earwitness.corpora.scan_report import Noted, noted
from earwitness.errors import BadInput


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the audio of a corpus.

    Args:
        audio_sha256: of the audio that the table, or the record of its files, tells of.
        audio_of: `samples` where decoded audio was compared, `files` where bytes were.
        compared: files.
        first: files that had no hash yet, and have been recorded now.
        missing: files that are not there.
        changed: files that hold something else, or cannot be decoded.
    """

    audio_sha256: str
    audio_of: Literal["samples", "files"]
    compared: int
    first: int
    missing: Noted
    changed: Noted

    def problems(self) -> list[str]:
        """What speaks against using the corpus, one line each."""
        told = []
        for what, files in (("are missing", self.missing), ("do not hold what they held", self.changed)):
            if files.count:
                told.append(f"{files.count} files {what}, such as {files.examples[0]}")
        return told


def verify_audio(
    corpus: Corpus, root: str | os.PathLike[str], progress: Callable[[int, int], None] | None = None
) -> Verified:
    """Read all audio of a corpus, and hold it against the hashes that were taken of it.

    Where the table has a content hash for every row (column `sha256`), the decoded samples are hashed, or
    the bytes of the file. Else it is the record of the files beside the table; without one it is
    taken now, and a later call has something to hold against.

    Args:
        corpus: its table.
        root: folder that the paths start from.
        progress: called with (files done, files).
    """
    table = corpus.table
    known = hashed_rows(table)
    here = {path: (Path(root) / path).is_file() for path in table["path"].unique().sort()}
    absent = [path for path, there in here.items() if not there]
    paths = [path for path, there in here.items() if there]
    changed: list[str] = []

    def tell(done: int) -> None:
        if progress is not None:
            progress(done, len(paths))

    if known is not None:
        rows = table.select("path", "start", "end", "sha256")
        wanted = rows.partition_by("path", as_dict=True, include_key=False)
        for done, path in enumerate(paths, 1):
            if not _holds(Path(root) / path, wanted[path,]):
                changed.append(path)
            tell(done)
        return Verified(
            audio_sha256=audio_sha256(known), audio_of="samples", compared=len(paths), first=0,
            missing=noted(pl.Series(absent, dtype=pl.String)),
            changed=noted(pl.Series(changed, dtype=pl.String)),
        )  # fmt: skip
    recorded = dict(read_record(corpus.file).select("path", "sha256").iter_rows())
    old = [path for path in paths if path in recorded]
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        for done, (path, sha256) in enumerate(zip(old, _hashed(pool, root, old), strict=True), 1):
            if sha256 != recorded[path]:
                changed.append(path)
            tell(done)
    new = [path for path in paths if path not in recorded]
    taken = recorded_hashes(new, root, corpus.file, lambda done, _: tell(len(old) + done))
    recorded |= dict(taken.select("path", "sha256").iter_rows())
    content = table.select("id", pl.col("path").replace_strict(recorded, default="").alias("sha256"))
    return Verified(
        audio_sha256=audio_sha256(content), audio_of="files", compared=len(old), first=len(new),
        missing=noted(pl.Series(absent, dtype=pl.String)), changed=noted(pl.Series(changed, dtype=pl.String)),
    )  # fmt: skip


def _holds(path: Path, rows: pl.DataFrame) -> bool:
    """Whether a file holds what its rows' hashes say: of the samples, or of the bytes."""
    try:
        whole = decode(path)
        return all(
            stretch(whole, start, end, str(path)).sha256 == sha256 or sha256 == file_sha256(path)
            for start, end, sha256 in rows.iter_rows()
        )
    except BadInput:  # it is no audio, or too short
        return bool((rows["sha256"] == _hash_or_nothing(path)).all())


def _hashed(pool: ThreadPoolExecutor, root: str | os.PathLike[str], paths: list[str]) -> Iterator[str]:
    """Hashes in order, a bounded number of files at a time; "" where one cannot be read."""
    for first in range(0, len(paths), 4096):
        yield from pool.map(_hash_or_nothing, (Path(root) / path for path in paths[first : first + 4096]))


def _hash_or_nothing(path: Path) -> str:
    try:
        return file_sha256(path)
    except BadInput:
        return ""
