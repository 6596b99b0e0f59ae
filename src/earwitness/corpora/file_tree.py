"""The files below a folder as a table, found in one walk."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import polars as pl

from earwitness.errors import BadInput

AUDIO = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aiff", ".aif", ".w64", ".sph", ".webm", ".mp4")
"""Endings that count as audio; case does not matter."""


def file_tree(root: str | os.PathLike[str], endings: Collection[str] = AUDIO) -> pl.DataFrame:
    """The files below a folder whose names have one of the endings, in order of their paths.

    Links to folders are followed, each folder once, so a circle of links ends; a link that leads
    nowhere counts as a file of no bytes. Hidden files are passed over. A name that is not UTF-8 cannot
    stand in a table; it is given with its odd bytes escaped, which no rule of names matches.

    Args:
        root: the folder.
        endings: lower-case, with the dot; every file when empty.

    Returns:
        Columns `path` (below the root, with `/`), `stem` (name without its ending) and `bytes`.

    Raises:
        BadInput: when the folder is missing, or it or a folder below it cannot be read.

    Example:
        >>> file_tree(Path(__file__).parent, (".py",)).filter(pl.col("stem") == "file_tree")["path"].to_list()
        ['file_tree.py']
    """
    top = Path(root)
    if not top.is_dir():
        raise BadInput("is not a folder; give the top folder of the corpus", where=str(root))
    wanted = tuple(endings)
    paths: list[str] = []
    sizes: list[int] = []
    seen: set[tuple[int, int]] = set()
    waiting = [(os.fspath(top), "")]
    while waiting:
        folder, inside = waiting.pop()
        try:
            status = Path(folder).stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = entry.name
                    if name[0] == ".":
                        continue
                    nowhere = entry.is_symlink() and not Path(entry.path).exists()
                    if not nowhere and entry.is_dir():
                        waiting.append((entry.path, f"{inside}{name}/"))
                    elif (not wanted or name.lower().endswith(wanted)) and (nowhere or entry.is_file()):
                        paths.append(inside + name)
                        sizes.append(0 if nowhere else entry.stat().st_size)
        except OSError as error:
            raise BadInput(f"cannot be read: {error.strerror}", where=folder) from error
    table = pl.DataFrame(
        {"path": [_told(path) for path in paths], "bytes": sizes},
        schema={"path": pl.String, "bytes": pl.Int64},
    )
    stem = pl.col("path").str.extract(r"([^/]*)$").str.replace(r"\.[^.]*$", "").alias("stem")
    return table.select("path", stem, "bytes").sort("path")


def _told(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    return path
