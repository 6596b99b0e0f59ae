"""Where the shards of a store lie."""

from __future__ import annotations

import re
from pathlib import Path

NAME = re.compile(r"shard-(\d{6})\.bin")
"""File name of a shard; the number is in it."""


def shard_path(folder: Path, number: int) -> Path:
    """The shard of that number."""
    return folder / f"shard-{number:06d}.bin"


def shard_files(folder: Path) -> dict[int, Path]:
    """All shards of a store by number, in rising order."""
    found = {int(match[1]): path for path in folder.iterdir() if (match := NAME.fullmatch(path.name))}
    return dict(sorted(found.items()))
