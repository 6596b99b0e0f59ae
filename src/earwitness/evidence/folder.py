"""Find the recordings among the files and folders that a user names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from earwitness.audio.path_names import FileName, one_line
from earwitness.errors import BadInput

AUDIO_NAMES = frozenset(
    b"3gp aac aif aifc aiff alac amr ape au avi caf flac gsm m4a m4b mka mkv mov mp1 mp2 mp3 mp4 mpeg mpga "
    b"nist oga ogg opus ra rf64 sd2 snd sph spx ts voc w64 wav wave webm wma wv".split()
)
"""Ends of names that are taken as audio inside a folder; a file that is named itself is always tried."""


class Recordings(NamedTuple):
    """What is to be analysed.

    Args:
        paths: in the order in which they were named, folders sorted by name.
        passed_over: how many files inside folders do not look like audio by their name.
        unreadable: folders that could not be opened, with the reason.
    """

    paths: tuple[str, ...]
    passed_over: int
    unreadable: tuple[tuple[str, str], ...]


def recordings(paths: FileName | Iterable[FileName]) -> Recordings:
    """Recordings among files and folders, each once.

    Folders are searched through all levels; a folder that is met again through a link is not
    entered again.

    Args:
        paths: files and folders; any bytes in their names.

    Raises:
        BadInput: when a path does not exist, or there is nothing to analyse.
    """
    named = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
    if not named:
        raise BadInput("nothing to analyse; name a file or a folder")
    found: dict[str, None] = {}
    passed_over = 0
    unreadable: list[tuple[str, str]] = []
    for name in named:
        path = os.fsdecode(name)
        if not path or "\0" in path or not os.path.lexists(path):
            raise BadInput("no such file or folder", where=one_line(path) or "''")
        if os.path.isdir(path):  # noqa: PTH112 - a Path would change how the user wrote it
            inside, others = _search(path, unreadable)
            found.update(dict.fromkeys(inside))
            passed_over += others
        else:
            found[path] = None
    if not found and not unreadable:
        where = ", ".join(one_line(name) for name in named)
        raise BadInput(f"nothing to analyse: no audio among {passed_over} files", where=where)
    return Recordings(tuple(found), passed_over, tuple(unreadable))


def _search(top: str, unreadable: list[tuple[str, str]]) -> tuple[list[str], int]:
    """Audio below a folder, and how many other files there are."""
    found: list[str] = []
    others = 0
    entered: set[tuple[int, int]] = set()
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            state = os.stat(folder)  # noqa: PTH116
            if (state.st_dev, state.st_ino) in entered:
                continue
            entered.add((state.st_dev, state.st_ino))
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            unreadable.append((folder, f"this folder cannot be searched: {(error.strerror or '').lower()}"))
            continue
        below: list[str] = []
        for entry in entries:
            try:
                inside = entry.is_dir()
            except OSError:
                inside = False
            if inside:
                below.append(entry.path)
            elif _is_audio(entry.name):
                found.append(entry.path)
            else:
                others += 1
        waiting.extend(reversed(below))
    return found, others


def _is_audio(name: str) -> bool:
    stem, dot, end = os.fsencode(name).rpartition(b".")
    return bool(dot and stem) and end.lower() in AUDIO_NAMES
