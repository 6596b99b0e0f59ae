"""Flight of the Amazon Queen: the dialogues of an adventure game, acted in English by thirty roles."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from earwitness.corpora.open_voices.clip import Clip, Scan, duration
from earwitness.errors import BadInput

PACKAGES = ("flight-of-the-amazon-queen",)
LICENCE = "LicenseRef-Flight-of-the-Amazon-Queen"
GAME = "flight-of-the-amazon-queen/usr/share/scummvm/flight-of-the-amazon-queen/queen.1c"
VOICES = "flight-of-the-amazon-queen/voices"
_NAME = re.compile(r"(?P<key>\d\d)(?P<line>[0-9A-F]{4})(?P<who>[JP])(?P<segment>[0-9A-F])")
_MARK = re.compile(r"\*\d\d")
# Roles that bark, roar or groan.
_NOT_SPEECH = {"DOG", "APE", "ZOMBIE"}


def prepare(root: Path) -> None:
    """Take the voices (MP3) out of the game's single file, once.

    Args:
        root: folder of unpacked packages.

    Raises:
        BadInput: when the file is not the one expected.
    """
    folder = root / VOICES
    if (folder / "complete").exists() or not (root / GAME).is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    data = (root / GAME).read_bytes()
    for name, (start, size) in contents(data).items():
        if name.endswith(".SB"):
            (folder / f"{name.removesuffix('.SB')}.mp3").write_bytes(data[start : start + size])
    (folder / "complete").touch()


def scan(root: Path) -> Scan:
    """Clips whose line of dialogue is known, with the role that says it.

    Args:
        root: folder of unpacked packages.
    """
    if not (root / GAME).is_file():
        return Scan(clips=())
    prepare(root)
    lines = dialogues((root / GAME).read_bytes())
    clips, unmatched = [], []
    for path in sorted((root / VOICES).glob("*.mp3")):
        name = _NAME.fullmatch(path.stem)
        line = lines.get((int(name["key"]), int(name["line"], 16), name["who"])) if name else None
        segment = int(name["segment"], 16) - 1 if name else 0
        if line is None or not 0 <= segment < len(line[1]) or line[0] in _NOT_SPEECH:
            unmatched.append(str(path.relative_to(root)))
            continue
        clips.append(
            Clip(
                id=f"queen/{path.stem}",
                source="queen",
                parts=(str(path.relative_to(root)),),
                seconds=duration(path),
                transcript=line[1][segment],
                language="en",
                # Who acts whom is not known: one identity, so that no split relies on roles.
                speaker="queen",
                role=f"queen-{line[0].lower()}",
                licence=LICENCE,
            )
        )
    return Scan(clips=tuple(clips), unmatched=tuple(unmatched))


def contents(data: bytes) -> dict[str, tuple[int, int]]:
    """Name -> (offset, size) of the files inside the game's single file.

    Args:
        data: "QTBL", version (6 bytes), two bytes, big-endian count (uint16), then for each file a
            name of 12 bytes, one byte, and big-endian offset and size (uint32).

    Raises:
        BadInput: when it is not such a file.
    """
    if data[:4] != b"QTBL":
        raise BadInput("is not the talkie version of Flight of the Amazon Queen", where="queen.1c")
    table = {}
    for index in range(int.from_bytes(data[13:15], "big")):
        entry = data[15 + 21 * index : 36 + 21 * index]
        start, size = struct.unpack(">II", entry[13:21])
        table[entry[:12].partition(b"\0")[0].decode("ascii", "replace")] = (start, size)
    return table


def dialogues(data: bytes) -> dict[tuple[int, int, str], tuple[str, list[str]]]:
    """(talk key, line, J or P) -> (role, spoken segments), from the `.DOG` files.

    Args:
        data: the game's single file.
    """
    lines: dict[tuple[int, int, str], tuple[str, list[str]]] = {}
    for name, (start, size) in sorted(contents(data).items()):
        if not name.endswith(".DOG"):
            continue
        dog = data[start + 20 : start + size]
        levels, _, key, _, _ = struct.unpack(">5h", dog[:10])
        other = int.from_bytes(dog[22:24], "big")
        role = name.removesuffix(".DOG").rstrip("0123456789")
        for who, part in (("J", dog[32 + 96 * abs(levels) : other]), ("P", dog[other:])):
            for line, text in strings(part):
                spoken = [piece.strip() for piece in _MARK.split(text)]
                pieces = [piece for piece in spoken if any(sign.isalpha() for sign in piece)]
                lines[key, line, who] = ("joe" if who == "J" else role, pieces)
    return lines


def strings(part: bytes) -> list[tuple[int, str]]:
    """(line id, text) of a run of strings: uint32 id, uint8 length, text, padded to four bytes."""
    found, at = [], 0
    while at + 5 <= len(part):
        line, length = struct.unpack(">IB", part[at : at + 5])
        text = part[at + 5 : at + 5 + length].decode("latin-1")
        found.append((line, text))
        at += 5 + length
        at += -at % 4
    return found
