"""Polish speech emotions: five young men, six words, three emotions, true labels."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from earwitness.corpora.open_voices.clip import Clip, Scan, duration

PACKAGES = ("nkululeko",)
# The package says "license: unknown" of these recordings.
LICENCE = "NOASSERTION"
EMOTIONS = {"a": "anger", "s": "fear", "n": "neutral"}
_NAME = re.compile(r"(?P<speaker>m[1-5])\.(?P<emotion>[asn])_(?P<word>[a-z]+)_(?P<take>\d)\.wav")


def scan(root: Path) -> Scan:
    """One clip a word, speaker, emotion and take.

    Args:
        root: folder of unpacked packages.
    """
    clips, unmatched = [], []
    splits = official_splits(root)
    for path in sorted((root / "nkululeko").rglob("POLISH/*.wav")):
        name = _NAME.fullmatch(path.name)
        if name is None:
            unmatched.append(str(path.relative_to(root)))
            continue
        clips.append(
            Clip(
                id=f"polish/{path.stem}",
                source="polish",
                parts=(str(path.relative_to(root)),),
                seconds=duration(path),
                transcript=name["word"],
                language="pl",
                speaker=f"polish-{name['speaker']}",
                licence=LICENCE,
                emotion=EMOTIONS[name["emotion"]],
                split=splits.get(path.name, "train"),
            )
        )
    return Scan(clips=tuple(clips), unmatched=tuple(unmatched))


def repeated(clips: Iterable[Clip], root: Path) -> dict[str, str]:
    """Clips whose file is, byte for byte, that of an earlier one -> that one: four takes are there twice.

    They stay in the corpus, for its official splits have them, but no protocol may part them.

    Args:
        clips: as scanned.
        root: folder of unpacked packages.
    """
    first: dict[tuple[bytes, str], str] = {}
    same = {}
    for clip in clips:
        content = hashlib.sha256(b"".join((root / part).read_bytes() for part in clip.parts)).digest()
        key = content, clip.split  # a group may not lie in two splits; the check tells of such a leak
        if first.setdefault(key, clip.id) != clip.id:
            same[clip.id] = first[key]
    return same


def official_splits(root: Path) -> dict[str, str]:
    """File name -> `train`, `validation` or `test`, from the package's three tables.

    Args:
        root: folder of unpacked packages.
    """
    splits = {}
    for table, split in (("train", "train"), ("dev", "validation"), ("test", "test")):
        for path in (root / "nkululeko").rglob(f"polish_{table}.csv"):
            with path.open(encoding="utf-8", newline="") as lines:
                splits.update({Path(line["file"]).name: split for line in csv.DictReader(lines)})
    return splits
