"""What a build will take, told before it starts: downloads, disk and time; and whether the disk suffices."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from earwitness.corpora.open_voices.archive_list import Archive
from earwitness.corpora.open_voices.contents import PARTS, archives_of
from earwitness.errors import BadInput

MEGA = 1_000_000


class PartCost(msgspec.Struct, frozen=True, kw_only=True):
    """What a part of a subset came to.

    Args:
        rows: as planned.
        megabytes: of its audio.
        cpu_seconds: that making it took on one core of a two-core x86-64 machine.
    """

    rows: int
    megabytes: float
    cpu_seconds: float


def _cost(rows: int, megabytes: float, cpu_seconds: float) -> PartCost:
    return PartCost(rows=rows, megabytes=megabytes, cpu_seconds=cpu_seconds)


COSTS: dict[str, dict[str, PartCost]] = {
    "tiny": {
        "speech": _cost(660, 31, 52),
        "partial": _cost(140, 8.5, 8),
        "environment": _cost(297, 11.7, 7),
        "vocalisation": _cost(13, 0.3, 0.1),
        "codec": _cost(280, 10.6, 25),
    },
    "small": {
        "speech": _cost(5_873, 296, 840),
        "partial": _cost(240, 15.4, 33),
        "environment": _cost(600, 29.8, 14),
        "vocalisation": _cost(158, 3.2, 0.5),
        "emotion": _cost(450, 7.5, 1),
        "codec": _cost(1_616, 59, 180),
    },
    "full": {
        "speech": _cost(32_118, 1_600, 5_900),
        "partial": _cost(2_399, 150, 330),
        "environment": _cost(3_311, 133.5, 170),
        "vocalisation": _cost(267, 5.4, 1),
        "emotion": _cost(450, 7.5, 1),
        "codec": _cost(10_320, 380, 900),
    },
}
"""Subset -> part -> what it takes. `tiny` and `small` as measured (benchmarks/results/open_voices.json);
of `full`, environment, vocalisation and emotion are measured there, too, and the others are its plan with
the time and size of each engine's rows in `small`."""

UNPACKED = 1.5
"""Size of the unpacked packages, with the sounds and voices that are taken out of them, over that of the
archives; measured on all of them."""
OPENING = 0.02
"""Seconds to fetch, check, open and scan a megabyte of archives."""
SPARE = 200 * MEGA
"""What is to stay free on the disk, in bytes."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a build will still take.

    Args:
        rows: of the corpus.
        packages: that are still to be fetched.
        fetched: bytes still to be fetched.
        unpacked: bytes of packages still to be opened.
        audio: bytes of the corpus.
        audio_left: bytes of it that are not made yet.
        minutes: about, with the given number of processes.
    """

    rows: int
    packages: int
    fetched: int
    unpacked: int
    audio: int
    audio_left: int
    minutes: float

    def line(self) -> str:
        """In words."""
        fetched = f"{self.packages} packages to fetch, {_size(self.fetched)}"
        time = "under 2 minutes" if self.minutes < 2 else f"about {self.minutes:.0f} minutes"
        return (
            f"{self.rows:,} utterances, {_size(self.audio)} of audio; "
            f"{fetched if self.packages else 'nothing to fetch'}; at most {_size(self.peak)} more on "
            f"the disk while it is built; {time} and what the download takes"
        )

    @property
    def peak(self) -> int:
        """Bytes that the disk must still hold at once."""
        return self.fetched + self.unpacked + self.audio_left


def estimate(
    subset: str,
    parts: Sequence[str],
    folder: Path,
    archives: Path,
    *,
    workers: int = 2,
) -> Estimate:
    """What a build will take; what is there already counts as done.

    Args:
        subset: `tiny`, `small` or `full`.
        parts: of the corpus.
        folder: of the corpus; need not be there.
        archives: folder of archives; need not be there.
        workers: processes that make rows.

    Raises:
        BadInput: when there is no such subset or part.

    Example:
        >>> found = estimate("tiny", ("speech", "codec"), Path("nowhere"), Path("nowhere"))
        >>> found.fetched < 80e6
        True
    """
    needed = archives_of(subset, parts)
    costs = [COSTS[subset][part] for part in PARTS if part in parts and part in COSTS[subset]]
    absent = [archive for archive in needed if not (archives / archive.file).is_file()]
    closed = [archive for archive in needed if not (folder / "sources" / archive.package).is_dir()]
    audio = round(MEGA * sum(cost.megabytes for cost in costs))
    made = sum(path.stat().st_size for path in folder.glob("audio/*/*.flac"))
    left = max(0, audio - made)
    seconds = sum(cost.cpu_seconds for cost in costs) * (left / audio if audio else 0) / max(1, workers)
    return Estimate(
        rows=sum(cost.rows for cost in costs),
        packages=len(absent),
        fetched=_bytes(absent),
        unpacked=round(UNPACKED * _bytes(closed)),
        audio=audio,
        audio_left=left,
        minutes=(seconds + OPENING * _bytes(needed) / MEGA) / 60,
    )


def require_space(found: Estimate, folder: Path, archives: Path) -> None:
    """Refuse a build that the disk cannot hold.

    Args:
        found: what it will take.
        folder: of the corpus; it or one above it must be there.
        archives: folder of archives, which may be on another disk.

    Raises:
        BadInput: in one line: how much is wanted and how much there is.
    """
    wanted: dict[int, tuple[Path, int]] = {}
    for place, size in ((folder, found.unpacked + found.audio_left), (archives, found.fetched)):
        there = _there(place)
        first, sum_ = wanted.get(there.stat().st_dev, (place, 0))
        wanted[there.stat().st_dev] = first, sum_ + size
    for place, size in wanted.values():
        free = shutil.disk_usage(_there(place)).free
        if size and free < size + SPARE:
            raise BadInput(
                f"has {_size(free)} free, and the build needs about {_size(size + SPARE)}; free some, take "
                "another folder, a smaller --subset or fewer --parts",
                where=str(place),
            )


def _there(place: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    place = place.absolute()
    while not place.exists():
        place = place.parent
    return place


def _bytes(archives: Sequence[Archive]) -> int:
    return sum(archive.size for archive in archives)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
