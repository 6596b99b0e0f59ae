"""Polish speech emotions: five young men, six words, three emotions, true labels."""

from __future__ import annotations

import csv
import re
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
