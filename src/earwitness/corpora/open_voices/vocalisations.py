"""Non-verbal vocalisations: how the characters of two games cry out when hit, jump, drown or fall."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from earwitness.corpora.open_voices.clip import Clip, Scan, duration
from earwitness.corpora.open_voices.environment import GAMES
from earwitness.corpora.open_voices.packed_sounds import take_out

PACKAGES = ("openarena-data", "openarena-081-players", "openarena-088-data", "nexuiz-data")
# openarena-085-data holds one character alone, the penguin, which is left out.
LICENCE = "GPL-2.0-or-later"
KINDS = ("pain", "death", "jump", "drown", "fall", "falling", "gasp", "taunt")
NOT_VOICES = {"skelebot", "penguin", "gargoyle"}
"""Characters that beep or squawk."""
_PLAYER = re.compile(
    r"(?P<archive>[^/]+)/sound/player/(?P<character>[a-z-]+)/(?:player/)?(?P<kind>[A-Za-z]+)[\d_]*\.(wav|ogg)"
)


def scan(root: Path) -> Scan:
    """One clip a cry; the character is the speaker, the letters of the file's name are the label.

    Of equal files the first counts.

    Args:
        root: folder of unpacked packages.
    """
    clips, unmatched = [], []
    seen: set[bytes] = set()
    for package in PACKAGES:
        if not (root / package).is_dir():
            continue
        # The same beginnings as for the environment, so that who comes first makes no difference.
        wanted = GAMES[package][2] if package in GAMES else ("sound/player/",)
        source = "nexuiz" if package == "nexuiz-data" else "openarena"
        sounds = take_out(root / package, wanted)
        for path in sorted(sounds.glob("*/sound/player/**/*.*")):
            found = _PLAYER.fullmatch(path.relative_to(sounds).as_posix())
            # nexuiz keeps cries in a folder of their own; what lies beside it is spoken.
            misplaced = source == "nexuiz" and path.parent.name != "player"
            kind = found["kind"].lower() if found else ""
            content = hashlib.sha256(path.read_bytes()).digest()
            if (
                found is None
                or kind not in KINDS
                or found["character"] in NOT_VOICES
                or misplaced
                or content in seen
            ):
                unmatched.append(str(path.relative_to(root)))
                continue
            seen.add(content)
            clips.append(
                Clip(
                    id=f"{source}/player/{found['character']}/{path.stem}",
                    source=source,
                    parts=(str(path.relative_to(root)),),
                    seconds=duration(path),
                    transcript="",
                    language="",
                    speaker=f"{source}-{found['character']}",
                    licence=LICENCE,
                    label=kind,
                )
            )
    return Scan(clips=tuple(clips), unmatched=tuple(unmatched))
