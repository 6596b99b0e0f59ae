"""Fish Fillets: the dialogues of a puzzle game, acted in Czech and in Dutch."""

from __future__ import annotations

import re
from pathlib import Path

from earwitness.corpora.open_voices.clip import Clip, Scan, duration

PACKAGES = ("fillets-ng-data", "fillets-ng-data-cs", "fillets-ng-data-nl")
LICENCE = "GPL-2.0-only"
_LINE = re.compile(
    r'dialogId\("(?P<id>[^"]+)",\s*"(?P<font>[^"]+)",\s*"(?P<english>(?:[^"\\]|\\.)*)"\)'
    r'(?:\s*dialogStr\("(?P<text>(?:[^"\\]|\\.)*)"\))?'
)


def scan(root: Path) -> Scan:
    """Clips whose dialogue line is known; those said by both fish at once are left out.

    Args:
        root: folder of unpacked packages.
    """
    clips, unmatched = [], []
    for tag in ("cs", "nl"):
        sounds = root / f"fillets-ng-data-{tag}/usr/share/games/fillets-ng/sound"
        for path in sorted(sounds.rglob("*.ogg")):
            inside = path.relative_to(sounds).parts
            line = dialogue(root, inside[0], tag).get(path.stem) if tag in inside else None
            if line is None or line[0] == "both" or not line[1]:
                unmatched.append(str(path.relative_to(root)))
                continue
            clips.append(
                Clip(
                    id=f"fillets/{tag}/{'/'.join(inside[:-1])}/{path.stem}",
                    source="fillets",
                    parts=(str(path.relative_to(root)),),
                    seconds=duration(path),
                    transcript=line[1],
                    language=tag,
                    # Which actor speaks which part is not known: one identity for each language.
                    speaker=f"fillets-{tag}",
                    role=f"fillets-{tag}-{line[0]}",
                    licence=LICENCE,
                )
            )
    return Scan(clips=tuple(clips), unmatched=tuple(unmatched))


def dialogue(root: Path, level: str, tag: str) -> dict[str, tuple[str, str]]:
    """Dialogue id -> (role, text) of one level in one language; empty when there is no such file."""
    path = root / f"fillets-ng-data/usr/share/games/fillets-ng/script/{level}/dialogs_{tag}.lua"
    if not path.is_file():
        return {}
    lines = {}
    for found in _LINE.finditer(path.read_text(encoding="utf-8", errors="replace")):
        text = found["english"] if tag == "en" else found["text"] or ""
        plain = " ".join(text.replace('\\"', '"').split())
        lines[found["id"]] = (found["font"].removeprefix("font_"), plain)
    return lines


def levels(root: Path) -> list[str]:
    """Names of the levels that have dialogues, sorted."""
    scripts = root / "fillets-ng-data/usr/share/games/fillets-ng/script"
    return sorted({path.parent.name for path in scripts.glob("*/dialogs_*.lua")})
