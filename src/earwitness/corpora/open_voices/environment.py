"""Environmental sounds: animals, tools, machines, weather and weapons, from packages of games."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from earwitness.corpora.open_voices.clip import Clip, Scan, duration
from earwitness.corpora.open_voices.debian_licence import licence_of, licence_rules
from earwitness.corpora.open_voices.packed_sounds import take_out
from earwitness.corpora.open_voices.tuxpaint import STAMPS

PACKAGES = (
    "tuxpaint-stamps-default", "gcompris-qt-data", "openarena-data", "nexuiz-data", "warzone2100-data",
)  # fmt: skip
GAMES = {
    # package: (source, licence where its copyright file has none for a file, beginnings of the paths)
    "gcompris-qt-data": ("gcompris", "GPL-3.0-or-later", ("gcompris/src/",)),
    "openarena-data": (
        "openarena",
        "GPL-2.0-or-later",
        ("sound/items/", "sound/movers/", "sound/weapons/", "sound/world/", "sound/player/"),
    ),
    "nexuiz-data": ("nexuiz", "GPL-2.0-or-later", ("sound/ambient/", "sound/weapons/", "sound/player/")),
    "warzone2100-data": ("warzone2100", "GPL-2.0-or-later", ("audio/sfx/",)),
}
"""What is taken out of each game's archives; voices of players are no environment (`vocalisations`)."""
_NO_ENVIRONMENT = re.compile(
    # People, monsters' voices, music of some length, and silence.
    r"sound/player/|/(silence|help|scream|growl|moan|x_drown|roll-call|final-roll)|"
    r"explore_world_music|/intro\.ogg|LRLaPause"
)
LEAST = 0.5
"""Shorter sounds, in seconds, are left out: hardly anything can be told from them."""


def scan(root: Path) -> Scan:
    """One clip a sound, `label` = the folder it lies in; of equal files the first counts.

    Sounds that go by one name in two games and last as long are one sound: they get one `role`,
    by which they are kept together.

    Args:
        root: folder of unpacked packages.
    """
    clips: list[Clip] = []
    unmatched: list[str] = []
    seen: set[bytes] = set()
    twins: dict[tuple[str, int], str] = {}
    for source, place, name, licence in _found(root):
        path = str(place.relative_to(root))
        content = hashlib.sha256(place.read_bytes()).digest()
        seconds = duration(place)
        if _NO_ENVIRONMENT.search(f"/{name}") or seconds < LEAST or content in seen:
            unmatched.append(path)
            continue
        seen.add(content)
        identity = f"{source}/sound/{name}"
        clips.append(
            Clip(
                id=identity,
                source=source,
                parts=(path,),
                seconds=seconds,
                transcript="",
                language="",
                speaker="",
                role=twins.setdefault((Path(name).stem, round(seconds * 20)), identity),
                licence=licence,
                label=_kind(source, name),
            )
        )
    return Scan(clips=tuple(clips), unmatched=tuple(unmatched))


def _found(root: Path) -> Iterator[tuple[str, Path, str, str]]:
    """Source, file, name within the source and licence of every sound."""
    stamps = root / STAMPS
    for path in sorted(stamps.rglob("*.ogg")):
        name = path.relative_to(stamps).as_posix()
        if "_desc" not in path.name and not name.startswith("symbols/"):
            yield "tuxpaint", path, name, "GPL-2.0-or-later"
    for package, (source, licence, wanted) in GAMES.items():
        if not (root / package).is_dir():
            continue
        rules = licence_rules(root / package / f"usr/share/doc/{package}/copyright")
        sounds = take_out(root / package, wanted)
        for path in sorted(sounds.rglob("*.*")):
            name = path.relative_to(sounds).as_posix().partition("/")[2]
            yield source, path, name, licence_of(name.removeprefix("gcompris/"), rules, licence)


def _kind(source: str, name: str) -> str:
    """The folder that says most: the topmost of tuxpaint's, the activity of gcompris, else the last."""
    parts = Path(name).parts
    if source == "tuxpaint":
        return parts[0]
    if source == "gcompris":
        return parts[3] if "activities" in parts else "core"
    return parts[2] if source == "warzone2100" else parts[1]
