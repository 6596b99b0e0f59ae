"""Which files are recordings: folders through all levels, each folder once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from earwitness.errors import BadInput
from earwitness.evidence.folder import recordings


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_folders_are_searched_in_order_and_other_files_counted(tmp_path: Path) -> None:
    for name in ("b.WAV", "a.ogg", "deep/er/c.flac", "deep/readme.md", "wav", ".wav", "z.m4a"):
        touch(tmp_path / name)
    found = recordings(tmp_path)
    assert [os.path.relpath(p, tmp_path) for p in found.paths] == [
        "a.ogg",
        "b.WAV",
        "z.m4a",
        "deep/er/c.flac",
    ]
    assert found.passed_over == 3


def test_a_loop_ends_and_nothing_comes_twice(tmp_path: Path) -> None:
    inside = touch(tmp_path / "one" / "a.wav")
    (tmp_path / "one" / "up").symlink_to(tmp_path)
    (tmp_path / "one" / "self").symlink_to(tmp_path / "one" / "self")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    assert recordings(tmp_path).paths == (str(inside),)
    assert recordings([inside, inside]).paths == (str(inside),)


def test_names_of_any_bytes(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\n\xfe.wav"
    Path(os.fsdecode(name)).write_bytes(b"")
    (found,) = recordings(os.fsencode(tmp_path)).paths
    assert os.fsencode(found) == name


def test_a_named_file_is_always_tried(tmp_path: Path) -> None:
    odd = touch(tmp_path / "recording")
    assert recordings([odd]).paths == (str(odd),)


def test_a_folder_that_cannot_be_searched_is_an_error_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "a.wav")
    closed = tmp_path / "closed"
    closed.mkdir()
    really = os.scandir

    def scandir(path: str) -> object:
        if str(path) == str(closed):  # root may read anything, so the refusal is made here
            raise PermissionError(13, "Permission denied")
        return really(path)

    monkeypatch.setattr("os.scandir", scandir)
    found = recordings(tmp_path)
    assert found.paths == (str(tmp_path / "a.wav"),)
    assert found.unreadable == ((str(closed), "this folder cannot be searched: permission denied"),)


@pytest.mark.parametrize("given", [[], [""], ["nowhere"], ["a\0b"]])
def test_nothing_is_refused(given: list[str]) -> None:
    with pytest.raises(BadInput):
        recordings(given)
