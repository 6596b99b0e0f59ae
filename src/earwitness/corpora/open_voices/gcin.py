"""gcin's syllables: two speakers, each saying all syllables of Mandarin one by one."""

from __future__ import annotations

from pathlib import Path

from earwitness.corpora.open_voices.clip import Clip, Scan, duration

PACKAGES = ("gcin-voice",)
LICENCES = {"3": "GPL-3.0-only OR LGPL-3.0-only", "5": "CC-BY-3.0"}


def scan(root: Path) -> Scan:
    """One clip a syllable and speaker; several are joined to make speech of some length.

    Args:
        root: folder of unpacked packages.
    """
    clips, unmatched = [], []
    for path in sorted((root / "gcin-voice/usr/share/gcin-voice/ogg").rglob("*.ogg")):
        licence = LICENCES.get(path.stem)
        if licence is None:
            unmatched.append(str(path.relative_to(root)))
            continue
        clips.append(
            Clip(
                id=f"gcin/{path.stem}/{path.parent.name}",
                source="gcin",
                parts=(str(path.relative_to(root)),),
                seconds=duration(path),
                transcript=path.parent.name,
                language="zh",
                speaker=f"gcin-{path.stem}",
                licence=licence,
            )
        )
    return Scan(clips=tuple(clips), unmatched=tuple(unmatched))
