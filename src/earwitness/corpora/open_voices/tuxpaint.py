"""Tux Paint's stamps: a sentence about a picture, read by volunteers in a dozen languages."""

from __future__ import annotations

import re
from pathlib import Path

from earwitness.corpora.open_voices.clip import Clip, Scan, duration

PACKAGES = ("tuxpaint-stamps-default",)
LICENCE = "GPL-2.0-or-later"
STAMPS = "tuxpaint-stamps-default/usr/share/tuxpaint/stamps"
_NAME = re.compile(r"(?P<stamp>.+)_desc(?:_(?P<language>[a-z]{2}(?:_[A-Z]{2})?))?\.ogg")


def scan(root: Path) -> Scan:
    """Clips of all languages but Spanish, whose reader is not known to be a person.

    Args:
        root: folder of unpacked packages.
    """
    clips, unmatched = [], []
    stamps = root / STAMPS
    texts = sentences(root)
    for path in sorted(stamps.rglob("*_desc*.ogg")):
        name = _NAME.fullmatch(path.name)
        if name is None:
            unmatched.append(str(path.relative_to(root)))
            continue
        stamp = (path.parent / name["stamp"]).relative_to(stamps).as_posix()
        tag = name["language"] or "en"
        text = texts.get(stamp, {}).get(tag, "")
        if tag == "es" or not text:
            unmatched.append(str(path.relative_to(root)))
            continue
        clips.append(
            Clip(
                id=f"tuxpaint/{tag}/{stamp}",
                source="tuxpaint",
                parts=(str(path.relative_to(root)),),
                seconds=duration(path),
                transcript=text,
                language=tag.partition("_")[0],
                speaker=f"tuxpaint-{tag}",
                licence=LICENCE,
            )
        )
    return Scan(clips=tuple(clips), unmatched=tuple(unmatched))


def sentences(root: Path) -> dict[str, dict[str, str]]:
    """Stamp -> language -> what its description says (`LL.utf8=...`; the first line is English)."""
    found: dict[str, dict[str, str]] = {}
    stamps = root / STAMPS
    for path in sorted(stamps.rglob("*.txt")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        texts = {"en": lines[0].strip()} if lines and ".utf8=" not in lines[0] else {}
        for line in lines[1:]:
            tag, mark, text = line.partition(".utf8=")
            if mark and text.strip():
                texts[tag.strip()] = " ".join(text.split())
        found[path.relative_to(stamps).with_suffix("").as_posix()] = texts
    return found
