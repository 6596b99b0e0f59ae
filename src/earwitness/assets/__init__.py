"""Weight files shipped inside the package, each checked against its SHA-256 before use."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import msgspec

from earwitness.errors import BadInput

_FOLDER = Path(__file__).parent


class Asset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One shipped file.

    Args:
        file: path below this folder.
        sha256: of its bytes (hexadecimal).
        licence: SPDX name.
        source: where it came from and what was done to it.
    """

    file: str
    sha256: str
    licence: str
    source: str


@functools.cache
def catalogue() -> dict[str, Asset]:
    """All shipped weight files by name, from `catalogue.json`.

    Example:
        >>> all(len(asset.sha256) == 64 for asset in catalogue().values())
        True
    """
    return msgspec.json.decode((_FOLDER / "catalogue.json").read_bytes(), type=dict[str, Asset])


@functools.cache
def asset(name: str) -> Path:
    """Path of a shipped file whose content has been checked.

    Args:
        name: key in `catalogue.json`.

    Raises:
        BadInput: when the name is unknown, the file is missing or its SHA-256 differs.
    """
    known = catalogue()
    if name not in known:
        raise BadInput(f"no such shipped weight file; there are: {', '.join(sorted(known))}", where=name)
    path = _FOLDER / known[name].file
    if not path.is_file():
        raise BadInput("shipped weight file is missing; reinstall earwitness", where=str(path))
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != known[name].sha256:
        raise BadInput(
            f"SHA-256 is {found}, expected {known[name].sha256}; reinstall earwitness", where=str(path)
        )
    return path
